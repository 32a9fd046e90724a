import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Learning
import Runs
import Torch

/// Tests a continual learner on classes it has never seen.
struct ContinualEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the accuracy of all tasks after every task, on unseen classes.",
    discussion: """
      One evaluation counts both ways: with the task of every query known (task-incremental) and \
      among all classes so far (class-incremental). --tasks may exceed what the run was trained with.
      """)

  /// Who learns the tasks.
  enum Rule: String, ExpressibleByArgument, CaseIterable, Encodable {
    case learner
    case withoutCarry = "without-carry"
    case merged
    case pixelNeighbor = "pixel-neighbor"
    case networkPerTask = "network-per-task"
    case fineTuning = "fine-tuning"

    /// The rival this names, if it is one.
    var rival: SequenceRival? {
      switch self {
      case .pixelNeighbor: .pixelNeighbor
      case .networkPerTask: .networkPerTask
      case .fineTuning: .fineTuning
      case .learner, .withoutCarry, .merged: nil
      }
    }
  }

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String

  @Option(parsing: .upToNextOption, help: "Other data sets or folders than the run was trained on.")
  var data: [String] = []

  @Option(help: "Which classes to draw tasks from.")
  var part = ClassPart.test

  @Option(help: "Number of sequences.")
  var sequences: Int?

  @Option(help: "Tasks per sequence.")
  var tasks: Int?

  @Option(
    help: """
      Batch normalization of queries: batch (all queries together) or support (the statistics of the \
      task learned last).
      """)
  var statistics: GeneratedNetwork.Statistics?

  @Option(
    help: """
      Who learns: the learner; without-carry, the learner with nothing handed on; merged, with the \
      images of all tasks at once; pixel-neighbor; network-per-task; fine-tuning.
      """)
  var rule = Rule.learner

  @Option(help: "Gradient steps per task of fine-tuning.")
  var fineTuningSteps = FineTuning().steps

  @Option(help: "Their rate.")
  var fineTuningRate = FineTuning().rate

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override one setting, as in --set sequence.shots=5.", valueName: "key=value")
  )
  var overrides: [String] = []

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    for (name, value) in [("sequences", sequences), ("tasks", tasks)] {
      if let value, value < 1 { throw ValidationError("--\(name) must be at least 1, got \(value)") }
    }
    if fineTuningSteps < 0 {
      throw ValidationError("--fine-tuning-steps must be at least 0, got \(fineTuningSteps)")
    }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let opened = try ContinualRun(folder: runFolder, overrides: overrides, device: device)
      var recipe = opened.recipe
      if !data.isEmpty { recipe.data.sources = data }
      var plan = recipe.evaluationPlan
      if let tasks { plan.tasks = tasks }
      try check(recipe, plan)
      let statistics = statistics ?? recipe.evaluation.statistics
      let evaluation = try ContinualEvaluation(
        FewShotData.all(recipe.data).map { $0[part] }, plan: plan,
        sequences: sequences ?? recipe.evaluation.sequences, statistics: statistics,
        device: device)
      let found = accuracies(evaluation, opened.learner, recipe)
      var result = Result(recipe, plan, found, statistics, rule, part)
      result.gates = (opened.learner as? WeightGenerator)?.carryGates ?? []
      console.result(result, text: result.text)
    }
  }

  private func check(_ recipe: ContinualRecipe, _ plan: SequencePlan) throws {
    let isMiniBatch = plan.scenario == .miniBatch
    if rule == .merged, !isMiniBatch, recipe.method != .merged {
      throw UsageError(
        "--rule merged needs a learner that tells all classes apart at once; "
          + "train one with --method merged")
    }
    if recipe.method == .merged, !isMiniBatch, plan.tasks > recipe.sequence.tasks {
      throw UsageError(
        "--tasks \(plan.tasks): this merged learner was trained with the classes of "
          + "\(recipe.sequence.tasks) tasks and has no labels for more")
    }
    if rule == .fineTuning || rule == .networkPerTask, recipe.head == .classes {
      throw UsageError("--rule \(rule.rawValue) needs prototypes; train with --set head=prototypes")
    }
  }

  private func accuracies(
    _ evaluation: ContinualEvaluation, _ learner: some SequenceLearner, _ recipe: ContinualRecipe
  ) -> ContinualAccuracies {
    let distances = recipe.objective.distances
    if let rival = rule.rival {
      var settings = FineTuning()
      settings.steps = fineTuningSteps
      settings.rate = fineTuningRate
      return evaluation.accuracies(
        of: rival, beginningWith: learner, distances: distances, fineTuning: settings)
    }
    return evaluation.accuracies(
      of: learner, isMerged: rule == .merged || recipe.method == .merged,
      forgets: rule == .withoutCarry, head: recipe.head, distances: distances)
  }

  private struct Result: Encodable {
    var accuracies: ContinualAccuracies
    var method: ContinualMethod
    var carry: Carry
    var gates: [Double] = []
    var scenario: Scenario
    var tasks: Int
    var ways: Int
    var shots: Int
    var channels: Int
    var seed: UInt64
    var data: [String]
    var part: ClassPart
    var sequences: Int
    var statistics: GeneratedNetwork.Statistics
    var rule: Rule

    init(
      _ recipe: ContinualRecipe, _ plan: SequencePlan, _ accuracies: ContinualAccuracies,
      _ statistics: GeneratedNetwork.Statistics, _ rule: Rule, _ part: ClassPart
    ) {
      self.accuracies = accuracies
      method = recipe.method
      carry = recipe.carry
      scenario = plan.scenario
      tasks = plan.tasks
      ways = plan.ways
      shots = plan.shots
      channels = recipe.network.channels
      seed = recipe.seed
      data = recipe.data.sources
      self.part = part
      sequences = accuracies.classIncremental.averageAccuracy.count
      self.statistics = statistics
      self.rule = rule
    }

    var text: String {
      let head =
        "\(tasks) \(scenario == .miniBatch ? "pieces" : "tasks"), \(ways)-way \(shots)-shot, "
        + "\(sequences) sequences of \(part.rawValue) classes"
      guard scenario != .miniBatch else {
        return head + "\naccuracy after every piece:\n" + accuracies.classIncremental.text
      }
      return """
        \(head)
        task known (rows: after task, columns: accuracy of task):
        \(accuracies.taskIncremental.text)
        task unknown:
        \(accuracies.classIncremental.text)
        """
    }
  }
}

extension AccuracyMatrix {
  /// The matrix in percent and its three summaries.
  fileprivate var text: String {
    func percent(_ interval: MeanInterval) -> String {
      String(format: "%.1f ± %.1f", 100 * interval.mean, 100 * interval.halfWidth)
    }
    let lines = rows.map { row in row.map { String(format: "%5.1f", 100 * $0.mean) }.joined() }
    return lines.joined(separator: "\n")
      + "\naverage accuracy \(percent(averageAccuracy)) %, forgetting \(percent(forgetting)), "
      + "backward transfer \(percent(backwardTransfer))"
  }
}
