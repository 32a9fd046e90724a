import Datasets
import Learning
import Randomness
import Runs
import Torch

/// A part of the classes of a set.
public enum ClassPart: String, Codable, Sendable, CaseIterable {
  /// Classes that are learned from.
  case training
  /// Classes that choose between models.
  case validation
  /// Classes never seen before the final evaluation.
  case test
}

/// The data of few-shot training: one set, its classes divided into three parts.
public struct FewShotData: Sendable {
  /// Classes the generator learns from.
  public var training: ImageSet
  /// Classes that choose between models.
  public var validation: ImageSet
  /// Classes never seen before the final evaluation.
  public var test: ImageSet

  /// Divides the classes of a set.
  public init(_ set: ImageSet, splitSeed: UInt64) {
    let split = ClassSplit.shuffled(count: set.classCount, seed: splitSeed)
    training = set.selecting(classes: split.training)
    validation = set.selecting(classes: split.validation)
    test = set.selecting(classes: split.test)
  }

  /// The classes of a part.
  public subscript(part: ClassPart) -> ImageSet {
    switch part {
    case .training: training
    case .validation: validation
    case .test: test
    }
  }
}

/// Few-shot training as the training loop wants it, for one kind of learner.
///
/// ```swift
/// let training = try FewShotTraining<GeneratorInTraining>(recipe, data: data)
/// var state = try training.initialState()
/// let outcome = try Trainer(training.trainerSettings(), training.task).run(&state)
/// ```
public struct FewShotTraining<Trained: TrainableLearner> {
  /// The settings.
  public let recipe: FewShotRecipe
  /// The data.
  public let data: FewShotData
  /// Where tensors are.
  public let device: Device

  private let sampler: EpisodeSampler

  /// Prepares training.
  ///
  /// - Throws: `EpisodeError` when the data cannot give such episodes.
  public init(_ recipe: FewShotRecipe, data: FewShotData, device: Device = .cpu) throws {
    self.recipe = recipe
    self.data = data
    self.device = device
    sampler = try EpisodeSampler(
      data.training, plan: recipe.episode, augmentation: recipe.augmentation)
  }

  /// The state at the beginning of a run.
  ///
  /// - Throws: ``ConfigurationError``.
  public func initialState() throws -> TrainingState<Trained> {
    var random = RandomSource(seed: recipe.seed)
    var weights = random.split()
    let model = try Trained(
      recipe, imageChannels: data.training.channels, realClassCount: data.training.classCount,
      using: &weights)
    return TrainingState(
      model.moved(to: device), optimizer: recipe.training.optimizer, random: random)
  }

  /// What the training loop runs.
  public var task: TrainingTask<Trained, TrainingBatch> {
    let (recipe, sampler, device) = (recipe, sampler, device)
    let removal = (recipe.training.labelledRemoval, recipe.training.unlabelledRemoval)
    return TrainingTask(
      batch: { step, random in
        let episodes = sampler.batch(of: recipe.training.episodesPerStep, using: &random)
        return TrainingBatch(
          episodes, of: sampler.set, ways: recipe.episode.ways, removal: removal, using: &random,
          step: step, on: device)
      },
      loss: { model, batch, pass in
        let result = model.loss(batch, recipe, &pass)
        return Loss(result.loss, metrics: ["accuracy": result.accuracy])
      },
      evaluate: { model, _ in try judge(model.learner) })
  }

  /// Accuracy on the recipe's parts of the classes, the same tasks every time.
  private func judge(_ learner: Trained.Learner) throws -> [String: Double] {
    var values: [String: Double] = [:]
    for part in Set(recipe.evaluation.parts).union([.validation]) {
      let evaluation = try FewShotEvaluation(
        data[part], plan: recipe.evaluationPlan, tasks: recipe.evaluation.validationTasks,
        statistics: recipe.evaluation.statistics, device: device)
      let accuracy = evaluation.accuracy(of: learner)
      let prefix = part == .validation ? "" : "\(part.rawValue)/"
      values["\(prefix)accuracy"] = accuracy.mean
      values["\(prefix)accuracyMargin"] = accuracy.halfWidth
    }
    return values
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
    settings.metadata = [
      "kind": FewShotRecipe.name, "imageChannels": "\(data.training.channels)",
      FewShotRun.brightnessKey: "\(data.training.meanValue)",
    ]
    return settings
  }
}

extension FewShotRecipe {
  /// The episodes of evaluations: as in training, with the evaluation's number of queries.
  public var evaluationPlan: EpisodePlan {
    var plan = episode
    plan.queriesPerClass = evaluation.queriesPerClass
    return plan
  }
}
