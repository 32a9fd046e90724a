import ArgumentParser
import Foundation
import Learning
import Randomness
import Runs
import Torch
import Vision

/// Trains an image classifier.
struct ClassifyTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train an image classifier.")

  @OptionGroup var training: TrainingOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  @OptionGroup var images: ImageTrainingOptions

  @Option(help: "A file of weights of that network to begin with.")
  var weights: String?

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let recipe = try resolvedRecipe()
      var random = RandomSource(seed: recipe.seed)
      console.note("reading \(recipe.data.training)")
      let data = try ClassificationData(recipe.data)
      let network = try listingMismatches(console) {
        try recipe.startingNetwork(classCount: data.classNames.count, using: &random)
      }
      let folder = try training.openFolder(recipe)
      try train(network, recipe, data, folder, device, console)
    }
  }

  private func train(
    _ network: some ImageClassifier, _ recipe: ClassificationRecipe, _ data: ClassificationData,
    _ folder: RunFolder, _ device: Device, _ console: Console
  ) throws {
    let job = try ClassificationTraining(recipe, network: network, data: data, device: device)
    var state = job.initialState()
    let outcome = try training.conduct(
      job.task, try job.trainerSettings(), &state, folder, console)
    if let warning = job.loader.report.warning { console.note("warning: \(warning)") }
    report(outcome, job.loader.report, folder, console)
    try outcome.exitIfInterrupted()
  }

  /// The recipe with the command line's changes.
  private func resolvedRecipe() throws -> ClassificationRecipe {
    var recipe = try training.loadRecipe(ClassificationRecipe.self)
    images.apply(to: &recipe.data, &recipe.network)
    if let weights { recipe.network.weights = weights }
    training.apply(
      seed: &recipe.seed, steps: &recipe.training.steps, minutes: &recipe.training.minutes)
    return recipe
  }

  private struct Result: Encodable {
    var ending: TrainingOutcome.Ending
    var steps: Int
    var seconds: Double
    var folder: String
    var validationAccuracy: Double?
    var bestValidationAccuracy: Double?
    var damagedImages: Int
    var loaderWaitSeconds: Double
  }

  private func report(
    _ outcome: TrainingOutcome, _ loader: LoaderReport, _ folder: RunFolder, _ console: Console
  ) {
    let result = Result(
      ending: outcome.ending, steps: outcome.step, seconds: outcome.seconds,
      folder: folder.paths.folder, validationAccuracy: outcome.lastEvaluation?.values["accuracy"],
      bestValidationAccuracy: outcome.bestEvaluation?.values["accuracy"],
      damagedImages: loader.skipped.count, loaderWaitSeconds: loader.waitingSeconds)
    let accuracy = result.validationAccuracy.map { String(format: "%.1f %%", 100 * $0) } ?? "none"
    console.result(
      result,
      text: "\(outcome.ending.rawValue) after \(outcome.step) steps; "
        + "accuracy on validation images: \(accuracy); run in \(folder.paths.folder)")
  }
}
