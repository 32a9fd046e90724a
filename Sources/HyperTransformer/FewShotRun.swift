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
  /// The trained generator.
  public var generator: WeightGenerator
  /// Which file the weights came from.
  public var checkpointPath: String
  /// The mean pixel value of the training images, 0 to 255, if it was recorded.
  public var trainingBrightness: Double?

  /// Opens a run folder, with the weights that were best on the validation classes if there are any.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - overrides: Settings to change, as in `episode.shots=5`.
  ///   - device: Where the generator shall be.
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
        reason: "holds no weight generator; is \(folder) a run of another command?")
    }
    var random = RandomSource(seed: 0)
    trainingBrightness = checkpoint.metadata[Self.brightnessKey].flatMap(Double.init)
    let channels = Int(checkpoint.metadata["imageChannels"] ?? "1") ?? 1
    generator = try WeightGenerator(
      writing: recipe.architecture(imageChannels: channels), recipe.generator, using: &random)
    let section = checkpoint.section(Checkpoint.averageSection)
    var tensors = section.isEmpty ? checkpoint.section(Checkpoint.modelSection) : section
    for name in tensors.keys where name.hasPrefix("realClasses.") { tensors[name] = nil }
    try loadParameters(
      into: &generator, from: tensors, strict: true, origin: checkpointPath)
    generator = generator.moved(to: device)
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
