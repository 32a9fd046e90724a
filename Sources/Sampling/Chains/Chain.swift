import Randomness

/// A Markov chain as a value: each ``advance()`` makes one iteration, first of warm-up and then of
/// draws.
///
/// ```swift
/// var chain = try Chain(model, configuration: .init(), random: RandomSource(seed: 1))
/// while !chain.state.isFinished {
///   let iteration = try chain.advance()
///   if !iteration.isWarmup { print(model.constrained(iteration.position)) }
/// }
/// ```
public struct Chain<Model: LogDensity>: Sendable {
  /// What an iteration led to.
  public struct Iteration: Sendable {
    /// Counted from zero, warm-up included.
    public var index: Int
    /// Whether it belongs to warm-up.
    public var isWarmup: Bool
    /// The free coordinates.
    public var position: [Double]
    /// What happened on the way.
    public var statistics: DrawStatistics
  }

  private var model: Model
  private var current: ChainState
  private var engine: ChainEngine

  /// Finds a starting position and a first step size.
  ///
  /// - Parameters:
  ///   - model: The density; the chain works on a copy.
  ///   - configuration: The settings.
  ///   - start: Where to begin.
  ///   - random: The chain's own source of randomness.
  /// - Throws: ``SamplingError`` when no start or no step size can be found.
  public init(
    _ model: Model, configuration: SamplerConfiguration, start: StartingPoint = .uniform(),
    random: RandomSource
  ) throws(SamplingError) {
    var model = model
    var random = random
    let found = try start.find(&model, using: &random)
    var state = ChainState(
      configuration: configuration, position: found.position, gradient: found.gradient,
      logDensity: found.logDensity, stepSize: configuration.initialStepSize,
      metric: Metric(configuration.metric, dimension: model.dimension), random: random)
    let engine = ChainEngine(state)
    if configuration.warmup > 0 {
      state.stepSize = try engine.system.reasonableStepSize(
        from: state.stepSize, &model, using: &state.random)
      state.adaptation = WarmupAdaptation(
        iterations: configuration.warmup, kind: configuration.metric, dimension: model.dimension,
        averaging: DualAveraging(
          targetAcceptance: configuration.targetAcceptance, initialStepSize: state.stepSize))
    }
    self.model = model
    self.engine = engine
    current = state
  }

  /// Continues from a saved state.
  ///
  /// - Throws: ``SamplingError/foreignState(reason:)`` when the state has another number of
  ///   coordinates than the model.
  public init(resuming state: ChainState, model: Model) throws(SamplingError) {
    let count = state.position.count
    guard count == model.dimension, state.gradient.count == count,
      state.metric.dimension == count
    else {
      throw .foreignState(reason: "it has \(count) coordinates, the model has \(model.dimension)")
    }
    self.model = model
    current = state
    engine = ChainEngine(state)
  }

  /// Everything needed to continue; save it at any time.
  public var state: ChainState { current }

  /// Makes one iteration.
  ///
  /// - Returns: The position and what happened on the way.
  /// - Throws: ``SamplingError`` when the metric was replaced and no step size fits it.
  public mutating func advance() throws(SamplingError) -> Iteration {
    if !isKnownUniquelyReferenced(&engine) { engine = ChainEngine(current) }
    let index = current.iteration
    let isWarmup = current.isWarmup
    let statistics = engine.advance(&model, stepSize: current.stepSize, using: &current.random)
    current.position = engine.system.position
    current.gradient = engine.system.gradient
    current.logDensity = engine.system.logDensity
    current.leapfrogs += statistics.leapfrogs
    current.iteration += 1
    if isWarmup {
      try adapt(statistics, at: index)
    } else if statistics.isDivergent {
      current.divergences += 1
    }
    return Iteration(
      index: index, isWarmup: isWarmup, position: current.position, statistics: statistics)
  }

  private mutating func adapt(
    _ statistics: DrawStatistics, at index: Int
  ) throws(SamplingError) {
    guard var adaptation = current.adaptation else { return }
    current.adaptation = nil
    current.stepSize = adaptation.averaging.update(acceptance: statistics.acceptance)
    if let metric = adaptation.collect(current.position, at: index) {
      current.metric = metric
      engine.system.metric = metric
      current.stepSize = try engine.system.reasonableStepSize(
        from: current.stepSize, &model, using: &current.random)
      adaptation.averaging = DualAveraging(
        targetAcceptance: adaptation.averaging.targetAcceptance,
        initialStepSize: current.stepSize)
    }
    if current.isWarmup {
      current.adaptation = adaptation
    } else {
      current.stepSize = adaptation.averaging.averagedStepSize
    }
  }
}

/// A system and the kind of trajectory that moves it.
final class ChainEngine: Sendable {
  private enum Kind: Sendable {
    case noUTurn(NoUTurnTrajectory)
    case fixed(FixedTrajectory)
  }

  let system: HamiltonianSystem
  private let kind: Kind

  init(_ state: ChainState) {
    let trajectory = state.configuration.trajectory
    let vectors =
      switch trajectory {
      case .noUTurn(let depth): NoUTurnTrajectory.vectorCount(maximumDepth: depth)
      case .fixed: FixedTrajectory.vectorCount
      }
    system = HamiltonianSystem(
      position: state.position, gradient: state.gradient, logDensity: state.logDensity,
      metric: state.metric, vectors: vectors)
    kind =
      switch trajectory {
      case .noUTurn(let depth): .noUTurn(NoUTurnTrajectory(system: system, maximumDepth: depth))
      case .fixed(let time): .fixed(FixedTrajectory(system: system, time: time))
      }
  }

  func advance<Model: LogDensity>(
    _ model: inout Model, stepSize: Double, using random: inout RandomSource
  ) -> DrawStatistics {
    switch kind {
    case .noUTurn(let trajectory):
      trajectory.advance(&model, stepSize: stepSize, using: &random)
    case .fixed(let trajectory):
      trajectory.advance(&model, stepSize: stepSize, using: &random)
    }
  }
}
