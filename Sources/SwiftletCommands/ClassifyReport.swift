import ArgumentParser
import Foundation
import Learning
import Reports
import Runs
import Torch
import Vision

/// Writes the page of a run.
struct ClassifyReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a run's page: accuracy, learning curves, which classes are mixed up.")

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String

  @Option(help: "Images to judge by, of the same classes (default: the run's validation images).")
  var data: String?

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let opened = try ClassificationRun(folder: runFolder, device: device)
      let found = try opened.result(on: data, device: device)
      let page = ClassificationPage(
        run: opened, result: found,
        records: try MetricsLog.records(at: RunPaths(runFolder).metrics), folder: runFolder)
      let path = RunPaths(runFolder).report
      try page.page().write(to: path)
      console.result(
        Result(page: path, accuracy: found.accuracy, images: found.count),
        text: String(format: "accuracy %.1f %%; the page is %@", 100 * found.accuracy, path))
    }
  }

  private struct Result: Encodable {
    var page: String
    var accuracy: Double
    var images: Int
  }
}

/// The page of a classifier's run.
struct ClassificationPage {
  let run: ClassificationRun
  let result: ClassificationResult
  let records: [MetricRecord]
  let folder: String

  func page() -> Page {
    let percent = String(format: "%.1f", 100 * result.accuracy)
    return Page(
      title: "An image classifier",
      subtitle: "\(run.recipe.network.name) on \(run.recipe.data.training)",
      lead: "The network is right **\(percent) times in 100** on images it was not trained on.",
      keyFigures: keyFigures,
      sections: [
        Section("Learning", learning), Section("Classes", classes),
        Section(
          "Settings", [.details("The run's recipe", [.code(RecipeWriter.text(of: run.recipe))])]),
      ],
      origin: Origin(
        command: "swiftlet classify report --run \(folder)", seed: run.recipe.seed,
        version: SwiftletCommand.configuration.version, date: Date(),
        machine: "\(ProcessInfo.processInfo.activeProcessorCount) cores",
        facts: [Origin.Fact("libtorch", Engine.version)]))
  }

  /// The binomial 95 % interval of a share.
  private func estimate(_ share: Double) -> Estimate {
    let deviation = (share * (1 - share) / Double(max(result.count, 1))).squareRoot()
    return Estimate(100 * share, margin: 196 * deviation)
  }

  private var keyFigures: [KeyFigure] {
    var figures = [
      KeyFigure(
        "Accuracy", estimate(result.accuracy), unit: "%",
        explanation: "first guess, \(result.count) images, 95 % interval")
    ]
    if let five = result.topFiveAccuracy {
      figures.append(
        KeyFigure(
          "Among five", estimate(five), unit: "%",
          explanation: "the class is among the first five guesses"))
    }
    figures.append(
      KeyFigure(
        "Parameters", "\(run.network.parameterCount)",
        explanation: "\(run.recipe.network.name), \(run.classNames.count) classes"))
    return figures
  }

  private var learning: [Block] {
    func series(
      _ name: String, _ key: String, split: String, factor: Double, _ style: LinePlot.Style
    ) -> LinePlot.Series {
      let chosen = records.filter { $0.split == split && $0.values[key] != nil }
      return LinePlot.Series(
        name, x: chosen.map { Double($0.step) },
        y: chosen.map { factor * ($0.values[key] ?? .nan) }, style: style)
    }
    func figure(_ key: String, _ axis: Axis, factor: Double, caption: String) -> Block {
      .figure(
        Figure(
          LinePlot(
            [
              series("training images", key, split: "train", factor: factor, .line),
              series(
                "validation images", key, split: "validation", factor: factor, .lineAndPoints),
            ],
            x: Axis("step (\(run.recipe.training.batchSize) images each)"), y: axis),
          caption: caption))
    }
    return [
      figure(
        "accuracy", Axis("accuracy in percent", range: 0...100), factor: 100,
        caption: "Accuracy while the network learns; training images are varied at random."),
      figure("loss", Axis("loss in nats"), factor: 1, caption: "The loss on the same images."),
    ]
  }

  private var classes: [Block] {
    let names = run.classNames
    let recalls = result.confusion.recalls
    guard names.count <= 20 else {
      let worst = names.indices.sorted { recalls[$0] < recalls[$1] }.prefix(20)
      return [
        .table(
          Table(
            columns: [.init("class"), .init("found in percent", .trailing)],
            rows: worst.map { [.init(names[$0]), .init(100 * recalls[$0], decimals: 1)] }))
      ]
    }
    let shares = names.indices.map { row in
      let total = names.indices.reduce(0) { $0 + result.confusion[expected: row, predicted: $1] }
      return names.indices.map { column in
        100 * Double(result.confusion[expected: row, predicted: column]) / Double(max(total, 1))
      }
    }
    return [
      .figure(
        Figure(
          HeatMap(
            shares, rows: names, columns: names, rowTitle: "class", columnTitle: "taken for",
            range: 0...100, decimals: 0),
          caption: "In percent, how often each class is taken for each other."))
    ]
  }
}
