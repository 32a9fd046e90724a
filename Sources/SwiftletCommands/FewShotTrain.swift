import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Learning
import Runs
import Torch

/// Trains a weight generator or one of its rivals.
struct FewShotTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a generator on many classes of images.",
    discussion: """
      With --method prototypical or maml the same body is trained by the same loop on the same \
      episodes as a prototypical network or by MAML++, to compare with; evaluate, report, generate \
      and classify take such runs as well.
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: "How networks are found (default: hyperTransformer, unless the recipe says another).")
  var method: FewShotMethod?

  @Option(help: "Data set name or folder, with classes if wanted: omniglot, glyphs, folder:0-99.")
  var data: String?

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let recipe = try resolvedRecipe()
      let folder = try training.openFolder(recipe)
      console.note("reading \(recipe.data.source)")
      let data = try FewShotData(loading: recipe.data)
      try train(recipe.method.trainable, recipe, data, device, folder, console)
    }
  }

  private func train<Trained: TrainableLearner>(
    _ type: Trained.Type, _ recipe: FewShotRecipe, _ data: FewShotData, _ device: Device,
    _ folder: RunFolder, _ console: Console
  ) throws {
    let job = try FewShotTraining<Trained>(recipe, data: data, device: device)
    var state = try job.initialState()
    let outcome = try training.conduct(
      job.task, try job.trainerSettings(), &state, folder, console)
    try outcome.report(folder, console)
  }

  /// The recipe with the command line's changes.
  private func resolvedRecipe() throws -> FewShotRecipe {
    var recipe = try training.loadRecipe(FewShotRecipe.self)
    if let method { recipe.method = method }
    if let data { recipe.data.source = data }
    training.apply(
      seed: &recipe.seed, steps: &recipe.training.steps, minutes: &recipe.training.minutes)
    return recipe
  }
}

extension FewShotData {
  /// Loads a recipe's data set and divides its classes.
  init(loading data: FewShotRecipe.Data) throws {
    let set = try DatasetCatalog().load(
      data.source, options: LoadOptions(side: data.imageSize, isInverted: data.isInverted))
    self.init(set, splitSeed: data.splitSeed)
  }
}

extension FewShotMethod: ExpressibleByArgument {}
