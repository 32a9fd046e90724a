import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Learning
import Reports
import Runs
import Torch

/// Writes the page of a continual run.
struct ContinualReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a run's page: accuracy of all tasks after every task, and what they forget.")

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String

  @Option(parsing: .upToNextOption, help: "Other data sets or folders than the run was trained on.")
  var data: [String] = []

  @Option(help: "Number of sequences to measure the accuracy on.")
  var sequences = 128

  @Option(help: "Tasks per sequence (default: as in training).")
  var tasks: Int?

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    for (name, value) in [("sequences", sequences), ("tasks", tasks ?? 1)] where value < 1 {
      throw ValidationError("--\(name) must be at least 1, got \(value)")
    }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let opened = try ContinualRun(folder: runFolder, device: device)
      var recipe = opened.recipe
      if !data.isEmpty { recipe.data.sources = data }
      let page = try ContinualPage(
        opened.learner, recipe, tasks: tasks, sequences: sequences, folder: runFolder,
        device: device)
      let path = RunPaths(runFolder).report
      try page.page().write(to: path)
      let accuracy = page.main.averageAccuracy
      console.result(
        Result(page: path, accuracies: page.mixed),
        text: String(
          format: "average accuracy after %d tasks %.1f %% ± %.1f; the page is %@",
          page.plan.tasks, 100 * accuracy.mean, 100 * accuracy.halfWidth, path))
    }
  }

  private struct Result: Encodable {
    var page: String
    var accuracies: ContinualAccuracies
  }
}

/// The page of a continual run.
struct ContinualPage {
  private let recipe: ContinualRecipe
  private let folder: String
  private let imageCount: Int
  let plan: SequencePlan
  /// With the statistics of all queries together.
  let mixed: ContinualAccuracies
  /// With the statistics of the task learned last.
  private let inductive: ContinualAccuracies
  /// With nothing handed on from task to task.
  private let withoutCarry: ContinualAccuracies

  init(
    _ learner: some SequenceLearner, _ recipe: ContinualRecipe, tasks: Int?, sequences: Int,
    folder: String, device: Device
  ) throws {
    self.recipe = recipe
    self.folder = folder
    var plan = recipe.evaluationPlan
    if let tasks { plan.tasks = tasks }
    self.plan = plan
    imageCount = plan.ways * plan.shots
    let data = try FewShotData.all(recipe.data)
    func measured(
      _ statistics: GeneratedNetwork.Statistics, forgets: Bool = false
    ) throws -> ContinualAccuracies {
      try ContinualEvaluation(
        data.map(\.test), plan: plan, sequences: sequences, statistics: statistics, device: device
      ).accuracies(
        of: learner, isMerged: recipe.method == .merged, forgets: forgets, head: recipe.head,
        distances: recipe.objective.distances)
    }
    mixed = try measured(.batch)
    inductive = try measured(.support)
    withoutCarry = try measured(.batch, forgets: true)
  }

  /// The matrix of the run's own scenario.
  var main: AccuracyMatrix { mixed[recipe.sequence.scenario] }

  func page() -> Page {
    let percent = String(format: "%.0f", 100 * main.averageAccuracy.mean)
    let pieces = plan.scenario == .miniBatch ? "pieces" : "tasks"
    return Page(
      title: "A learner of one task after another",
      subtitle: "\(words) on \(recipe.data.sources.joined(separator: ", ")): \(plan.tasks) "
        + "\(pieces) of \(plan.ways) classes, \(plan.shots) labelled "
        + "\(plan.shots == 1 ? "picture" : "pictures") of each",
      lead: "Tasks come one by one; of each, \(imageCount) pictures are seen once and not kept. "
        + "After the last, pictures of all classes are told apart rightly "
        + "**\(percent) times in 100**.",
      keyFigures: keyFigures,
      sections: [Section("What is known after every task", matrixBlocks)]
        + [Section("The course of accuracy", courseBlocks), Section("Learning", learningBlocks)]
        + [
          Section("What to try next", nextBlocks),
          Section(
            "Settings", [.details("The run's recipe", [.code(RecipeWriter.text(of: recipe))])]),
        ],
      origin: Origin(
        command: "swiftlet continual report --run \(folder)", seed: recipe.seed,
        version: SwiftletCommand.configuration.version, date: Date(),
        machine: "\(ProcessInfo.processInfo.activeProcessorCount) cores, "
          + "\(Int(ProcessInfo.processInfo.physicalMemory >> 30)) GiB",
        facts: [Origin.Fact("libtorch", Engine.version)]))
  }

