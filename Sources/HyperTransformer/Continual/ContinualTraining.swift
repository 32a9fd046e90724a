import Datasets
import Learning
import Randomness
import Runs
import Torch

/// Continual training as the training loop wants it, for one kind of learner.
public struct ContinualTraining<Learner: SequenceLearner> {
  /// The settings.
  public let recipe: ContinualRecipe
  /// The data sets whose tasks take turns.
  public let data: [FewShotData]
  /// Where tensors are.
  public let device: Device

  private let sampler: SequenceSampler
  private let validation: ContinualEvaluation

  /// Prepares training.
  ///
  /// Validation sequences are shorter where there are not enough validation classes.
  ///
  /// - Throws: `EpisodeError` when the data cannot give such sequences.
  public init(_ recipe: ContinualRecipe, data: [FewShotData], device: Device = .cpu) throws {
    self.recipe = recipe
    self.data = data
    self.device = device
    sampler = try SequenceSampler(
      data.map(\.training), plan: recipe.sequence, augmentation: recipe.augmentation)
    let sets = data.map(\.validation)
    let classes = sets.map(\.classCount).min() ?? 0
    validation = try ContinualEvaluation(
      sets, plan: recipe.evaluationPlan.fitting(classCount: classes * sets.count),
      sequences: recipe.evaluation.validationSequences, statistics: recipe.evaluation.statistics,
      device: device)
  }

  /// The state at the beginning of a run.
  ///
  /// - Throws: ``ConfigurationError``.
  public func initialState() throws -> TrainingState<Learner> {
    var random = RandomSource(seed: recipe.seed)
    var weights = random.split()
    let model = try Learner(recipe, imageChannels: data[0].training.channels, using: &weights)
    return TrainingState(
      model.moved(to: device), optimizer: recipe.training.optimizer, random: random)
  }

  /// What the training loop runs.
  public var task: TrainingTask<Learner, SequenceBatch> {
    let (recipe, sampler, device, validation) = (recipe, sampler, device, validation)
    return TrainingTask(
      batch: { _, random in
        sampler.batch(of: recipe.training.sequencesPerStep, using: &random, on: device)
      },
      loss: { model, batch, pass in
        let result = recipe.objective(
          &model, batch, isMerged: recipe.method == .merged, head: recipe.head, &pass)
        return Loss(result.loss, metrics: ["accuracy": result.accuracy])
      },
      evaluate: { model, _ in
        let found = validation.accuracies(
          of: model, isMerged: recipe.method == .merged, head: recipe.head,
          distances: recipe.objective.distances)
        let accuracy = found[recipe.sequence.scenario].averageAccuracy
        return ["accuracy": accuracy.mean, "accuracyMargin": accuracy.halfWidth]
      })
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
      "kind": ContinualRecipe.name, "imageChannels": "\(data[0].training.channels)",
    ]
    return settings
  }
}
