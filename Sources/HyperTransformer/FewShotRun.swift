import Datasets
import Files
import Foundation
import Learning
import Randomness
import Runs
import Torch

/// A finished or running training, opened for use.
public struct FewShotRun: Sendable {
  /// The run's settings.
  public var recipe: FewShotRecipe
  /// What was trained: a ``WeightGenerator``, or what else the recipe's method names.
  public var learner: any FewShotLearner
  /// Which file the weights came from.
  public var checkpointPath: String
  /// The learner, if it is a HyperTransformer.
  public var generator: WeightGenerator? { learner as? WeightGenerator }
  /// The mean pixel value of the training images, 0 to 255, if it was recorded.
  public var trainingBrightness: Double?

  /// Opens a run folder, with the weights that were best on the validation classes if there are any.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - overrides: Settings to change, as in `episode.shots=5`.
  ///   - device: Where the learner shall be.
  /// - Throws: `RecipeError`, `FileFailure` or `CheckpointError` when the folder is not a run of
  ///   this kind or its files do not fit together.
  public init(folder: String, overrides: [String] = [], device: Device = .cpu) throws {
    let paths = RunPaths(folder)
    recipe = try RecipeReader.load(
      FewShotRecipe.self, path: paths.recipe, overrides: overrides)
    let hasBest = FileManager.default.fileExists(atPath: paths.best)
    checkpointPath = hasBest ? paths.best : paths.checkpoint
    let checkpoint = try Checkpoint(path: checkpointPath)
    guard checkpoint.metadata["kind"] == FewShotRecipe.name else {
      throw FileFailure(
        .malformed, path: checkpointPath,
        reason: "holds no few-shot learner; is \(folder) a run of another command?")
    }
    trainingBrightness = checkpoint.metadata[Self.brightnessKey].flatMap(Double.init)
    let channels = Int(checkpoint.metadata["imageChannels"] ?? "1") ?? 1
    let section = checkpoint.section(Checkpoint.averageSection)
    var tensors = section.isEmpty ? checkpoint.section(Checkpoint.modelSection) : section
    for name in tensors.keys where name.hasPrefix("realClasses.") { tensors[name] = nil }
    learner = try Self.learner(
      recipe.method.trainable, recipe, imageChannels: channels, tensors: tensors,
      origin: checkpointPath, device)
  }

  private static func learner<Trained: TrainableLearner>(
    _ type: Trained.Type, _ recipe: FewShotRecipe, imageChannels: Int, tensors: [String: Tensor],
    origin: String, _ device: Device
  ) throws -> any FewShotLearner {
    var random = RandomSource(seed: 0)
    var learner = try Trained(
      recipe, imageChannels: imageChannels, realClassCount: 1, using: &random
    ).learner
    try loadParameters(into: &learner, from: tensors, strict: true, origin: origin)
    return learner.moved(to: device)
  }

  /// The checkpoint's text with the training images' mean pixel value.
  static let brightnessKey = "meanPixel"

  /// Whether images look like negatives of those the generator learned from: their mean pixel value
  /// would be much closer if dark and light were exchanged.
  public func seemsInverted(_ images: ImageSet) -> Bool {
    guard let trainingBrightness else { return false }
    let found = images.meanValue
    return abs(255 - found - trainingBrightness) + 32 < abs(found - trainingBrightness)
  }
}

extension ImageSet {
  /// The mean pixel value, 0 to 255.
  var meanValue: Double {
    pixels.isEmpty ? 0 : Double(pixels.reduce(0) { $0 + Int($1) }) / Double(pixels.count)
  }
}
