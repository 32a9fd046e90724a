import Datasets
import Foundation
import Images
import Learning
import Randomness
import Runs
import Torch

/// Training of an image classifier as the training loop wants it.
///
/// ```swift
/// let job = try ClassificationTraining(recipe, network: network, data: data)
/// var state = job.initialState()
/// let outcome = try Trainer(job.trainerSettings(), job.task).run(&state, folder: folder)
/// ```
public struct ClassificationTraining<Network: ImageClassifier> {
  /// The settings.
  public let recipe: ClassificationRecipe
  /// The data.
  public let data: ClassificationData
  /// Where tensors are.
  public let device: Device
  /// What makes the batches.
  public let loader: ImageLoader
  private let network: Network

  /// Prepares training.
  ///
  /// - Parameters:
  ///   - recipe: The settings.
  ///   - network: The network at its beginning, with a head for the data's classes.
  ///   - data: The images.
  ///   - device: Where tensors are.
  /// - Throws: `LoaderError` where there are no images.
  public init(
    _ recipe: ClassificationRecipe, network: Network, data: ClassificationData,
    device: Device = .cpu
  ) throws {
    precondition(
      network.classCount == data.classNames.count,
      "a head for \(network.classCount) classes, data with \(data.classNames.count)")
    self.recipe = recipe
    self.network = network
    self.data = data
    self.device = device
    var settings = ImageLoader.Settings(
      batchSize: recipe.training.batchSize, seed: recipe.seed, workers: recipe.data.workers)
    settings.mixing = BatchMixing(
      mixup: recipe.augmentation.mixup, cutmix: recipe.augmentation.cutmix)
    loader = try ImageLoader(
      data.training, recipe.trainingPreparation, samples: data.trainingSamples, settings: settings)
  }

  /// The state at the beginning of a run.
  public func initialState() -> TrainingState<Network> {
    TrainingState(
      network.moved(to: device), optimizer: recipe.training.optimizer,
      random: RandomSource(seed: recipe.seed))
  }

  /// What the training loop runs.
  public var task: TrainingTask<Network, ImageBatch> {
    let (loader, device) = (loader, device)
    let type = recipe.training.precision.elementType
    let smoothing = recipe.augmentation.labelSmoothing
    return TrainingTask(
      batch: { step, _ in try loader.batch(step) },
      loss: { model, batch, pass in
        let batch = batch.moved(to: device)
        let logits = withAutocast(to: type, on: device) {
          model.forward(batch.images.channelsLast(), &pass)
        }.cast(to: .float32)
        return Loss(
          logits.softmaxCrossEntropy(
            expected: batch.targets ?? batch.labels, labelSmoothing: smoothing),
          metrics: ["accuracy": logits.accuracy(expected: batch.labels)])
      },
      evaluate: { model, _ in try judge(model).values })
  }

  /// Judges a network by the validation images.
  private func judge(_ network: Network) throws -> ClassificationResult {
    try ClassificationEvaluation(
      data.validation, recipe.evaluationPreparation, samples: data.validationSamples,
      workers: recipe.data.workers, device: device
    ).result(of: network)
  }

  /// The trainer's settings for this recipe.
  ///
  /// - Throws: `UsageError` for a budget without an end.
  public func trainerSettings() throws -> TrainerSettings {
    let training = recipe.training
    var settings = TrainerSettings(
      optimizer: training.optimizer,
      budget: try Budget(steps: training.steps, minutes: training.minutes))
    settings.logInterval = training.logInterval
    settings.evaluationInterval = training.evaluationInterval
    settings.checkpointInterval = training.checkpointInterval
    settings.best = BestMetric.largest("accuracy")
    // The loader is ahead by itself.
    settings.prefetches = false
    settings.metadata = [
      "kind": ClassificationRecipe.name, "network": recipe.network.name,
      ClassificationRun.classesKey: ClassificationRun.text(of: data.classNames),
    ]
    return settings
  }
}
