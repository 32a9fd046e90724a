import Evolution
import Foundation
import Learning
import Randomness
import Runs
import Synchronization
import Torch

/// Training of rules without gradients: CMA-ES on the accuracy of the networks they teach.
///
/// All genomes of a generation learn from the same batches with the same new synapses, other ones in
/// every generation. A network whose outputs are not finite has the accuracy 0.
///
/// - Paper: section 4.4 and figure 7.
public struct RuleSearch: Sendable {
  /// The settings.
  public let recipe: RuleRecipe
  /// What is learned from.
  public let tasks: [RuleTask]
  /// What the mean genome is judged by, on runs the search never sees.
  public let judge: RuleJudge
  /// The numbers that are searched.
  public let coordinates: GenomeCoordinates
  /// Where tensors are.
  public let device: Device

  /// Prepares a search.
  ///
  /// - Parameters:
  ///   - recipe: The settings.
  ///   - tasks: What is learned from, one per name of the recipe.
  ///   - judge: What the mean genome is judged by.
  ///   - device: Where tensors shall be.
  public init(_ recipe: RuleRecipe, tasks: [RuleTask], judge: RuleJudge, device: Device = .cpu) {
    self.recipe = recipe
    self.tasks = tasks
    self.judge = judge
    self.device = device
    var random = RandomSource(seed: recipe.seed)
    let genome = recipe.makeGenome(species: 1, using: &random).moved(to: device)
    coordinates = GenomeCoordinates(
      genome, options: recipe.options, initialization: recipe.initialization)
  }

  /// The search before its first generation.
  ///
  /// - Throws: `EvolutionError` for settings no search can have, such as a population of one.
  public func start() throws(EvolutionError) -> Minimization<CMAES> {
    var configuration = CMAES.Configuration(population: recipe.search.population)
    configuration.space = SearchSpace(scales: coordinates.scales)
    // Accuracies of other batches differ by chance, so that standing still is no reason to stop.
    configuration.stopping.functionTolerance = 0
    configuration.stopping.checksStagnation = false
    var random = RandomSource(seed: recipe.seed)
    _ = random.split()
    return Minimization(
      try CMAES(
        mean: coordinates.start, stepSize: recipe.search.stepSize, configuration: configuration),
      random: random.split())
  }

  /// The data of one generation.
  struct GenerationData: Sendable {
    /// Learning runs with the questions behind the last batch to learn from.
    var episodes: [(episode: RuleEpisode, updates: Int)]
    var hidden: [Int]
    var synapses: RandomSource
  }

  /// Draws the data of a generation, which depends on the seed and the generation alone.
  func data(of generation: Int) -> GenerationData {
    var base = RandomSource(seed: recipe.seed &+ 0x5EED)
    var mixed = RandomSource(seed: UInt64(generation))
    var random = RandomSource(seed: base.next() &+ mixed.next())
    let updates = recipe.updates(at: generation)
    let episodes = tasks.map { task in
      let episode = task.draw(
        replicas: recipe.search.episodes, updates: updates, batch: recipe.inner.batch,
        questions: recipe.search.queryBatches, using: &random)
      return (episode: episode.moved(to: device), updates: updates)
    }
    let synapses =
      recipe.initialization.isFixed ? RandomSource(seed: recipe.seed) : random.split()
    return GenerationData(
      episodes: episodes, hidden: recipe.networks[generation % recipe.networks.count],
      synapses: synapses)
  }

  /// The mean accuracy of the networks that each genome teaches; all genomes learn side by side.
  func fitness(of genomes: [Genome], on data: GenerationData) -> [Double] {
    let rule = UpdateRule(Genome(joining: genomes), recipe.options)
    var synapses = data.synapses
    return withoutGradients {
      var accuracies: [Tensor] = []
      for (episode, updates) in data.episodes {
        var network = rule.makeNetwork(
          sizes: [episode.inputCount] + data.hidden + [episode.outputCount],
          replicas: episode.replicas, initialization: recipe.initialization, using: &synapses)
        for step in 0..<updates {
          let (inputs, targets) = episode.batch(recipe.inner.repeatsFirstBatch ? 0 : step)
          rule.learn(&network, inputs: inputs, targets: targets)
        }
        let answers = (updates..<episode.inputs.extent(1)).map { question in
          let (inputs, targets) = episode.batch(question)
          return rule.outputs(of: network, inputs: inputs).ruleAccuracy(expected: targets)
        }
        let accuracy = Tensor(stacking: answers).mean(along: 0, 2)  // [species]
        accuracies.append(accuracy.filled(where: !network.isFinite, with: 0))
      }
      return Tensor(stacking: accuracies).mean(along: 0).toDoubles()
    }
  }
}

extension RuleNetwork {
  /// Whether all weights are finite, `[species]`.
  var isFinite: Tensor {
    // Sums are cheaper than a test of every weight, and not finite if any of them is not.
    let sums = synapses.map { $0.weight.sum(along: 1, 2, 3, 4) + $0.bias.sum(along: 1, 2, 3, 4) }
    return Tensor(stacking: sums).sum(along: 0).isFinite()
  }
}

extension RunPaths {
  /// A search in progress.
  public var search: String { "\(folder)/search.json" }
  /// The best genome so far.
  public var genome: String { "\(folder)/genome.yaml" }
}

extension RuleSearch {
  /// How far a search has come: what `search.json` holds.
  public struct Progress: Codable, Sendable {
    /// The search.
    public var search: Minimization<CMAES>
    /// Working time in seconds, all sittings together.
    public var seconds = 0.0
    /// The kernel of matrix products, which the last digits of all results depend on.
    public var productKernel = Engine.productKernel
    /// The last evaluation of the mean genome.
    public var lastEvaluation: Evaluation?
    /// The best evaluation of the mean genome.
    public var bestEvaluation: Evaluation?

