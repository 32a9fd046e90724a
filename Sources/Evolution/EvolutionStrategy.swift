import Randomness

/// A point of the search space and its value.
public struct EvaluatedPoint: Codable, Sendable, Equatable {
  /// The coordinates, as the objective was given them.
  public var point: [Double]
  /// The value of the objective there; lower is better.
  public var value: Double

  /// Creates an evaluated point.
  public init(point: [Double], value: Double) {
    self.point = point
    self.value = value
  }
}

/// A search that proposes points, is told their values, and learns where lower values are.
///
/// Every strategy minimizes. It is a value: a copy searches on by itself, and its coded form is all
/// there is to save. `ask` and `tell` alternate; between them the generation is pending, and asking
/// again returns the same candidates, so a search that was saved in the middle of a generation asks
/// nothing twice (``Minimization`` also keeps the values that are known already).
///
/// ```swift
/// var random = RandomSource(seed: 1)
/// var search = try CMAES(mean: [1, 1], stepSize: 0.5)
/// while search.stopReasons.isEmpty {
///   let candidates = search.ask(using: &random)
///   search.tell(candidates.map { $0[0] * $0[0] + 10 * $0[1] * $0[1] })
/// }
/// print(search.mean)  // about [0, 0]
/// ```
public protocol EvolutionStrategy: Codable, Sendable {
  /// How many coordinates a point has.
  var dimension: Int { get }

  /// The center of the search: the best estimate of the optimum where values are noisy.
  var mean: [Double] { get }

  /// The best point evaluated so far; `nil` before the first finite value.
  var best: EvaluatedPoint? { get }

  /// How many generations are complete.
  var generation: Int { get }

  /// How many values were told.
  var evaluations: Int { get }

  /// Why the search should end; empty while it should go on.
  var stopReasons: [StopReason] { get }

  /// Returns the candidates of the pending generation, drawing them if there is none.
  mutating func ask(using random: inout RandomSource) -> [[Double]]

  /// Takes the values of the candidates in the order in which they were asked.
  ///
  /// Values that are not finite count as the worst of all.
  ///
  /// - Parameter values: One value per candidate; lower is better.
  /// - Precondition: a generation is pending and has as many candidates as there are values.
  mutating func tell(_ values: [Double])
}

/// What a value that is not finite counts as: worse than every other, and still a number that can
/// be sorted, subtracted and written down.
let worstValue = Double.greatestFiniteMagnitude

/// Replaces values that are not finite, after checking that there are as many as candidates.
func checkedValues(_ values: [Double], expected: Int?) -> [Double] {
  guard let expected else {
    preconditionFailure("tell: no generation is pending; ask for candidates first")
  }
  precondition(
    values.count == expected,
    "tell: \(values.count) values for \(expected) candidates; give one value per candidate in the "
      + "order in which they were asked")
  return values.map { $0.isFinite ? $0 : worstValue }
}

/// The better of the best so far and the best of a generation.
func better(
  _ best: EvaluatedPoint?, _ points: [[Double]], _ values: [Double]
) -> EvaluatedPoint? {
  guard let index = values.indices.min(by: { values[$0] < values[$1] }),
    values[index] < (best?.value ?? worstValue)
  else { return best }
  return EvaluatedPoint(point: points[index], value: values[index])
}