  private var words: String {
    switch recipe.method {
    case .hyperTransformer:
      recipe.carry == .none ? "HyperTransformer, every task alone" : "Continual HyperTransformer"
    case .merged: "HyperTransformer with all pictures at once"
    case .prototypical: "Prototypical network with stored prototypes"
    }
  }

  private func estimate(_ interval: MeanInterval) -> Estimate {
    Estimate(100 * interval.mean, margin: 100 * interval.halfWidth)
  }

  private var keyFigures: [KeyFigure] {
    let count = main.averageAccuracy.count
    return [
      KeyFigure(
        "Average accuracy", estimate(main.averageAccuracy), unit: "%",
        explanation: "of all tasks after the last, mean of \(count) sequences, 95 % interval"),
      KeyFigure(
        "Forgetting", estimate(main.forgetting), unit: "points",
        explanation: "what earlier tasks lost since their best"),
      KeyFigure(
        "Backward transfer", estimate(main.backwardTransfer), unit: "points",
        explanation: "what later tasks added to earlier ones; below 0 they took away"),
      KeyFigure(
        "One picture at a time", estimate(inductive[recipe.sequence.scenario].averageAccuracy),
        unit: "%", explanation: "the same with stored statistics, as a saved learner works"),
      KeyFigure(
        "Nothing handed on", estimate(withoutCarry[recipe.sequence.scenario].averageAccuracy),
        unit: "%", explanation: "the same when every task is learned as if it were the first"),
    ]
  }
}

extension ContinualPage {
  private var matrixBlocks: [Block] {
    guard plan.scenario != .miniBatch else { return [] }
    return [
      .figure(
        Figure(
          heatMap(mixed.taskIncremental),
          caption: "Accuracy in percent when it is known which task a picture belongs to. Columns "
            + "that stay alike downwards mean that nothing is forgotten.")),
      .figure(
        Figure(
          heatMap(mixed.classIncremental),
          caption: "Accuracy in percent among all classes so far: every row has more of them.")),
    ]
  }

  private func heatMap(_ matrix: AccuracyMatrix) -> HeatMap {
    let names = (0..<plan.tasks).map { "\($0 + 1)" }
    let values = matrix.rows.map { row in
      row.map { 100 * $0.mean } + [Double](repeating: .nan, count: plan.tasks - row.count)
    }
    return HeatMap(
      values, rows: names, columns: names, rowTitle: "after task", columnTitle: "accuracy of task",
      range: 0...100, decimals: 1)
  }

  private var courseBlocks: [Block] {
    func series(_ name: String, _ matrix: AccuracyMatrix) -> LinePlot.Series {
      LinePlot.Series(
        name, x: matrix.averages.indices.map { Double($0 + 1) },
        y: matrix.averages.map { 100 * $0.mean },
        margin: matrix.averages.map { 100 * $0.halfWidth }, style: .lineAndPoints)
    }
    let lines =
      plan.scenario == .miniBatch
      ? [series("all queries", mixed.classIncremental)]
      : [
        series("task known", mixed.taskIncremental),
        series("task unknown", mixed.classIncremental),
        series("task unknown, nothing handed on", withoutCarry.classIncremental),
      ]
    let plot = LinePlot(
      lines, x: Axis(plan.scenario == .miniBatch ? "pieces seen" : "tasks learned"),
      y: Axis("mean accuracy in percent", range: 0...100))
    return [
      .figure(
        Figure(plot, caption: "The mean of all tasks learned so far, with 95 % intervals."))
    ]
  }

  private var learningBlocks: [Block] {
    let records = (try? MetricsLog.records(at: RunPaths(folder).metrics)) ?? []
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
      x: Axis("step (\(recipe.training.sequencesPerStep) sequences each)"),
      y: Axis("accuracy in percent", range: 0...100))
    return [
      .figure(
        Figure(plot, caption: "Accuracy of all tasks after the last while the generator learns."))
    ]
  }

  private var nextBlocks: [Block] {
    [
      .paragraph(
        "Put a few pictures of your own into one folder per class, let a learner see them, later "
          + "others, and ask it:"),
      .code(
        """
        ./swiftlet continual learn --model \(folder) --state learner.safetensors --support fruit --task fruit
        ./swiftlet continual learn --model \(folder) --state learner.safetensors --support tools --task tools
        ./swiftlet continual classify --state learner.safetensors new-picture.png
        ./swiftlet continual classify --state learner.safetensors --task fruit new-picture.png
        """),
    ]
  }
}
