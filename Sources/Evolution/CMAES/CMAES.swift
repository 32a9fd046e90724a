import Randomness

/// Covariance matrix adaptation: a search that learns the scale and the directions in which a
/// function falls from nothing but the order of its values.
///
/// It draws candidates from a normal distribution, moves the mean towards the better half, and
/// learns the step size and the shape of the distribution from the steps that helped and, with
/// negative weights, from those that did not. Nothing but the ranking counts, so a monotone
/// transformation of the values changes nothing, and a rotation of the coordinates only the digits.
///
/// - Numerics: double precision; one generation takes `candidates * n^2` operations in the full
///   shape and `candidates * n` in the separable one. The same seed gives the same search, bit for
///   bit, however the evaluations are spread over threads, however often it was saved, and whatever
///   vectors the processor has.
/// - Paper: Hansen, *The CMA Evolution Strategy: A Tutorial* (2016), arXiv 1604.00772; learning
///   rates as in Nomura, Akimoto and Ono, *CMA-ES with Learning Rate Adaptation* (2023).
///
/// ```swift
/// var random = RandomSource(seed: 1)
/// var search = try CMAES(mean: [0, 0], stepSize: 0.5)
/// while search.stopReasons.isEmpty {
///   let candidates = search.ask(using: &random)
///   search.tell(candidates.map { x in
///     (1 - x[0]) * (1 - x[0]) + 100 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0])
///   })
/// }
/// print(search.mean)  // [1, 1]
/// ```
public struct CMAES: EvolutionStrategy {
  /// The settings the search was made with.
  public let configuration: Configuration
  /// The constants that follow from the dimension and the population.
  public let parameters: StrategyParameters
  var state: State

  /// Everything that changes.
  struct State: Codable, Sendable {
    /// The mean in the coordinates of the strategy.
    var center: [Double]
    var stepSize: Double
    var initialStepSize: Double
    var stepPath: [Double]
    var covariancePath: [Double]
    var covariance: Covariance
    var learningRates: LearningRates?
    var generation = 0
    var evaluations = 0
    var best: EvaluatedPoint?
    var history = History()
    var pending: Pending?
    var injected: [[Double]] = []
    var stopReasons: [StopReason] = []
  }

  /// A generation that was asked and not yet told.
  struct Pending: Codable, Sendable {
    var normals: Matrix
    var steps: Matrix
    var points: [[Double]]
  }

  /// Starts a search.
  ///
  /// - Parameters:
  ///   - mean: Where to start, in the coordinates of the objective; moved into the bounds.
  ///   - stepSize: The first standard deviation, in units of the scales. The optimum should lie
  ///     within some three of them.
  ///   - configuration: Population, shape, noise, bounds and stopping.
  /// - Throws: ``EvolutionError`` for a setting outside its range.
  public init(
    mean: [Double], stepSize: Double, configuration: Configuration = Configuration()
  ) throws(EvolutionError) {
    let dimension = mean.count
    try configuration.validate(dimension: dimension)
    try require(
      stepSize > 0 && stepSize.isFinite, "stepSize", stepSize, "above 0 and finite")
    for value in mean { try require(value.isFinite, "mean", value, "finite in every coordinate") }
    self.configuration = configuration
    parameters = Self.parameters(configuration, dimension)
    state = State(
      center: configuration.space.inner(for: mean), stepSize: stepSize,
      initialStepSize: stepSize, stepPath: [Double](repeating: 0, count: dimension),
      covariancePath: [Double](repeating: 0, count: dimension),
      covariance: Self.covariance(configuration, parameters, dimension),
      learningRates: configuration.noise == .none ? nil : LearningRates(dimension: dimension))
  }

