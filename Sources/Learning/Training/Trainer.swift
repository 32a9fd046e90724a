import Runs
import Torch

/// How a training run is conducted, apart from what is trained.
public struct TrainerSettings: Sendable {
  /// The optimizer, its learning rate, clipping and averaging.
  public var optimizer: OptimizerRecipe
  /// When the run ends.
  public var budget: Budget
  /// Steps between two records of the training loss.
  public var logInterval = 50
  /// Steps between two evaluations; one always comes at the end.
  public var evaluationInterval: Int?
  /// Steps between two checkpoints; one always comes at the end.
  public var checkpointInterval: Int?
  /// Minutes between two checkpoints.
  public var checkpointMinutes: Double? = 5
  /// Which evaluation is the best; its model is kept in `best.safetensors`.
  public var best: BestMetric?
  /// Steps between two checks of the loss on a GPU, where each check waits for the device; a second
  /// after the last there is another. On the processor every loss is checked.
  public var finiteCheckInterval = 100
  /// Whether the next batch is prepared on another thread; the results are the same.
  public var prefetches = true
  /// Texts for the checkpoints, such as `kind`, `architecture` and `recipe`.
  public var metadata: [String: String] = [:]

  /// Creates settings.
  public init(optimizer: OptimizerRecipe, budget: Budget) {
    self.optimizer = optimizer
    self.budget = budget
  }
}

/// How a run ended.
public struct TrainingOutcome: Sendable, Hashable {
  /// The reasons to stop.
  public enum Ending: String, Sendable, Codable {
    /// The budget is spent.
    case finished
    /// Somebody asked to stop; the checkpoint is written and the run can go on later.
    case interrupted
  }

  /// Why the run ended.
  public var ending: Ending
  /// Steps finished since its beginning.
  public var step: Int
  /// Working time in seconds, all sittings together.
  public var seconds: Double
  /// The last evaluation.
  public var lastEvaluation: Evaluation?
  /// The best evaluation.
  public var bestEvaluation: Evaluation?

  /// Creates an outcome.
  public init(
    ending: Ending, step: Int, seconds: Double, lastEvaluation: Evaluation?,
    bestEvaluation: Evaluation?
  ) {
    self.ending = ending
    self.step = step
    self.seconds = seconds
    self.lastEvaluation = lastEvaluation
    self.bestEvaluation = bestEvaluation
  }
}

extension RunPaths {
  /// The model of the best evaluation.
  public var best: String { "\(folder)/best.safetensors" }
}

/// The one training loop of all systems.
///
/// A run that is stopped at any moment, by a signal or by force, goes on from its last checkpoint
/// and ends with bit-identical weights (on the same machine with the same number of threads): the
/// batch and the noise of a step depend on the seed and the step alone.
///
/// ```swift
/// var state = TrainingState(model, optimizer: recipe.optimizer, random: random)
/// if folder.hasCheckpoint { try state.restore(from: Checkpoint(path: folder.paths.checkpoint)) }
/// let trainer = Trainer(settings, task)
/// let interruption = Interruption()
/// let outcome = try trainer.run(&state, folder: folder) { interruption.isRequested }
/// ```
public struct Trainer<M: Model, Batch: Sendable> {
  /// How the run is conducted.
  public var settings: TrainerSettings
  /// What is trained.
  public var task: TrainingTask<M, Batch>

  /// Creates a trainer.
  public init(_ settings: TrainerSettings, _ task: TrainingTask<M, Batch>) {
    self.settings = settings
    self.task = task
  }

  /// Trains until the budget is spent or somebody asks to stop.
  ///
  /// - Parameters:
  ///   - state: Where the run stands, at its beginning or restored from a checkpoint.
  ///   - folder: Where metrics and checkpoints go; nothing is written without.
  ///   - progress: The display.
  ///   - isInterrupted: Asked after every step.
  /// - Returns: How the run ended; `state` is what the last checkpoint holds.
  /// - Throws: ``NonFiniteError``; `FileFailure` for a folder that cannot be written; whatever the
  ///   task throws. The last checkpoint is good in every case.
  public func run(
    _ state: inout TrainingState<M>, folder: RunFolder? = nil, progress: Progress? = nil,
    isInterrupted: () -> Bool = { false }
  ) throws -> TrainingOutcome {
    Engine.productKernel = state.productKernel
    var journal = try TrainingJournal(settings, folder: folder, state: state)
    let source = batchSource(state)
    defer { source.close() }
    let optimizer = settings.optimizer.makeOptimizer()
    var ending = TrainingOutcome.Ending.finished
    while !settings.budget.isSpent(step: state.step, seconds: journal.seconds) {
      guard !isInterrupted() else {
        ending = .interrupted
        break
      }
      let batch = try source.batch(state.step)
      try takeStep(&state, batch, optimizer, &journal)
      try journal.logIfDue(state)
      if let interval = settings.evaluationInterval, state.step % interval == 0 {
        try evaluate(&state, &journal)
      }
      try journal.checkpointIfDue(&state)
      progress?.update(step: state.step, ["loss": journal.lastLoss])
    }
    if ending == .finished { try evaluate(&state, &journal) }
    try journal.finish(&state)
    progress?.finish()
    return TrainingOutcome(
      ending: ending, step: state.step, seconds: state.seconds,
      lastEvaluation: state.lastEvaluation, bestEvaluation: state.bestEvaluation)
  }

