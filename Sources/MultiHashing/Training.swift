import Datasets
import Foundation
import Learning
import Randomness
import Runs
import Torch
import Vision

/// Training of a compressed image classifier as the training loop wants it.
///
/// ```swift
/// let job = try CompressionTraining(recipe, data: ClassificationData(recipe.data))
/// var state = job.initialState()
/// let outcome = try Trainer(job.trainerSettings(), job.task).run(&state, folder: folder)
/// try job.compressed(state.bestModel).write(to: "small.safetensors")
/// ```
public struct CompressionTraining {
  /// The settings.
  public let recipe: CompressionRecipe
  /// The network at its beginning.
  public let start: HashedNetwork<Backbone>
  /// By how much a narrow network's widths are multiplied.
  public let narrowFactor: Double?
  /// The dense training of which this is the hashed form.
  public let dense: ClassificationTraining<Backbone>
  private let file: FileContext

  /// Prepares training.
  ///
  /// - Parameters:
  ///   - recipe: The settings.
  ///   - data: The images.
  ///   - device: Where tensors are.
  /// - Throws: ``HashingError`` for a budget or policy that does not do; what reading weights throws.
  public init(
    _ recipe: CompressionRecipe, data: ClassificationData, device: Device = .cpu
  ) throws {
    self.recipe = recipe
    var random = RandomSource(seed: recipe.seed)
    let classes = data.classNames.count
    var network = try recipe.classification.startingNetwork(classCount: classes, using: &random)
    var factor: Double?
    if recipe.method == .narrow {
      (network, factor) = try recipe.narrowNetwork(instead: network, classes, using: &random)
    }
    narrowFactor = factor
    dense = try ClassificationTraining(
      recipe.classification, network: network, data: data, device: device)
    let entry = try ModelCatalog.model(named: recipe.network.name)
    let model = ImageModel(
      name: recipe.network.name + (factor.map { " narrowed by \($0)" } ?? ""), network: network,
      preparation: recipe.classification.evaluationPreparation, classNames: data.classNames,
      naming: entry.naming)
    file = try FileContext(model, storage: recipe.storage)
    start = try recipe.hashedNetwork(network, file, using: &random)
  }

  /// The state at the beginning of a run.
  public func initialState() -> TrainingState<HashedNetwork<Backbone>> {
    var placed = start.moved(to: dense.device)
    placed.moveTables(to: dense.device)
    return TrainingState(
      placed, optimizer: recipe.training.optimizer, random: RandomSource(seed: recipe.seed))
  }

  /// What the training loop runs.
  public var task: TrainingTask<HashedNetwork<Backbone>, ImageBatch> {
    var task = dense.task.hashed(weightDecay: recipe.weightPenalty)
    let factor = recipe.scaleRate
    guard factor != 1 else { return task }
    task.adjustGradient = { gradient in
      if let place = gradient.names.firstIndex(of: "scales") {
        gradient.tensors[place] = gradient.tensors[place] * factor
      }
      return [:]
    }
    return task
  }

  /// The trainer's settings for this recipe.
  ///
  /// - Throws: `UsageError` for a budget without an end.
  public func trainerSettings() throws -> TrainerSettings {
    var settings = try dense.trainerSettings()
    settings.metadata["kind"] = CompressionRecipe.name
    return settings
  }

  /// The file of a network of this training.
  public func compressed(_ network: HashedNetwork<Backbone>) -> CompressedFile {
    CompressedFile(network, storage: file.storage, metadata: file.metadata)
  }

  /// The file of the network that a run's folder holds as the best, or of another if there is none.
  ///
  /// - Throws: `FileFailure` or `CheckpointError` for a file that is damaged.
  public func compressed(
    bestIn paths: RunPaths, or last: HashedNetwork<Backbone>
  ) throws -> CompressedFile {
    guard FileManager.default.fileExists(atPath: paths.best) else { return compressed(last) }
    var best = last
    try Checkpoint(path: paths.best).restore(&best)
    return compressed(best)
  }
}

extension RunPaths {
  /// The compressed network of a run.
  public var compressed: String { "\(folder)/compressed.safetensors" }
}

extension CompressionRecipe {
  /// A network drawn with fewer channels.
  fileprivate func narrowNetwork(
    instead network: Backbone, _ classCount: Int, using random: inout RandomSource
  ) throws -> (Backbone, Double) {
    let budget = hashing.budget
    let learned =
      budget.variables ?? Int((budget.fraction * Double(network.parameterCount)).rounded())
    let (architecture, factor) = try network.architecture.narrowed(
      toLearn: learned, classCount: classCount, name: self.network.name)
    return (Backbone(architecture, classCount: classCount, using: &random), factor)
  }

  /// The network in its hashed form, or in the clothes of one.
  fileprivate func hashedNetwork(
    _ network: Backbone, _ file: FileContext, using random: inout RandomSource
  ) throws -> HashedNetwork<Backbone> {
    guard method == .hashed else {
      return HashedNetwork(network, HashPlan.nothing, using: &random)
    }
    var hashed = try HashedNetwork(network, hashing, file: file, using: &random)
    if start == .fitted { hashed.fit(to: network) }
    return hashed
  }
}
