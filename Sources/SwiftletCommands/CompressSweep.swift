import ArgumentParser
import Files
import Foundation
import Learning
import MultiHashing
import Reports
import Runs
import Torch
import Vision

/// Compares ways to make a network small.
struct CompressSweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Compare ways to make a network small: accuracy by size, a table and a plot.",
    discussion: """
      Every method gets the learning rate that suits it, chosen by short runs on held-back training \
      images, then the same steps and seeds at every size. points.csv grows run by run; with --resume \
      a sweep goes on behind its last finished run.
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  @Option(
    parsing: .upToNextOption,
    help: "What is compared: \(SweepMethod.allCases.map(\.rawValue).joined(separator: ", ")).")
  var methods: [SweepMethod] = [.matrix, .hashedNets, .narrow, .dense]

  @Option(parsing: .upToNextOption, help: "Parts of the network's learned numbers.")
  var fractions: [Double] = [0.25, 0.1, 0.03]

  @Option(parsing: .upToNextOption, help: "Learning rates to choose from (default: the recipe's).")
  var rates: [Double] = []

  @Option(help: "How many seeds, counted from the recipe's.")
  var seeds = 3

  @Option(help: "Steps of the short runs that choose a rate.")
  var tuningSteps = 100

  @Flag(help: "Choose a rate for every size, not one for all sizes by the middle one.")
  var ratePerSize = false

  @Option(help: "Minutes after which the sweep stops; what is finished stays.")
  var totalMinutes: Double?

  mutating func validate() throws {
    if let wrong = fractions.first(where: { !($0 > 0 && $0 <= 1) }) {
      throw ValidationError("--fractions must be above 0 and at most 1, got \(wrong)")
    }
    if let wrong = rates.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw ValidationError("--rates must be above 0, got \(wrong)")
    }
    if seeds < 1 { throw ValidationError("--seeds must be at least 1, got \(seeds)") }
    if tuningSteps < 1 {
      throw ValidationError("--tuning-steps must be at least 1, got \(tuningSteps)")
    }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      var recipe = try training.loadRecipe(CompressionRecipe.self)
      training.apply(
        seed: &recipe.seed, steps: &recipe.training.steps, minutes: &recipe.training.minutes)
      let folder = try training.openFolder(recipe, example: "runs/sweep")
      let path = "\(folder.paths.folder)/points.csv"
      var points = try training.resume ? earlier(path) : []
      console.note("reading \(recipe.data.training)")
      let data = try ClassificationData(recipe.data)
      let interruption = Interruption()
      let watch = Stopwatch()
      try sweep(recipe).run(
        recipe, data: data, device: device, done: points,
        isStopped: {
          interruption.isRequested || totalMinutes.map { watch.seconds >= 60 * $0 } ?? false
        },
        skip: { console.note("left out: \($0.rawValue) at \($1): \($2)") },
        report: { point in
          points.append(point)
          try writeDurably(points.csv, to: path)
          console.note(point.text)
        })
      points.means.compactMap { $0.remark(on: rates) }.forEach { console.note($0) }
      let page = SweepPage(recipe: recipe, points: points, folder: folder.paths.folder)
      try page.page().write(to: folder.paths.report)
      console.result(
        Result(points: points, means: points.means, folder: folder.paths.folder),
        text: page.table().text(.terminal) + "the page is \(folder.paths.report)")
      if interruption.isRequested {
        throw ArgumentParser.ExitCode(Runs.ExitCode.interrupted.rawValue)
      }
    }
  }

  private func sweep(_ recipe: CompressionRecipe) -> Sweep {
    Sweep(
      methods: methods, fractions: fractions, rates: rates,
      seeds: (0..<UInt64(seeds)).map { recipe.seed + $0 }, tuningSteps: tuningSteps,
      tuningFraction: ratePerSize ? nil : fractions.sorted()[fractions.count / 2])
  }

  private func earlier(_ path: String) throws -> [SweepPoint] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return [SweepPoint](
      csv: String(decoding: try readFile(at: path, limit: 1 << 26), as: UTF8.self))
  }

  private struct Result: Encodable {
    var points: [SweepPoint]
    var means: [SweepMean]
    var folder: String
  }
}

extension SweepMethod: ExpressibleByArgument {}

extension SweepPoint {
  /// One line for people.
  fileprivate var text: String {
    String(
      format: "%@ at %g, rate %g, seed %d%@: %.2f %% after %d steps, %@ learned numbers, %.0f s",
      method.rawValue, fraction, rate, seed, isTuning ? " (choosing the rate)" : "",
      100 * accuracy, steps, grouped(learnedNumbers), seconds)
  }
}

extension SweepMean {
  /// A remark where the rate lies at an end of those that were offered.
  fileprivate func remark(on rates: [Double]) -> String? {
    guard rates.count > 1, let least = rates.min(), let most = rates.max() else { return nil }
    guard rate == least || rate == most else { return nil }
    return String(
      format: "%@ at %g: the rate %g is the %@ that was offered; offer %@ ones", method.rawValue,
      fraction, rate, rate == most ? "largest" : "smallest", rate == most ? "larger" : "smaller")
  }
}

/// The page of a sweep.
struct SweepPage {
  let recipe: CompressionRecipe
  let points: [SweepPoint]
  let folder: String

  func page() -> Page {
    Page(
      title: "Accuracy by size", subtitle: "\(recipe.network.name) on \(recipe.data.training)",
      lead: "Networks made small in several ways, with the same data, steps and seeds.",
      keyFigures: [],
      sections: [
        Section("Sizes", [.figure(figure), .table(table())]),
        Section(
          "Settings", [.details("What all runs share", [.code(RecipeWriter.text(of: recipe))])]),
      ],
      origin: Origin(
        command: "swiftlet compress sweep --output \(folder)", seed: recipe.seed,
        version: SwiftletCommand.configuration.version, date: Date(),
        machine: "\(ProcessInfo.processInfo.activeProcessorCount) cores",
        facts: [Origin.Fact("libtorch", Engine.version)]))
  }

  private var figure: Figure {
    let byMethod = Dictionary(grouping: points.means, by: \.method)
    let series = byMethod.sorted { $0.key.rawValue < $1.key.rawValue }.map { method, means in
      let sorted = means.sorted { $0.learnedNumbers < $1.learnedNumbers }
      return LinePlot.Series(
        method.rawValue, x: sorted.map { Double($0.learnedNumbers) },
        y: sorted.map { 100 * $0.accuracy }, margin: sorted.map { 100 * $0.margin },
        style: .lineAndPoints)
    }
    return Figure(
      LinePlot(
        series, x: Axis("learned numbers", scale: .logarithmic), y: Axis("accuracy in percent")),
      caption: "Accuracy on images to judge by; bands are 1.96 standard errors over the seeds.")
  }

  func table() -> Table {
    Table(
      columns: [
        .init("method"), .init("learned numbers", .trailing), .init("rate", .trailing),
        .init("seeds", .trailing), .init("accuracy in percent", .trailing),
      ],
      rows: points.means.map { mean in
        [
          .init(mean.method.rawValue), .init(grouped(mean.learnedNumbers)),
          .init(String(format: "%g", mean.rate)), .init("\(mean.seeds)"),
          .init(Estimate(100 * mean.accuracy, margin: 100 * mean.margin)),
        ]
      })
  }
}
