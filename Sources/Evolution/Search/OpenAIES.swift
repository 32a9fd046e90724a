import Foundation
import Randomness

/// Stochastic gradient descent on the smoothed objective, with mirrored draws, ranks in place of
/// values, and Adam.
///
/// A baseline for CMA-ES, and the simplest search for very many coordinates: it learns neither
/// scales nor directions, and its step size is fixed.
///
/// - Paper: Salimans, Ho, Chen, Sidor and Sutskever, *Evolution Strategies as a Scalable
///   Alternative to Reinforcement Learning* (2017), arXiv 1703.03864.
public struct OpenAIES: EvolutionStrategy {
  /// The settings of a search.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The candidates per generation, an even number: each draw is used with both signs.
    public var population: Int
    /// How far Adam moves a coordinate in one generation, in units of the scales.
    public var learningRate: Double
    /// How fast the averages of the gradient forget.
    public var firstMoment: Double
    /// How fast the averages of its square forget.
    public var secondMoment: Double
    /// The share of the mean that is lost per generation, times the learning rate.
    public var weightDecay: Double
    /// Scales and bounds of the coordinates.
    public var space: SearchSpace
    /// The target and the budget.
    public var limits: SearchLimits

    /// Creates settings.
    public init(
      population: Int = 40, learningRate: Double = 0.05, firstMoment: Double = 0.9,
      secondMoment: Double = 0.999, weightDecay: Double = 0, space: SearchSpace = SearchSpace(),
      limits: SearchLimits = SearchLimits()
    ) {
      self.population = population
      self.learningRate = learningRate
      self.firstMoment = firstMoment
      self.secondMoment = secondMoment
      self.weightDecay = weightDecay
      self.space = space
      self.limits = limits
    }

    fileprivate func validate(dimension: Int) throws(EvolutionError) {
      try require(dimension > 0, "the number of coordinates", dimension, "at least 1")
      try require(
        population >= 2 && population % 2 == 0, "population", population, "even and at least 2")
      try require(
        learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "above 0")
      try require((0..<1).contains(firstMoment), "firstMoment", firstMoment, "from 0 to below 1")
      try require(
        (0..<1).contains(secondMoment), "secondMoment", secondMoment, "from 0 to below 1")
      try require((0...1).contains(weightDecay), "weightDecay", weightDecay, "from 0 to 1")
      try space.validate(dimension: dimension)
      try limits.validate()
    }
  }

  /// The settings the search was made with.
  public let configuration: Configuration
  /// The standard deviation of the candidates, in units of the scales.
  public let stepSize: Double
  /// How many generations are complete.
  public private(set) var generation = 0
  /// How many values were told.
  public private(set) var evaluations = 0
  /// The best candidate so far; `nil` before the first finite value.
  public private(set) var best: EvaluatedPoint?
  private var center: [Double]
  private var average: [Double]
  private var square: [Double]
  private var pending: Matrix?

  /// Starts a search.
  ///
  /// - Parameters:
  ///   - mean: Where to start.
  ///   - stepSize: The standard deviation of the candidates, in units of the scales.
  ///   - configuration: Population, Adam, bounds and limits.
  /// - Throws: ``EvolutionError`` for a setting outside its range.
  public init(
    mean: [Double], stepSize: Double, configuration: Configuration = Configuration()
  ) throws(EvolutionError) {
    try configuration.validate(dimension: mean.count)
    try require(stepSize > 0 && stepSize.isFinite, "stepSize", stepSize, "above 0 and finite")
    for value in mean { try require(value.isFinite, "mean", value, "finite in every coordinate") }
    self.configuration = configuration
    self.stepSize = stepSize
    center = configuration.space.inner(for: mean)
    average = [Double](repeating: 0, count: mean.count)
    square = average
  }

  /// The number of coordinates.
  public var dimension: Int { center.count }
  /// The point that is moved.
  public var mean: [Double] { configuration.space.point(for: center) }
  /// The limits that were reached.
  public var stopReasons: [StopReason] {
    configuration.limits.reached(best: best, evaluations: evaluations, generation: generation)
  }

  /// Returns the candidates of the pending generation, each draw with both signs.
  public mutating func ask(using random: inout RandomSource) -> [[Double]] {
    let draws =
      pending ?? random.normals(rows: configuration.population / 2, columns: dimension)
    pending = draws
    return points(draws)
  }

  private func points(_ draws: Matrix) -> [[Double]] {
    (0..<draws.rows).flatMap { row in
      [stepSize, -stepSize].map { signed in
        var point = center
        blend(&point, keep: 1, gain: signed, Array(draws.row(row)))
        return configuration.space.point(for: point)
      }
    }
  }

  /// Moves the mean by one step of Adam along the estimated gradient; lower values are better.
  public mutating func tell(_ values: [Double]) {
    let values = checkedValues(values, expected: pending.map { $0.rows * 2 })
    guard let draws = pending else { return }
    best = better(best, points(draws), values)
    pending = nil
    generation += 1
    evaluations += values.count
    let ranks = centeredRanks(values)
    let shares = (0..<draws.rows).map { (ranks[2 * $0] - ranks[2 * $0 + 1]) / stepSize }
    let gradient = weightedSum(shares, rowsOf: draws).map { $0 / Double(values.count) }
    descend(gradient)
  }

  private mutating func descend(_ gradient: [Double]) {
    let (first, second) = (configuration.firstMoment, configuration.secondMoment)
    blend(&average, keep: first, gain: 1 - first, gradient)
    blend(&square, keep: second, gain: 1 - second, gradient.map { $0 * $0 })
    let firstBias = 1 - pow(first, Double(generation))
    let secondBias = 1 - pow(second, Double(generation))
    let keep = 1 - configuration.learningRate * configuration.weightDecay
    for index in center.indices {
      let size = (square[index] / secondBias).squareRoot() + 1e-8
      center[index] =
        keep * center[index] - configuration.learningRate * average[index] / firstBias / size
    }
  }
}

/// The ranks of the values from -1/2 for the lowest to 1/2 for the highest; equal values share the
/// mean of their ranks.
func centeredRanks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
    for position in start...end {
      ranks[order[position]] = Double(start + end) / 2 / Double(max(1, values.count - 1)) - 0.5
    }
    start = end + 1
  }
  return ranks
}
