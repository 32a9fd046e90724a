import Learning
import Randomness
import Runs
import Torch

/// Genomes in training: several side by side, and how each did lately.
public struct RuleInTraining: Model {
  /// The genomes, as species.
  public var genome: Genome
  /// A moving average of every species' loss, which says which one is the best.
  public var recentLoss: Tensor

  /// Wraps genomes that have not been trained yet.
  public init(_ genome: Genome) {
    self.genome = genome
    recentLoss = Tensor(
      zeros: [genome.speciesCount], genome.neuron.forward.elementType,
      on: genome.neuron.forward.device)
  }

  /// Presents the genome's leaves and the average.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("genome", &genome)
    walk.buffer("recentLoss", &recentLoss)
  }

  /// The species with the smallest recent loss.
  public var bestSpecies: Int { recentLoss.argmin(along: 0).toInts()[0] }
}

/// The data of a meta-step.
public struct RuleBatch: Sendable {
  /// Learning runs, those of one shape together.
  public var episodes: [RuleEpisode]
  /// The hidden layers of the networks.
  public var hidden: [Int]
  /// Where new synapses come from.
  public var synapses: RandomSource
}

/// Training of rules by gradients through the unrolled learning.
///
/// - Paper: section 3.3 and appendix C.1.
public struct RuleTraining: Sendable {
  /// The settings.
  public let recipe: RuleRecipe
  /// What is learned from.
  public let tasks: [RuleTask]
  /// What genomes are judged by, beside.
  public let judge: RuleJudge
  /// Where tensors are.
  public let device: Device

  /// Prepares training.
  ///
  /// - Parameters:
  ///   - recipe: The settings.
  ///   - tasks: What is learned from, one per name of the recipe.
  ///   - judge: What genomes are judged by.
  ///   - device: Where tensors shall be.
  public init(_ recipe: RuleRecipe, tasks: [RuleTask], judge: RuleJudge, device: Device = .cpu) {
    self.recipe = recipe
    self.tasks = tasks
    self.judge = judge
    self.device = device
  }

  /// The state at the beginning of a run.
  public func initialState() -> TrainingState<RuleInTraining> {
    var random = RandomSource(seed: recipe.seed)
    var numbers = random.split()
    let genome = recipe.makeGenome(species: recipe.gradient.species, using: &numbers)
    return TrainingState(
      RuleInTraining(genome.moved(to: device)), optimizer: recipe.gradient.optimizer,
      random: random)
  }

  /// What the training loop runs.
  public var task: TrainingTask<RuleInTraining, RuleBatch> {
    let (recipe, tasks, device, judge) = (recipe, tasks, device, judge)
    var task = TrainingTask<RuleInTraining, RuleBatch>(
      batch: { step, random in
        recipe.batch(step, of: tasks, using: &random, on: device)
      },
      loss: { model, batch, _ in Self.loss(&model, batch, recipe) },
      evaluate: { model, step in
        try judge.report(
          on: UpdateRule(model.genome.species(model.bestSpecies), recipe.options),
          updates: recipe.evaluation.updates ?? recipe.updates(at: step))
      })
    task.adjustGradient = { gradient in
      ["skipped": gradient.clipEachSpecies(of: recipe.gradient.species, to: recipe.gradient.clip)]
    }
    return task
  }

  /// The summed loss of all species, each of which is differentiated for itself.
  ///
  /// A species whose loss is not finite costs nothing in this step; its gradient is dropped later.
  static func loss(
    _ model: inout RuleInTraining, _ batch: RuleBatch, _ recipe: RuleRecipe
  ) -> Loss {
    let rule = UpdateRule(model.genome, recipe.options)
    var synapses = batch.synapses
    var losses: [Tensor] = []
    var accuracies: [Tensor] = []
    for episode in batch.episodes {
      var network = rule.makeNetwork(
        sizes: [episode.inputCount] + batch.hidden + [episode.outputCount],
        replicas: episode.replicas, initialization: recipe.initialization, using: &synapses)
      let outputs = rule.unroll(
        &network, over: episode, repeatsFirst: recipe.inner.repeatsFirstBatch)
      let targets = episode.batch(episode.updates).targets
      losses.append(recipe.gradient.objective(outputs, expected: targets))
      accuracies.append(outputs.detached().ruleAccuracy(expected: targets))
    }
    let perSpecies = Tensor(concatenating: losses, along: 1).mean(along: 1)  // [species]
    let isFinite = perSpecies.detached().isFinite()
    let recent = perSpecies.detached().filled(where: !isFinite, with: 1e3)
    model.recentLoss = model.recentLoss.interpolated(to: recent, weight: 0.02)
    let accuracy = Tensor(concatenating: accuracies, along: 1).mean(along: 1)
    return Loss(
      perSpecies.filled(where: !isFinite, with: 0).sum(),
      metrics: ["accuracy": accuracy.mean(), "bestAccuracy": accuracy.max()])
  }

