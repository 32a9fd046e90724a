import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Learning
import Runs
import Torch

/// Trains a continual learner.
struct ContinualTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a generator on sequences of tasks.",
    discussion: """
      --carry none trains a generator that learns every task alone, --method prototypical a fixed \
      embedding, and --method merged a generator that sees the images of all tasks so far: the \
      references a continual generator is held against.
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: "How networks are found (default: hyperTransformer, unless the recipe says another).")
  var method: ContinualMethod?

  @Option(help: "How the network written last is seen: none, plain or gated.")
  var carry: Carry?

  @Option(
    parsing: .upToNextOption,
    help: "Data sets or folders, with classes if wanted; the tasks of several take turns.")
  var data: [String] = []

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let recipe = try resolvedRecipe()
      let folder = try training.openFolder(recipe, example: "runs/continual")
      console.note("reading \(recipe.data.sources.joined(separator: ", "))")
      let data = try FewShotData.all(recipe.data)
      try train(recipe.method.learner, recipe, data, device, folder, console)
    }
  }

  private func train<Learner: SequenceLearner>(
    _ type: Learner.Type, _ recipe: ContinualRecipe, _ data: [FewShotData], _ device: Device,
    _ folder: RunFolder, _ console: Console
  ) throws {
    let job = try ContinualTraining<Learner>(recipe, data: data, device: device)
    var state = try job.initialState()
    let outcome = try training.conduct(
      job.task, try job.trainerSettings(), &state, folder, console)
    try outcome.report(folder, console)
  }

  /// The recipe with the command line's changes.
  private func resolvedRecipe() throws -> ContinualRecipe {
    var recipe = try training.loadRecipe(ContinualRecipe.self)
    if let method { recipe.method = method }
    if let carry { recipe.carry = carry }
    if !data.isEmpty { recipe.data.sources = data }
    training.apply(
      seed: &recipe.seed, steps: &recipe.training.steps, minutes: &recipe.training.minutes)
    return recipe
  }
}

extension FewShotData {
  /// Loads a recipe's data sets and divides the classes of each.
  static func all(_ data: ContinualRecipe.Data) throws -> [FewShotData] {
    try data.sources.map { source in
      var one = FewShotRecipe().data
      one.source = source
      one.imageSize = data.imageSize
      one.isInverted = data.isInverted
      one.splitSeed = data.splitSeed
      return try FewShotData(loading: one)
    }
  }
}

extension ContinualMethod: ExpressibleByArgument {}
extension Carry: ExpressibleByArgument {}
