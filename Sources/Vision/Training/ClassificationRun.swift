import Files
import Foundation
import Learning
import Randomness
import Runs
import Torch

/// A finished or running training of an image classifier, opened for use.
public struct ClassificationRun: Sendable {
  /// The run's settings.
  public let recipe: ClassificationRecipe
  /// The trained network.
  public let network: Backbone
  /// The names of its classes.
  public let classNames: [String]
  /// Which file the weights came from.
  public let checkpointPath: String

  static let classesKey = "classes"

  /// Opens a run folder, with the weights that were best on the validation images if there are any.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - device: Where the network shall be.
  /// - Throws: `RecipeError`, `FileFailure`, ``ClassificationError`` or `CheckpointError` when the
  ///   folder is not a run of this kind or its files do not fit together.
  public init(folder: String, device: Device = .cpu) throws {
    let paths = RunPaths(folder)
    recipe = try RecipeReader.load(ClassificationRecipe.self, path: paths.recipe)
    let hasBest = FileManager.default.fileExists(atPath: paths.best)
    checkpointPath = hasBest ? paths.best : paths.checkpoint
    let checkpoint = try Checkpoint(path: checkpointPath)
    guard checkpoint.metadata["kind"] == ClassificationRecipe.name,
      let names = checkpoint.metadata[Self.classesKey].flatMap(Self.names)
    else { throw ClassificationError.notAClassifier(path: checkpointPath) }
    classNames = names
    var random = RandomSource(seed: 0)
    var restored = try recipe.drawnNetwork(classCount: names.count, using: &random)
    try checkpoint.restore(&restored)
    network = restored.moved(to: device)
  }

  /// The network with what is needed to use it, as `swiftlet model predict` reads it.
  public var imageModel: ImageModel {
    ImageModel(
      name: recipe.network.name, network: network, preparation: recipe.evaluationPreparation,
      classNames: classNames,
      naming: (try? ModelCatalog.model(named: recipe.network.name).naming) ?? .torchvision)
  }

  static func text(of names: [String]) -> String {
    let data = try? JSONEncoder().encode(names)
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "[]"
  }

  private static func names(_ text: String) -> [String]? {
    try? JSONDecoder().decode([String].self, from: Data(text.utf8))
  }
}