  /// Trains until the budget is spent or somebody asks to stop, stage by stage of the curriculum; where
  /// a stage ends the best genome may replace all others.
  ///
  /// A stage's last checkpoint is from before the genomes are brought together, so a resumed run brings
  /// them together again. A learning rate's schedule runs over each stage.
  ///
  /// - Parameters:
  ///   - state: Where the run stands.
  ///   - folder: Where metrics and checkpoints go.
  ///   - progress: The display.
  ///   - isInterrupted: Asked after every step.
  /// - Returns: How the run ended.
  /// - Throws: What `Trainer` throws.
  public func run(
    _ state: inout TrainingState<RuleInTraining>, folder: RunFolder? = nil,
    progress: Runs.Progress? = nil, isInterrupted: () -> Bool = { false }
  ) throws -> TrainingOutcome {
    while true {
      let stage = stageEnd(after: state.step)
      if recipe.curriculum.synchronizes, let every = recipe.curriculum.every, state.step > 0,
        state.step % every == 0, stage.map({ state.step < $0 }) ?? true
      {
        state.synchronize()
      }
      let settings = try trainerSettings(steps: stage)
      let outcome = try Trainer(settings, task).run(
        &state, folder: folder, progress: progress, isInterrupted: isInterrupted)
      let isStage = stage.map { state.step == $0 } ?? false
      let isDone = !isStage || state.step >= recipe.training.steps ?? .max
      if outcome.ending == .interrupted || isDone { return outcome }
    }
  }

  /// The next step at which a stage ends, the end of the run included.
  private func stageEnd(after step: Int) -> Int? {
    guard let every = recipe.curriculum.every else { return recipe.training.steps }
    return min((step / every + 1) * every, recipe.training.steps ?? .max)
  }

  private func trainerSettings(steps: Int?) throws -> TrainerSettings {
    let training = recipe.training
    var settings = TrainerSettings(
      optimizer: recipe.gradient.optimizer,
      budget: try Budget(steps: steps, minutes: training.minutes))
    settings.logInterval = training.logInterval
    settings.evaluationInterval = training.evaluationInterval
    settings.checkpointInterval = training.checkpointInterval
    settings.best = BestMetric.largest("accuracy")
    settings.metadata = ["kind": RuleRecipe.name]
    return settings
  }
}

extension TrainingState<RuleInTraining> {
  /// Copies the best genome and what the optimizer remembers of it over all others.
  mutating func synchronize() {
    let best = model.bestSpecies
    model.genome = model.genome.synchronized(to: best)
    for index in optimizerState.moments.indices {
      optimizerState.moments[index].tensors = optimizerState.moments[index].tensors.mapped { leaf in
        guard leaf.rank > 2, leaf.extent(2) > 1 else { return leaf }
        return leaf.narrowed(along: 2, from: best, count: 1).broadcast(to: leaf.shape).rowMajor()
      }
    }
  }
}

extension RuleRecipe {
  /// The genome at the beginning.
  public func makeGenome(species: Int, using random: inout RandomSource) -> Genome {
    let layers = genome.isPerLayer ? networks[0].count + 1 : 1
    let sharing = GenomeSharing(
      steps: genome.steps, layers: layers, species: species, sharesScalars: genome.sharesScalars)
    switch genome.kind {
    case .random:
      return Genome(
        random: genome.states, sharing: sharing, deviation: genome.deviation,
        update: genome.update, hasForwardSynapse: genome.hasForwardSynapse, using: &random)
    case .backpropagation:
      return Genome.backpropagation(learningRate: abs(genome.update)).expanded(to: sharing)
    }
  }

  /// The learning runs of a meta-step, those of one shape together.
  func batch(
    _ step: Int, of tasks: [RuleTask], using random: inout RandomSource, on device: Device
  ) -> RuleBatch {
    var groups: [[Int]: [RuleEpisode]] = [:]
    var order: [[Int]] = []
    for task in tasks {
      let episode = task.draw(
        replicas: inner.replicas, updates: updates(at: step), batch: inner.batch, using: &random)
      let shape = [episode.inputCount, episode.outputCount]
      if groups[shape] == nil { order.append(shape) }
      groups[shape, default: []].append(episode)
    }
    let episodes = order.compactMap { shape in
      groups[shape].map { RuleEpisode(joining: $0).moved(to: device) }
    }
    let synapses = initialization.isFixed ? RandomSource(seed: seed) : random.split()
    return RuleBatch(
      episodes: episodes, hidden: networks[step % networks.count], synapses: synapses)
  }
}

extension RuleEpisode {
  /// Episodes of one shape side by side.
  init(joining episodes: [RuleEpisode]) {
    self.init(
      names: episodes.flatMap(\.names),
      inputs: Tensor(concatenating: episodes.map(\.inputs)),
      targets: Tensor(concatenating: episodes.map(\.targets)))
  }
}

extension NamedTensors {
  /// Scales every species' gradient down to a norm of at most `limit` and drops those that are not
  /// finite; leaves that species share are treated as one more.
  ///
  /// - Returns: How many species were dropped.
  mutating func clipEachSpecies(of count: Int, to limit: Double) -> Double {
    let own = tensors.indices.filter { tensors[$0].rank > 2 && tensors[$0].extent(2) == count }
    let shared = tensors.indices.filter { !own.contains($0) }
    let dropped = clip(own, species: count, to: limit)
    _ = clip(shared, species: 1, to: limit)
    return dropped
  }

  private mutating func clip(_ members: [Int], species: Int, to limit: Double) -> Double {
    guard !members.isEmpty else { return 0 }
    let squares = members.map { index in
      tensors[index].transposed(0, 2).reshaped(species, -1).squared().sum(along: 1)
    }
    let norms = Tensor(stacking: squares).sum(along: 0).sqrt()  // [species]
    let isFinite = norms.isFinite()
    let factors = (limit / norms.clamped(atLeast: limit)).filled(where: !isFinite, with: 0)
    for index in members {
      let shape = [1, 1, species] + [Int](repeating: 1, count: tensors[index].rank - 3)
      let clean = tensors[index].filled(
        where: !isFinite.reshaped(to: shape), with: 0)
      tensors[index] = clean * factors.reshaped(to: shape)
    }
    return Double(species - isFinite.countNonzero())
  }
}