  private func takeStep(
    _ state: inout TrainingState<M>, _ batch: Batch, _ optimizer: any Optimizer,
    _ journal: inout TrainingJournal<M>
  ) throws {
    let recipe = settings.optimizer
    let rate =
      recipe.learningRate
      * recipe.schedule.factor(
        step: state.step, seconds: journal.seconds, horizon: ScheduleHorizon(settings.budget))
    var pass = Pass.training(using: state.random.passStream(state.step))
    var metrics: [String: any MetricValue] = [:]
    var (loss, gradient) = try valueAndGradient(at: &state.model) { model in
      let loss = try task.loss(&model, batch, &pass)
      metrics = loss.metrics.mapValues(\.constantScalar)
      return loss.value
    }
    let isChecked =
      loss.device.kind == .cpu || (state.step + 1) % settings.finiteCheckInterval == 0
      || journal.isLossOutdated
    if isChecked {
      journal.lastLoss = loss.scalar()
      try check(journal.lastLoss, state, gradient)
    }
    if let adjust = task.adjustGradient { metrics.merge(adjust(&gradient)) { $1 } }
    if let limit = recipe.clipNorm {
      let norm = gradient.clip(toGlobalNorm: limit)
      guard norm.isFinite else { throw nonFinite(loss.scalar(), state, gradient) }
      metrics["gradientNorm"] = norm
    }
    optimizer.update(
      &state.model, with: gradient, learningRate: rate, state: &state.optimizerState)
    updateAverage(&state)
    state.step += 1
    metrics["loss"] = loss
    metrics["learningRate"] = rate
    journal.add(metrics)
  }

  private func updateAverage(_ state: inout TrainingState<M>) {
    guard let decay = settings.optimizer.averageDecay, var average = state.average.take() else {
      return
    }
    ExponentialMovingAverage(decay: decay).update(
      &average, towards: state.model, step: state.step)
    state.average = average
  }

  private func evaluate(
    _ state: inout TrainingState<M>, _ journal: inout TrainingJournal<M>
  ) throws {
    guard let evaluate = task.evaluate, state.lastEvaluation?.step != state.step else { return }
    let values = try withoutGradients { try evaluate(state.bestModel, state.step) }
    let evaluation = Evaluation(step: state.step, values: values)
    state.lastEvaluation = evaluation
    try journal.record(evaluation)
    if let best = settings.best, best.isBetter(evaluation, than: state.bestEvaluation) {
      state.bestEvaluation = evaluation
      try journal.keepBest(state)
    }
  }

  private func check(
    _ loss: Double, _ state: TrainingState<M>, _ gradient: NamedTensors
  ) throws {
    if !loss.isFinite { throw nonFinite(loss, state, gradient) }
  }

  private func nonFinite(
    _ loss: Double, _ state: TrainingState<M>, _ gradient: NamedTensors
  ) -> NonFiniteError {
    NonFiniteError(
      step: state.step + 1, loss: loss, parameters: state.model.parameters.nonFiniteNames(),
      gradients: gradient.nonFiniteNames())
  }

  /// Batches by step, prepared ahead where that is wanted.
  private func batchSource(_ state: TrainingState<M>) -> (
    batch: (Int) throws -> Batch, close: () -> Void
  ) {
    let make = task.batch
    let random = state.random
    let draw: @Sendable (Int) throws -> Batch = { step in
      var stream = random.batchStream(step)
      return try make(step, &stream)
    }
    guard settings.prefetches else { return (draw, {}) }
    let worker = BatchWorker(draw)
    let last = settings.budget.steps
    return (
      { step in
        let isLast = last.map { step + 1 >= $0 } ?? false
        return try worker.batch(for: step, thenPreparing: isLast ? nil : step + 1)
      }, { worker.close() }
    )
  }
}
