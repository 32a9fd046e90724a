import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Images
import Learning
import Randomness
import Reports
import Runs
import Torch

/// Writes the page of a run.
struct FewShotReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a run's page: accuracy on unseen classes, learning curve, one episode.")

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String

  @Option(help: "Another data set or folder than the run was trained on.")
  var data: String?

  @Option(help: "Number of tasks to measure the accuracy on.")
  var tasks = 512

  @Option(
    help: """
      Also write the weights and attention maps of some unseen tasks into this safetensors file.
      """)
  var dump: String?

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if tasks < 1 { throw ValidationError("--tasks must be at least 1, got \(tasks)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let opened = try FewShotRun(folder: runFolder, device: device)
      var recipe = opened.recipe
      if let data { recipe.data.source = data }
      let page = try FewShotPage(
        opened, recipe: recipe, data: FewShotData(loading: recipe.data), tasks: tasks,
        folder: runFolder, device: device)
      let path = RunPaths(runFolder).report
      try page.page().write(to: path)
      if let dump { try page.study?.write(to: dump) }
      let result = Result(
        page: path, accuracy: page.accuracy.mean, halfWidth: page.accuracy.halfWidth,
        tasks: page.accuracy.count)
      console.result(
        result,
        text: String(
          format: "accuracy on unseen classes %.1f %% ± %.1f; the page is %@",
          100 * result.accuracy, 100 * result.halfWidth, path))
    }
  }

  private struct Result: Encodable {
    var page: String
    var accuracy: Double
    var halfWidth: Double
    var tasks: Int
  }
}

/// The page of a few-shot run.
struct FewShotPage {
  private let run: FewShotRun
  private let recipe: FewShotRecipe
  private let data: FewShotData
  private let folder: String
  private let device: Device
  /// Transductive accuracy on unseen classes.
  let accuracy: MeanInterval
  private let inductive: MeanInterval
  private let neighbor: MeanInterval
  /// How the networks are written, where a HyperTransformer writes them.
  let study: GenerationStudy?

  init(
    _ run: FewShotRun, recipe: FewShotRecipe, data: FewShotData, tasks: Int, folder: String,
    device: Device
  ) throws {
    self.run = run
    self.recipe = recipe
    self.data = data
    self.folder = folder
    self.device = device
    func measured(_ statistics: GeneratedNetwork.Statistics) throws -> FewShotEvaluation {
      try FewShotEvaluation(
        data.test, plan: recipe.evaluationPlan, tasks: tasks, statistics: statistics,
        device: device)
    }
    accuracy = try measured(.batch).accuracy(of: run.learner)
    inductive = try measured(.support).accuracy(of: run.learner)
    neighbor = MeanInterval(
      of: try measured(.batch).accuracies {
        PixelNearestNeighbor.logits($0, ways: recipe.episode.ways)
      })
    study = try run.generator.map {
      try GenerationStudy($0, data.test, recipe.evaluationPlan, seed: recipe.seed, device: device)
    }
  }

  func page() throws -> Page {
    let ways = recipe.episode.ways
    let shots = recipe.episode.shots
    let percent = String(format: "%.0f", 100 * accuracy.mean)
    let (title, method, work) = words
    return Page(
      title: title,
      subtitle: "\(method) on \(recipe.data.source): \(ways) classes, "
        + "\(shots) labelled \(shots == 1 ? "picture" : "pictures") of each",
      lead: "\(ways * shots) labelled pictures go in, a small convolutional network comes out. "
        + "\(work) On classes it has never seen, the network is right **\(percent) times in 100**.",
      keyFigures: keyFigures,
      sections: [
        Section("One episode from unseen classes", try episodeBlocks()),
        Section("Learning", try learningBlocks()),
      ] + (study.map { [Section("How the weights are written", $0.blocks)] } ?? []) + [
        Section("What to try next", nextBlocks),
        Section("Settings", [.details("The run's recipe", [.code(RecipeWriter.text(of: recipe))])]),
      ],
      origin: Origin(
        command: "swiftlet few-shot report --run \(folder)", seed: recipe.seed,
        version: SwiftletCommand.configuration.version, date: Date(),
        machine: "\(ProcessInfo.processInfo.activeProcessorCount) cores, \(memory) GiB",
        facts: [Origin.Fact("libtorch", Engine.version)]))
  }

  /// The page's title, the method's name, and what it does for a new task.
  private var words: (title: String, method: String, work: String) {
    switch recipe.method {
    case .hyperTransformer:
      (
        "A Transformer that writes a network", "HyperTransformer",
        "A Transformer writes its weights in one pass; no gradient step is taken for a new task."
      )
    case .prototypical:
      (
        "A network that compares with prototypes", "Prototypical network",
        "Its dense layer is made of the pictures' means; the rest is the same for every task."
      )
    case .maml:
      (
        "A network that a few steps adapt", "MAML++",
        "\(recipe.maml.steps) gradient steps adapt it to a new task."
      )
    }
  }

  private var memory: Int { Int(ProcessInfo.processInfo.physicalMemory >> 30) }

  private func estimate(_ interval: MeanInterval) -> Estimate {
    Estimate(100 * interval.mean, margin: 100 * interval.halfWidth)
  }

