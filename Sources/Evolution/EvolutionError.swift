/// A search that cannot be set up as asked.
public enum EvolutionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A setting is outside its range.
  case invalidSetting(name: String, value: String, expected: String)
  /// A list has another length than the mean.
  case wrongDimension(name: String, count: Int, expected: Int)
  /// A lower bound lies above its upper bound.
  case boundsCrossed(coordinate: Int, lower: Double, upper: Double)
  /// Not one value of the objective was finite.
  case noFiniteValue(evaluations: Int)

  /// One sentence with the value, what was expected and what to do.
  public var description: String {
    switch self {
    case .invalidSetting(let name, let value, let expected):
      "evolution: \(name) is \(value), but must be \(expected)"
    case .wrongDimension(let name, let count, let expected):
      "evolution: \(name) has \(count) numbers for \(expected) coordinates; give one for each"
    case .boundsCrossed(let coordinate, let lower, let upper):
      "evolution: coordinate \(coordinate) has the lower bound \(lower) above its upper bound "
        + "\(upper); exchange them"
    case .noFiniteValue(let evaluations):
      "evolution: none of \(evaluations) values was a finite number; start where the objective is "
        + "defined, or with a smaller step"
    }
  }
}

func require(
  _ condition: Bool, _ name: String, _ value: some CustomStringConvertible, _ expected: String
) throws(EvolutionError) {
  guard condition else {
    throw .invalidSetting(name: name, value: value.description, expected: expected)
  }
}
