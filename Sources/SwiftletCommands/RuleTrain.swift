import ArgumentParser
import Evolution
import Foundation
import Learning
import Runs
import Torch
import UpdateRules

/// Trains a learning rule.
struct RuleTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Find a learning rule: by gradients through learning, or by CMA-ES on accuracy.",
    discussion: "The run's best rule is written to genome.yaml in its folder.")

  @OptionGroup var training: TrainingOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "The outer loop: adam (gradients) or cma (accuracy alone).")
  var outer: RuleRecipe.Outer?

  @Option(
    name: .customLong("data"), parsing: .singleValue,
    help: "What to learn from, once per task: xor, moons, mnist, mnist:0-4, omniglot, a folder.")
  var tasks: [String] = []

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let recipe = try resolvedRecipe()
      let folder = try training.openFolder(
        recipe, changing: ["training.steps", "training.minutes", "search.workers"],
        example: "runs/rule")
      console.note("reading \(recipe.tasks.joined(separator: ", "))")
      let tasks = try recipe.tasks.map { try RuleTask(named: $0, options: recipe.data) }
      let judge = try judge(recipe, device)
      if !(training.resume && folder.hasProgress) {
        Engine.productKernel = Engine.measuredProductKernel()
      }
      let outcome =
        recipe.outer == .adam
        ? try runGradient(RuleTraining(recipe, tasks: tasks, judge: judge, device: device), folder)
        : try runSearch(RuleSearch(recipe, tasks: tasks, judge: judge, device: device), folder)
      try report(outcome, recipe, folder, console)
      try outcome.exitIfInterrupted()
    }
  }

  private func runGradient(_ job: RuleTraining, _ folder: RunFolder) throws -> TrainingOutcome {
    var state = job.initialState()
    if training.resume, folder.hasCheckpoint {
      try state.restore(from: Checkpoint(path: folder.paths.checkpoint))
    }
    let progress = Runs.Progress(
      "training", steps: job.recipe.training.steps,
      seconds: job.recipe.training.minutes.map { $0 * 60 }, from: state.step, used: state.seconds)
    let interruption = Interruption()
    return try job.run(&state, folder: folder, progress: progress) { interruption.isRequested }
  }

  private func runSearch(_ job: RuleSearch, _ folder: RunFolder) throws -> TrainingOutcome {
    var state = RuleSearch.Progress(try job.start())
    if training.resume, folder.hasProgress {
      state = try RuleSearch.Progress(contentsOf: folder.paths.search)
    }
    let progress = Runs.Progress(
      "searching", steps: job.recipe.training.steps,
      seconds: job.recipe.training.minutes.map { $0 * 60 },
      from: state.search.strategy.generation, used: state.seconds)
    let interruption = Interruption()
    return try job.run(&state, folder: folder, progress: progress) { interruption.isRequested }
  }

  /// What genomes are judged by while they are trained.
  private func judge(_ recipe: RuleRecipe, _ device: Device) throws -> RuleJudge {
    let names = recipe.validation.isEmpty ? recipe.tasks : recipe.validation
    return RuleJudge(
      try names.map { try JudgedTask(named: $0, options: recipe.data) },
      hidden: recipe.networks[0], initialization: recipe.initialization,
      runs: recipe.evaluation.runs, batch: recipe.inner.batch,
      queryBatches: recipe.evaluation.queryBatches, device: device)
  }

  /// The recipe with the command line's changes.
  private func resolvedRecipe() throws -> RuleRecipe {
    var recipe = try training.loadRecipe(RuleRecipe.self)
    if let outer { recipe.outer = outer }
    if !tasks.isEmpty { recipe.tasks = tasks }
    training.apply(
      seed: &recipe.seed, steps: &recipe.training.steps, minutes: &recipe.training.minutes)
    return recipe
  }

  private struct Result: Encodable {
    var ending: TrainingOutcome.Ending
    var outer: RuleRecipe.Outer
    var steps: Int
    var seconds: Double
    var folder: String
    var genome: String?
    var accuracy: Double?
    var bestAccuracy: Double?
  }

  private func report(
    _ outcome: TrainingOutcome, _ recipe: RuleRecipe, _ folder: RunFolder, _ console: Console
  ) throws {
    var result = Result(
      ending: outcome.ending, outer: recipe.outer, steps: outcome.step, seconds: outcome.seconds,
      folder: folder.paths.folder, accuracy: outcome.lastEvaluation?.values["accuracy"],
      bestAccuracy: outcome.bestEvaluation?.values["accuracy"])
    if outcome.bestEvaluation != nil {
      let name = training.recipe.map { ($0 as NSString).lastPathComponent } ?? ""
      try RuleRun(folder: folder.paths.folder, recipe: name).file.write(to: folder.paths.genome)
      result.genome = folder.paths.genome
    }
    let best = result.bestAccuracy.map { String(format: "%.3f", $0) } ?? "not measured"
    let unit = recipe.outer == .adam ? "steps" : "generations"
    console.result(
      result,
      text: "\(outcome.ending.rawValue) after \(outcome.step) \(unit); best accuracy of a taught "
        + "network: \(best)" + (result.genome.map { "; the rule is \($0)" } ?? ""))
  }
}

extension RuleRecipe.Outer: ExpressibleByArgument {}

extension RunFolder {
  /// Whether there is something to go on from, of either outer loop.
  fileprivate var hasProgress: Bool {
    hasCheckpoint || FileManager.default.fileExists(atPath: paths.search)
  }
}