  private var keyFigures: [KeyFigure] {
    [
      KeyFigure(
        "Accuracy", estimate(accuracy), unit: "%",
        explanation: "mean of \(accuracy.count) tasks from unseen classes, 95 % interval; queries "
          + "are normalized together"),
      KeyFigure(
        "One picture at a time", estimate(inductive), unit: "%",
        explanation: "the same with the support pictures' statistics, as the exported network works"
      ),
      KeyFigure(
        "Nearest picture", estimate(neighbor), unit: "%",
        explanation: "what comparing pixels reaches without learning"),
      KeyFigure(
        "Chance", Estimate(100 / Double(recipe.episode.ways)), unit: "%",
        explanation: "what guessing reaches"),
      KeyFigure(
        "Weights", "\(run.learner.architecture.weightCount)",
        explanation: "in the network of one task; what finds it has "
          + "\(run.learner.parameterCount)"),
    ]
  }

  private var nextBlocks: [Block] {
    [
      .paragraph(
        "Put a few PNG pictures of your own into one folder per class, have a network made for "
          + "them, and use that network alone:"),
      .code(
        """
        ./swiftlet few-shot generate --run \(folder) --support my-pictures --output cnn.safetensors
        ./swiftlet few-shot classify --model cnn.safetensors new-picture.png
        """),
    ]
  }
}

extension FewShotPage {
  /// The learning curve from the run's log.
  private func learningBlocks() throws -> [Block] {
    let records = try MetricsLog.records(at: RunPaths(folder).metrics)
    func series(_ name: String, split: String, style: LinePlot.Style) -> LinePlot.Series {
      let chosen = records.filter { $0.split == split && $0.values["accuracy"] != nil }
      return LinePlot.Series(
        name, x: chosen.map { Double($0.step) },
        y: chosen.map { 100 * ($0.values["accuracy"] ?? .nan) }, style: style)
    }
    let plot = LinePlot(
      [
        series("training classes", split: "train", style: .line),
        series("validation classes", split: "validation", style: .lineAndPoints),
      ],
      x: Axis("step (\(recipe.training.episodesPerStep) episodes each)"),
      y: Axis("accuracy in percent", range: 0...100),
      horizontalReferences: [ReferenceLine("chance", at: 100 / Double(recipe.episode.ways))])
    let figure = Figure(
      plot,
      caption: "Accuracy on queries while the generator learns; validation classes are never "
        + "trained on.")
    return [.figure(figure)]
  }

  /// One task with the written network's predictions.
  private func episodeBlocks() throws -> [Block] {
    var plan = recipe.evaluationPlan
    plan.queriesPerClass = max(plan.queriesPerClass, 1)
    var random = RandomSource(seed: recipe.seed &+ 11)
    let sampler = try EpisodeSampler(data.test, plan: plan)
    let episode = sampler.batch(of: 1, using: &random)
    let batch = TrainingBatch(
      episode, of: sampler.set, ways: plan.ways, using: &random, on: device)
    let probabilities = run.learner.generate(batch.support).logits(of: batch.query.images)
      .softmax(along: 2)[0]
    let names = (0..<plan.ways).map(letter)
    let support = (0..<episode.support.count)
      .filter { episode.support.labels[$0] < plan.ways }
      .sorted { episode.support.labels[$0] < episode.support.labels[$1] }
    let shown = firstOfEachClass(episode.query.labels, ways: plan.ways)
    return [
      .paragraph(
        "Above, what the generator saw. Below, new pictures of the same classes with the "
          + "probabilities the written network gives; the true class is highlighted."),
      .pictures(
        PictureGrid(
          [
            PictureGrid.Row(
              "Support",
              support.prefix(10).map { index in
                let name = names[episode.support.labels[index]]
                return Picture(
                  png: png(episode.support, index), alternative: "a picture of class \(name)",
                  caption: name)
              }),
            PictureGrid.Row(
              "Queries",
              shown.prefix(10).map { index in
                query(
                  index, of: episode.query, names, probabilities[index].toDoubles())
              }),
          ], caption: "One task of \(plan.ways) unseen classes, named A, B, C, ... here.")),
    ]
  }

  private func firstOfEachClass(_ labels: [Int], ways: Int) -> [Int] {
    (0..<ways).compactMap { label in labels.firstIndex(of: label) }
  }

  private func query(
    _ index: Int, of queries: Episode.Images, _ names: [String], _ probabilities: [Double]
  ) -> Picture {
    let truth = queries.labels[index]
    let order = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
    let isRight = order[0] == truth
    let bars = order.prefix(3).map {
      Picture.Bar(names[$0], probabilities[$0], isHighlighted: $0 == truth)
    }
    return Picture(
      png: png(queries, index), alternative: "a picture of class \(names[truth])",
      caption: isRight ? "**\(names[truth])**" : "**\(names[order[0]])**, truly \(names[truth])",
      badge: isRight ? .right : .wrong, bars: bars)
  }

  private func png(_ images: Episode.Images, _ index: Int) -> Data {
    let set = data.test
    let size = set.imageSize
    let area = set.height * set.width
    let values = images.values[(index * size)..<((index + 1) * size)]
    var pixels = [UInt8](repeating: 0, count: size)
    for (offset, value) in values.enumerated() {
      let (channel, place) = (offset / area, offset % area)
      pixels[place * set.channels + channel] = UInt8(min(max((value + 1) * 128, 0), 255))
    }
    return Image(height: set.height, width: set.width, channels: set.channels, pixels: pixels)
      .enlarged(by: max(1, 84 / set.width)).encodedPNG()
  }
}
