import Randomness

/// Independent draws that learn nothing: the baseline below which no search should fall.
///
/// A coordinate with both bounds is drawn evenly between them, any other from a normal distribution.
public struct RandomSearch: EvolutionStrategy {
  /// How many candidates a generation has.
  public let population: Int
  /// Scales and bounds of the coordinates.
  public let space: SearchSpace
  /// The target and the budget.
  public let limits: SearchLimits
  /// How many generations are complete.
  public private(set) var generation = 0
  /// The best point so far; `nil` before the first finite value.
  public private(set) var best: EvaluatedPoint?
  private let start: [Double]
  private let stepSize: Double
  private var pending: [[Double]]?

  /// Starts a search.
  ///
  /// - Parameters:
  ///   - mean: The center of the draws.
  ///   - stepSize: Their standard deviation, in units of the scales.
  ///   - population: The candidates per generation.
  ///   - space: Scales and bounds.
  ///   - limits: The target and the budget.
  /// - Throws: ``EvolutionError`` for a setting outside its range.
  public init(
    mean: [Double], stepSize: Double, population: Int = 1, space: SearchSpace = SearchSpace(),
    limits: SearchLimits = SearchLimits()
  ) throws(EvolutionError) {
    try require(!mean.isEmpty, "the number of coordinates", 0, "at least 1")
    try require(stepSize > 0 && stepSize.isFinite, "stepSize", stepSize, "above 0 and finite")
    try require(population > 0, "population", population, "at least 1")
    for value in mean { try require(value.isFinite, "mean", value, "finite in every coordinate") }
    try space.validate(dimension: mean.count)
    try limits.validate()
    start = mean
    self.stepSize = stepSize
    self.population = population
    self.space = space
    self.limits = limits
  }

  /// The number of coordinates.
  public var dimension: Int { start.count }
  /// The best point so far, or the start.
  public var mean: [Double] { best?.point ?? start }
  /// How many values were told.
  public var evaluations: Int { generation * population }
  /// The limits that were reached.
  public var stopReasons: [StopReason] {
    limits.reached(best: best, evaluations: evaluations, generation: generation)
  }

  /// Returns the candidates of the pending generation, drawing them if there is none.
  public mutating func ask(using random: inout RandomSource) -> [[Double]] {
    if let pending { return pending }
    let center = space.inner(for: start)
    let points = (0..<population).map { _ in
      let point = space.point(for: center.map { $0 + stepSize * random.normal() })
      return point.indices.map { index in
        space.bounds(of: index).map { random.uniform(in: $0) } ?? point[index]
      }
    }
    pending = points
    return points
  }

  /// Takes the values of the candidates in the order in which they were asked; lower is better.
  public mutating func tell(_ values: [Double]) {
    let values = checkedValues(values, expected: pending?.count)
    best = better(best, pending ?? [], values)
    pending = nil
    generation += 1
  }
}