  /// The number of coordinates.
  public var dimension: Int { state.center.count }
  /// The candidates per generation.
  public var population: Int { parameters.population }
  /// The mean of the distribution, in the coordinates of the objective.
  public var mean: [Double] { configuration.space.point(for: state.center) }
  /// `sigma`, the overall standard deviation.
  public var stepSize: Double { state.stepSize }
  /// How many generations are complete.
  public var generation: Int { state.generation }
  /// How many values were told.
  public var evaluations: Int { state.evaluations }
  /// The best point evaluated so far; `nil` before the first finite value.
  public var best: EvaluatedPoint? { state.best }
  /// Why the search should end; empty while it should go on.
  public var stopReasons: [StopReason] { state.stopReasons }

  /// The standard deviation of each coordinate, in units of the scales.
  public var standardDeviations: [Double] {
    state.covariance.variances.map { state.stepSize * $0.squareRoot() }
  }

  /// The ratio of the longest to the shortest axis of the distribution, as last looked at.
  public var axisRatio: Double {
    state.covariance.lengths.longest / state.covariance.lengths.shortest
  }

  /// The share of each update of mean and covariance that is taken, where values are noisy.
  public var learningRates: (mean: Double, covariance: Double)? {
    state.learningRates.map { ($0.mean.rate, $0.covariance.rate) }
  }

  private static func parameters(
    _ configuration: Configuration, _ dimension: Int
  ) -> StrategyParameters {
    StrategyParameters(
      dimension: dimension,
      population: configuration.population
        ?? StrategyParameters.defaultPopulation(dimension: dimension),
      rankMuOffset: configuration.rankMuOffset, isSeparable: configuration.shape == .separable,
      usesNegativeWeights: configuration.usesNegativeWeights)
  }

  private static func covariance(
    _ configuration: Configuration, _ parameters: StrategyParameters, _ dimension: Int
  ) -> Covariance {
    if configuration.shape == .separable {
      return .diagonal(DiagonalCovariance(dimension: dimension))
    }
    let memory = 1 / (parameters.rankOneRate + parameters.rankMuRate)
    if configuration.noise == .none, parameters.population + 1 < dimension {
      return .factored(
        FactoredCovariance(dimension: dimension, interval: max(1, Int(min(memory, 1e9)))))
    }
    let interval = max(1, Int(min(memory / (10 * Double(dimension)), 1e9)))
    return .symmetric(SymmetricCovariance(dimension: dimension, interval: interval))
  }
}

extension CMAES: Codable {
  private enum Key: CodingKey { case configuration, dimension, state }

  /// Writes the settings and the state.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(configuration, forKey: .configuration)
    try container.encode(dimension, forKey: .dimension)
    try container.encode(state, forKey: .state)
  }

  /// Reads a search, and checks that all its parts belong together.
  ///
  /// - Throws: `DecodingError` where the text is damaged.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    configuration = try container.decode(Configuration.self, forKey: .configuration)
    let dimension = try container.decode(Int.self, forKey: .dimension)
    try configuration.validate(dimension: dimension)
    parameters = Self.parameters(configuration, dimension)
    state = try container.decode(State.self, forKey: .state)
    guard state.isConsistent(dimension: dimension, population: parameters.population) else {
      throw DecodingError.dataCorruptedError(
        forKey: .state, in: container,
        debugDescription: "the parts of this search do not all have \(dimension) coordinates")
    }
  }
}

extension CMAES.State {
  fileprivate func isConsistent(dimension: Int, population: Int) -> Bool {
    func fits(_ matrix: Matrix, _ rows: Int) -> Bool {
      matrix.rows == rows && matrix.columns == dimension
    }
    let vectors = [center, stepPath, covariancePath] + injected + (best.map { [$0.point] } ?? [])
    guard vectors.allSatisfy({ $0.count == dimension }), stepSize > 0, initialStepSize > 0 else {
      return false
    }
    if let pending {
      guard fits(pending.normals, population), fits(pending.steps, population),
        pending.points.count == population,
        pending.points.allSatisfy({ $0.count == dimension })
      else { return false }
    }
    if let learningRates, !learningRates.fits(dimension: dimension) { return false }
    return covariance.fits(dimension: dimension)
  }
}
