import Foundation
import Randomness

/// How a search begins again after it stopped without reaching its target.
public struct Restarts: Codable, Sendable, Equatable {
  /// The population of the next run.
  public enum Policy: String, Codable, Sendable, CaseIterable {
    /// Doubled with each restart (Auger and Hansen 2005), for functions with a global structure
    /// under many local optima.
    case increasingPopulation
    /// Alternately doubled, and small with a short first step, so that both kinds of run get equal
    /// budgets (Hansen 2009): also for functions whose good optima are narrow.
    case twoPopulations
  }

  /// The population of the next run.
  public var policy: Policy
  /// How many times the population may be doubled.
  public var doublings: Int

  /// Creates a policy.
  public init(_ policy: Policy, doublings: Int = 9) {
    self.policy = policy
    self.doublings = doublings
  }
}

/// CMA-ES with restarts: IPOP or BIPOP.
///
/// A new run starts from a point drawn within the bounds, or in a coordinate that is not bounded
/// on both sides from a normal distribution around the first mean with the first step size.
///
/// - Paper: Auger and Hansen, *A Restart CMA Evolution Strategy With Increasing Population Size*
///   (2005); Hansen, *Benchmarking a BI-Population CMA-ES on the BBOB-2009 Function Testbed* (2009).
public struct RestartingCMAES: EvolutionStrategy {
  /// The run in progress.
  public private(set) var current: CMAES
  /// How many times the search began again.
  public private(set) var restartCount = 0
  /// The best point of all runs.
  public private(set) var best: EvaluatedPoint?
  private let restarts: Restarts
  private let configuration: CMAES.Configuration
  private let initialMean: [Double]
  private let initialStepSize: Double
  private var doublings = 0
  private var isSmallRun = false
  /// Evaluations that runs of the two kinds have used, the first run in neither.
  private var largeEvaluations = 0
  private var smallEvaluations = 0
  private var earlierEvaluations = 0
  private var earlierGenerations = 0
  private var meanOfBestRun: [Double]?

  /// Starts the first run.
  ///
  /// - Parameters:
  ///   - mean: Where to start.
  ///   - stepSize: The first standard deviation, in units of the scales.
  ///   - configuration: The settings of the first run; its limits are those of all runs together.
  ///   - restarts: How to begin again.
  /// - Throws: ``EvolutionError`` for a setting outside its range.
  public init(
    mean: [Double], stepSize: Double, configuration: CMAES.Configuration = .init(),
    restarts: Restarts
  ) throws(EvolutionError) {
    try require(
      (0...30).contains(restarts.doublings), "doublings", restarts.doublings, "from 0 to 30")
    current = try CMAES(mean: mean, stepSize: stepSize, configuration: configuration)
    self.restarts = restarts
    self.configuration = configuration
    initialMean = mean
    initialStepSize = stepSize
  }

  /// The number of coordinates.
  public var dimension: Int { current.dimension }
  /// The mean of the run that found the best point.
  public var mean: [Double] { meanOfBestRun ?? current.mean }
  /// The complete generations of all runs.
  public var generation: Int { earlierGenerations + current.generation }
  /// The values told in all runs.
  public var evaluations: Int { earlierEvaluations + current.evaluations }

  /// Why the whole search should end; a run that stopped by itself is no reason while restarts are
  /// left.
  public var stopReasons: [StopReason] {
    let reached = configuration.limits.reached(
      best: best, evaluations: evaluations, generation: generation)
    guard reached.isEmpty, !current.stopReasons.isEmpty, isExhausted else { return reached }
    return current.stopReasons + [.restartsUsed]
  }

  private var isExhausted: Bool { doublings >= restarts.doublings && !wantsSmallRun }

  /// Whether small runs have used less than large ones.
  private var wantsSmallRun: Bool {
    restarts.policy == .twoPopulations && restartCount > 0 && smallEvaluations < largeEvaluations
  }

  /// Returns the candidates of the pending generation; begins the next run if the last has stopped.
  public mutating func ask(using random: inout RandomSource) -> [[Double]] {
    if !current.stopReasons.isEmpty, stopReasons.isEmpty { beginRun(&random) }
    return current.ask(using: &random)
  }

  /// Takes the values of the candidates in the order in which they were asked; lower is better.
  public mutating func tell(_ values: [Double]) {
    let before = current.evaluations
    current.tell(values)
    let used = current.evaluations - before
    if restartCount > 0 {
      if isSmallRun { smallEvaluations += used } else { largeEvaluations += used }
    }
    if let found = current.best, found.value < (best?.value ?? worstValue) {
      best = found
      meanOfBestRun = nil
    }
  }

  private mutating func beginRun(_ random: inout RandomSource) {
    earlierEvaluations += current.evaluations
    earlierGenerations += current.generation
    if meanOfBestRun == nil { meanOfBestRun = current.mean }
    isSmallRun = wantsSmallRun
    restartCount += 1
    if !isSmallRun { doublings += 1 }
    var settings = configuration
    let first =
      configuration.population
      ?? StrategyParameters.defaultPopulation(dimension: dimension)
    let large = first << doublings
    settings.population = large
    var stepSize = initialStepSize
    if isSmallRun {
      let ratio = Double(large) / Double(2 * first)
      let draw = random.uniform()
      settings.population = max(2, Int(Double(first) * pow(max(1, ratio), draw * draw)))
      stepSize *= pow(10, -2 * random.uniform())
      // A small run may use half of what the last large one did.
      settings.limits.generations = max(
        10, largeEvaluations / (2 * (settings.population ?? first)))
    } else {
      settings.limits.generations = nil
    }
    settings.limits.evaluations = nil
    let mean = drawMean(&random)
    // All of these settings were checked when the first run was made.
    if let run = try? CMAES(mean: mean, stepSize: stepSize, configuration: settings) {
      current = run
    }
  }

  private func drawMean(_ random: inout RandomSource) -> [Double] {
    let space = configuration.space
    return initialMean.indices.map { index in
      if let range = space.bounds(of: index) { return random.uniform(in: range) }
      let scale = (space.scales?[index] ?? 1) * initialStepSize
      return random.normal(mean: initialMean[index], standardDeviation: scale)
    }
  }
}