    /// A search that begins.
    public init(_ search: Minimization<CMAES>) { self.search = search }

    /// Reads a file.
    ///
    /// - Throws: `FileFailure` for a file that is missing, ``RuleError`` for one that is damaged.
    public init(contentsOf path: String) throws {
      do {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
      } catch is DecodingError {
        throw RuleError.file(
          path: path, reason: "is no search that can be resumed; begin a new run elsewhere")
      }
    }

    /// Writes the file durably.
    ///
    /// - Throws: `FileFailure` of kind `unwritable`.
    public func save(to path: String) throws { try writeJSON(self, to: path) }
  }

  /// Searches until the budget is spent or somebody asks to stop.
  ///
  /// Values of a generation in progress are kept on disk, at most two seconds behind, so a resumed run
  /// judges nothing again that was finished before.
  ///
  /// - Parameters:
  ///   - state: Where the search stands.
  ///   - folder: Where metrics, the search and the best genome go.
  ///   - progress: The display.
  ///   - isInterrupted: Asked before every evaluation, from any thread.
  /// - Returns: How the run ended; its steps are generations.
  /// - Throws: `FileFailure` for a folder that cannot be written.
  public func run(
    _ state: inout Progress, folder: RunFolder? = nil, progress: Runs.Progress? = nil,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) throws -> TrainingOutcome {
    Engine.productKernel = state.productKernel
    let watch = Stopwatch(used: state.seconds)
    let budget = try Budget(steps: recipe.training.steps, minutes: recipe.training.minutes)
    let log = try folder.map {
      try MetricsLog(
        path: $0.paths.metrics, continuingAfter: state.search.strategy.generation)
    }
    var ending = TrainingOutcome.Ending.finished
    while !budget.isSpent(step: state.search.strategy.generation, seconds: watch.seconds) {
      let found = try runGeneration(&state, folder, watch, isInterrupted)
      guard let found else {
        ending = .interrupted
        break
      }
      let generation = state.search.strategy.generation
      if generation % recipe.training.logInterval == 0 {
        try log?.append(record(generation, found, state, watch.seconds))
      }
      if generation % recipe.training.evaluationInterval == 0 {
        try evaluate(&state, folder, log, watch.seconds)
      }
      progress?.update(step: generation, ["accuracy": found.max() ?? .nan])
      let reasons = state.search.strategy.stopReasons
      if !reasons.isEmpty {
        progress?.message(
          "the search ended by itself: \(reasons.map(\.description).joined(separator: "; "))")
        break
      }
    }
    if ending == .finished { try evaluate(&state, folder, log, watch.seconds) }
    state.seconds = watch.seconds
    if let folder { try state.save(to: folder.paths.search) }
    progress?.finish()
    return TrainingOutcome(
      ending: ending, step: state.search.strategy.generation, seconds: state.seconds,
      lastEvaluation: state.lastEvaluation, bestEvaluation: state.bestEvaluation)
  }

  /// Judges what a generation still needs; `nil` when it was interrupted.
  private func runGeneration(
    _ state: inout Progress, _ folder: RunFolder?, _ watch: Stopwatch,
    _ isInterrupted: @escaping @Sendable () -> Bool
  ) throws -> [Double]? {
    let data = data(of: state.search.strategy.generation)
    let values = Mutex<[Double]>([])
    let saved = Mutex(watch.seconds)
    let before = state
    let path = folder?.paths.search
    let isComplete = try state.search.runGeneration(
      groupsOf: recipe.search.together, workers: recipe.search.workers, shouldStop: isInterrupted,
      onEvaluation: { search in
        let now = watch.seconds
        guard let path, saved.withLock({ now - $0 >= 2 }) else { return }
        saved.withLock { $0 = now }
        var part = before
        part.search = search
        part.seconds = now
        try part.save(to: path)
      },
      objective: { candidates in
        let accuracies = fitness(
          of: candidates.map { coordinates.genome(at: $0.point) }, on: data)
        values.withLock { $0 += accuracies }
        return accuracies.map { -$0 }
      })
    state.seconds = watch.seconds
    if let path { try state.save(to: path) }
    return isComplete ? values.withLock { $0 } : nil
  }

  private func record(
    _ generation: Int, _ found: [Double], _ state: Progress, _ seconds: Double
  ) -> MetricRecord {
    let sorted = found.sorted()
    return MetricRecord(
      step: generation, time: seconds, split: "train",
      values: [
        "bestAccuracy": sorted.last ?? .nan,
        "accuracy": sorted.isEmpty ? .nan : sorted[sorted.count / 2],
        "stepSize": state.search.strategy.stepSize,
      ])
  }

  /// Judges the mean genome, and keeps it if it is the best so far.
  private func evaluate(
    _ state: inout Progress, _ folder: RunFolder?, _ log: MetricsLog?, _ seconds: Double
  ) throws {
    let generation = state.search.strategy.generation
    guard state.lastEvaluation?.step != generation else { return }
    let genome = coordinates.genome(at: state.search.strategy.mean)
    let values = try judge.report(
      on: UpdateRule(genome, recipe.options),
      updates: recipe.evaluation.updates ?? recipe.updates(at: generation))
    state.lastEvaluation = Evaluation(step: generation, values: values)
    try log?.append(
      MetricRecord(step: generation, time: seconds, split: "validation", values: values))
    let accuracy = values["accuracy"] ?? 0
    guard accuracy > state.bestEvaluation?.values["accuracy"] ?? -1 else { return }
    state.bestEvaluation = state.lastEvaluation
    if let folder {
      try recipe.genomeFile(genome, steps: generation).write(to: folder.paths.genome)
    }
  }
}
