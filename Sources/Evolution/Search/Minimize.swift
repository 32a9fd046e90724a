import Randomness

/// What a search found.
public struct Optimum: Codable, Sendable, Equatable {
  /// The best point that was evaluated.
  public var point: [Double]
  /// The value of the objective there, with its own sign.
  public var value: Double
  /// The mean of the final distribution: the better estimate where values are noisy, because the
  /// best point is then the luckiest.
  public var mean: [Double]
  /// How many times the objective was evaluated.
  public var evaluations: Int
  /// How many generations there were.
  public var generations: Int
  /// Why the search ended.
  public var reasons: [StopReason]
}

/// Finds a point where a function of many numbers is lowest, with CMA-ES.
///
/// ```swift
/// var random = RandomSource(seed: 1)
/// let optimum = try minimize(from: [3, 3], stepSize: 1, using: &random) { x in
///   (1 - x[0]) * (1 - x[0]) + 100 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0])
/// }
/// print(optimum.point)  // [1, 1]
/// ```
///
/// - Parameters:
///   - start: Where to start.
///   - stepSize: The first standard deviation; the optimum should lie within some three of them.
///   - configuration: Population, shape, noise, bounds, target and budget.
///   - restarts: How to begin again where a run stopped before the target; `nil` for one run.
///   - random: Where the draws come from.
///   - workers: How many threads evaluate side by side; the result does not depend on it.
///   - onGeneration: Called after each generation with the best point so far, in the sign of the
///     objective; returns whether to go on.
///   - objective: The value of a point. One that is not finite counts as the worst.
/// - Returns: The best point, the mean, and why the search ended.
/// - Throws: ``EvolutionError`` for a setting outside its range, or if no value was finite; what
///   `objective` throws.
public func minimize(
  from start: [Double], stepSize: Double, configuration: CMAES.Configuration = .init(),
  restarts: Restarts? = nil, using random: inout RandomSource, workers: Int = 1,
  onGeneration: (EvaluatedPoint?) -> Bool = { _ in true },
  _ objective: @Sendable ([Double]) throws -> Double
) throws -> Optimum {
  if let restarts {
    let strategy = try RestartingCMAES(
      mean: start, stepSize: stepSize, configuration: configuration, restarts: restarts)
    return try search(strategy, &random, workers, onGeneration, objective)
  }
  let strategy = try CMAES(mean: start, stepSize: stepSize, configuration: configuration)
  return try search(strategy, &random, workers, onGeneration, objective)
}

/// Finds a point where a function of many numbers is highest: ``minimize(from:stepSize:configuration:restarts:using:workers:onGeneration:_:)``
/// of its negative.
///
/// The target of `configuration` and all values handed out have the sign of the objective.
///
/// - Parameters:
///   - start: Where to start.
///   - stepSize: The first standard deviation; the optimum should lie within some three of them.
///   - configuration: Population, shape, noise, bounds, target and budget.
///   - restarts: How to begin again where a run stopped before the target; `nil` for one run.
///   - random: Where the draws come from.
///   - workers: How many threads evaluate side by side; the result does not depend on it.
///   - onGeneration: Called after each generation with the best point so far, in the sign of the
///     objective; returns whether to go on.
///   - objective: The value of a point. One that is not finite counts as the worst.
/// - Returns: The best point, the mean, and why the search ended.
/// - Throws: ``EvolutionError`` for a setting outside its range, or if no value was finite; what
///   `objective` throws.
public func maximize(
  from start: [Double], stepSize: Double, configuration: CMAES.Configuration = .init(),
  restarts: Restarts? = nil, using random: inout RandomSource, workers: Int = 1,
  onGeneration: (EvaluatedPoint?) -> Bool = { _ in true },
  _ objective: @Sendable ([Double]) throws -> Double
) throws -> Optimum {
  var negated = configuration
  negated.limits.target = configuration.limits.target.map { -$0 }
  var optimum = try minimize(
    from: start, stepSize: stepSize, configuration: negated, restarts: restarts, using: &random,
    workers: workers,
    onGeneration: { best in
      onGeneration(best.map { EvaluatedPoint(point: $0.point, value: -$0.value) })
    },
    { point in -(try objective(point)) })
  optimum.value = -optimum.value
  return optimum
}

private func search(
  _ strategy: some EvolutionStrategy, _ random: inout RandomSource, _ workers: Int,
  _ onGeneration: (EvaluatedPoint?) -> Bool, _ objective: @Sendable ([Double]) throws -> Double
) throws -> Optimum {
  var run = Minimization(strategy, random: random)
  var isStopped = false
  while run.strategy.stopReasons.isEmpty, !isStopped {
    try run.runGeneration(workers: workers) { try objective($0.point) }
    isStopped = !onGeneration(run.strategy.best)
  }
  random = run.random
  let strategy = run.strategy
  guard let best = strategy.best else {
    throw EvolutionError.noFiniteValue(evaluations: strategy.evaluations)
  }
  return Optimum(
    point: best.point, value: best.value, mean: strategy.mean, evaluations: strategy.evaluations,
    generations: strategy.generation,
    reasons: strategy.stopReasons.isEmpty ? [.interrupted] : strategy.stopReasons)
}
