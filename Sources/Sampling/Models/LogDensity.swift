/// A log density over unconstrained coordinates, with its gradient.
///
/// A density is a value. It may carry scratch memory, because every chain works on a copy of its
/// own; that is why evaluation is `mutating`.
///
/// ```swift
/// struct StandardNormal: LogDensity {
///   let dimension = 3
///   mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
///     var sum = 0.0
///     for index in 0..<dimension {
///       gradient[index] = -position[index]
///       sum -= position[index] * position[index] / 2
///     }
///     return sum
///   }
/// }
/// ```
public protocol LogDensity: Sendable {
  /// The number of unconstrained coordinates.
  var dimension: Int { get }

  /// Evaluates log p up to a constant, and overwrites the gradient.
  ///
  /// A rejected place returns minus infinity (or a NaN, which the samplers treat alike); the
  /// gradient is then unspecified.
  ///
  /// - Parameters:
  ///   - position: `dimension` unconstrained coordinates.
  ///   - gradient: Overwritten with the derivative with respect to each coordinate; its count is
  ///     `dimension` before and after.
  /// - Returns: log p(position), Jacobians of the transforms included.
  mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double
}

/// A log density whose coordinates mean something: named, constrained variables for the draws.
public protocol BayesianModel: LogDensity {
  /// What a draw consists of, in order. Derived quantities may follow the parameters.
  var variables: [Variable] { get }

  /// Returns the variables' values, in the order of ``variables``, each flattened row by row.
  func constrained(_ position: [Double]) -> [Double]
}

/// The name and shape of a variable of a model.
public struct Variable: Sendable, Hashable, Codable {
  /// The name, as in Stan: letters, digits and underscores.
  public var name: String
  /// The length of every axis; empty for a scalar.
  public var shape: [Int]

  /// Creates a variable; a scalar unless a shape is given.
  public init(_ name: String, shape: [Int] = []) {
    self.name = name
    self.shape = shape
  }

  /// The number of values.
  public var count: Int { shape.reduce(1, *) }

  /// The name of every value as CmdStan writes it, indices from one: `tau`, `theta.1`, `L.2.1`.
  public var columnNames: [String] { indexed(open: ".", separator: ".", close: "") }

  /// The name of every value as people read it, indices from one: `tau`, `theta[1]`, `L[2,1]`.
  public var elementNames: [String] { indexed(open: "[", separator: ",", close: "]") }

  private func indexed(open: String, separator: String, close: String) -> [String] {
    guard !shape.isEmpty else { return [name] }
    return (0..<count).map { position in
      var rest = position
      var indices: [String] = []
      for length in shape.reversed() {
        indices.append(String(rest % length + 1))
        rest /= length
      }
      return name + open + indices.reversed().joined(separator: separator) + close
    }
  }
}

extension [Variable] {
  /// The number of values of all variables together.
  public var valueCount: Int { reduce(0) { $0 + $1.count } }

  /// The names of all values, as people read them.
  public var elementNames: [String] { flatMap(\.elementNames) }
}
