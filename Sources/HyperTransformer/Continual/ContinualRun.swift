import Files
import Foundation
import Learning
import Randomness
import Runs
import Torch

/// A finished or running continual training, opened for use.
public struct ContinualRun: Sendable {
  /// The run's settings.
  public var recipe: ContinualRecipe
  /// What was trained.
  public var learner: any SequenceLearner
  /// Which file the weights came from.
  public var checkpointPath: String
  /// Channels of the images.
  public var imageChannels: Int

  /// Puts a run together that is in memory.
  public init(
    recipe: ContinualRecipe, learner: any SequenceLearner, imageChannels: Int,
    checkpointPath: String = "memory"
  ) {
    self.recipe = recipe
    self.learner = learner
    self.imageChannels = imageChannels
    self.checkpointPath = checkpointPath
  }

  /// Opens a run folder, with the weights that were best on the validation classes if there are any.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - overrides: Settings to change, as in `sequence.shots=5`.
  ///   - device: Where the learner shall be.
  /// - Throws: `RecipeError`, `FileFailure` or `CheckpointError` when the folder is not a run of this
  ///   kind or its files do not fit together.
  public init(folder: String, overrides: [String] = [], device: Device = .cpu) throws {
    let paths = RunPaths(folder)
    recipe = try RecipeReader.load(
      ContinualRecipe.self, path: paths.recipe, overrides: overrides)
    let hasBest = FileManager.default.fileExists(atPath: paths.best)
    checkpointPath = hasBest ? paths.best : paths.checkpoint
    let checkpoint = try Checkpoint(path: checkpointPath)
    guard checkpoint.metadata["kind"] == ContinualRecipe.name else {
      throw FileFailure(
        .malformed, path: checkpointPath,
        reason: "holds no continual learner; is \(folder) a run of another command?")
    }
    imageChannels = Int(checkpoint.metadata["imageChannels"] ?? "1") ?? 1
    let training = try RecipeReader.load(ContinualRecipe.self, path: paths.recipe)
    learner = try Self.learner(
      training.method.learner, training, imageChannels, checkpoint, device)
  }

  /// The learner of the recipe as trained: overrides concern what it is judged by.
  private static func learner<Learner: SequenceLearner>(
    _ type: Learner.Type, _ recipe: ContinualRecipe, _ imageChannels: Int, _ checkpoint: Checkpoint,
    _ device: Device
  ) throws -> any SequenceLearner {
    var random = RandomSource(seed: 0)
    var learner = try Learner(recipe, imageChannels: imageChannels, using: &random)
    try checkpoint.restore(&learner)
    return learner.moved(to: device)
  }

  /// What tells this learner from every other: a digest of its tensors and of what decides how they
  /// are used.
  public var fingerprint: String { learner.fingerprint(carry: recipe.effectiveCarry) }
}

extension Model {
  /// A digest of names, types, shapes and values of all tensors.
  func fingerprint(carry: Carry) -> String {
    var digest = SHA256()
    let all = moved(to: .cpu).tensors
    for (name, tensor) in zip(all.names, all.tensors) {
      let head = "\(name) \(tensor.elementType)\(tensor.shape) \(carry.rawValue)\n"
      Data(head.utf8).withUnsafeBytes { digest.update($0) }
      tensor.rowMajor().withBytes { digest.update($0) }
    }
    return digest.hexadecimal()
  }
}
