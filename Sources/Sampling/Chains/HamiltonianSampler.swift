import Dispatch
import Randomness
import Synchronization

/// Where one of several chains is.
public struct ChainProgress: Sendable, Hashable {
  /// The chain, from zero.
  public var chain: Int
  /// The iterations made, warm-up included.
  public var iteration: Int
  /// All iterations of a chain.
  public var iterations: Int
  /// Whether the chain is still warming up.
  public var isWarmup: Bool
  /// The divergent draws so far.
  public var divergences: Int
}

/// Samples a model with several chains side by side.
///
/// Every chain has a source of randomness of its own, made from the seed and the chain's number, so
/// the draws do not depend on how many threads share the work.
///
/// ```swift
/// let sampler = HamiltonianSampler(configuration: .init(targetAcceptance: 0.9))
/// let draws = try sampler.sample(model, chains: 4, seed: 1)
/// print(draws.summary().table)
/// ```
public struct HamiltonianSampler: Sendable {
  /// The settings of every chain.
  public var configuration: SamplerConfiguration
  /// How many iterations pass between two reports of a chain.
  public var reportInterval = 50
  /// How many iterations pass between two checkpoints of a chain.
  public var checkpointInterval = 200

  /// Creates a sampler; the defaults are Stan's.
  public init(configuration: SamplerConfiguration = SamplerConfiguration()) {
    self.configuration = configuration
  }

  /// Runs all chains to their end.
  ///
  /// - Parameters:
  ///   - model: The model; every chain works on a copy.
  ///   - chains: The number of chains.
  ///   - seed: Chain `c` draws from the `c`-th stream split from this seed.
  ///   - starts: One starting point for all chains, or one for each.
  ///   - threads: How many chains run at the same time; by default as many as there are cores.
  ///   - resuming: Checkpoints by chain, from an earlier run with the same settings.
  ///   - shouldStop: Asked after every iteration; a chain that is told to stop offers a checkpoint.
  ///   - progress: Called from the chains' threads now and then, and at the end of each chain.
  ///   - checkpoint: Called from the chains' threads now and then, and at the end of each chain;
  ///     what it throws stops the chain.
  /// - Returns: The draws of all chains, in order.
  /// - Throws: ``SamplingError``, or what `checkpoint` throws.
  public func sample<Model: BayesianModel>(
    _ model: Model, chains: Int = 4, seed: UInt64, starts: [StartingPoint] = [.uniform()],
    threads: Int? = nil, resuming: [Int: ChainCheckpoint] = [:],
    shouldStop: @Sendable () -> Bool = { false },
    progress: @Sendable (ChainProgress) -> Void = { _ in },
    checkpoint: @Sendable (Int, ChainCheckpoint) throws -> Void = { _, _ in }
  ) throws -> Draws {
    precondition(
      starts.count == 1 || starts.count == chains,
      "\(starts.count) starting points were given for \(chains) chains; give one or \(chains)")
    var source = RandomSource(seed: seed)
    let sources = (0..<chains).map { _ in source.split() }
    let finished = try inParallel(chains, threads: threads) { index in
      try run(
        ChainRun(
          index: index, random: sources[index], start: starts[starts.count == 1 ? 0 : index],
          saved: resuming[index]),
        model, shouldStop, progress, { try checkpoint(index, $0) })
    }
    let width = model.variables.valueCount
    return Draws(
      variables: model.variables, values: finished.map { $0.draws(width: width) },
      statistics: finished.map(\.statistics),
      adapted: finished.map { .init(stepSize: $0.state.stepSize, metric: $0.state.metric) },
      configuration: configuration)
  }

  /// What one chain begins with.
  private struct ChainRun {
    var index: Int
    var random: RandomSource
    var start: StartingPoint
    var saved: ChainCheckpoint?
  }

  private func run<Model: BayesianModel>(
    _ run: ChainRun, _ model: Model, _ shouldStop: () -> Bool,
    _ progress: (ChainProgress) -> Void, _ save: (ChainCheckpoint) throws -> Void
  ) throws -> ChainCheckpoint {
    var chain = try makeChain(run, model)
    var record = run.saved ?? ChainCheckpoint(state: chain.state)
    while !chain.state.isFinished {
      let iteration = try chain.advance()
      if !iteration.isWarmup {
        record.values += model.constrained(iteration.position)
        record.statistics.append(iteration.statistics)
      }
      let made = iteration.index + 1
      if made.isMultiple(of: reportInterval) { progress(report(run.index, chain.state)) }
      if shouldStop() {
        record.state = chain.state
        try save(record)
        throw SamplingError.stopped
      }
      if made.isMultiple(of: checkpointInterval) {
        record.state = chain.state
        try save(record)
      }
    }
    record.state = chain.state
    progress(report(run.index, chain.state))
    try save(record)
    return record
  }

  private func makeChain<Model: BayesianModel>(
    _ run: ChainRun, _ model: Model
  ) throws(SamplingError) -> Chain<Model> {
    guard let saved = run.saved else {
      return try Chain(
        model, configuration: configuration, start: run.start, random: run.random)
    }
    guard saved.state.configuration == configuration else {
      throw .foreignState(reason: "chain \(run.index + 1) was started with other settings")
    }
    guard saved.values.count == saved.statistics.count * model.variables.valueCount else {
      throw .foreignState(
        reason: "the draws of chain \(run.index + 1) hold \(saved.values.count) values, which is "
          + "not \(saved.statistics.count) times \(model.variables.valueCount)")
    }
    return try Chain(resuming: saved.state, model: model)
  }

  private func report(_ chain: Int, _ state: ChainState) -> ChainProgress {
    ChainProgress(
      chain: chain, iteration: state.iteration, iterations: state.configuration.iterations,
      isWarmup: state.isWarmup, divergences: state.divergences)
  }
}
