/// A differentiable one-to-one map from free coordinates to values that obey a constraint.
///
/// The samplers move in free coordinates, all of R^n. The density of the values is carried over by
/// adding the logarithm of the absolute determinant of the map's Jacobian.
///
/// Every transform is written once over ``RealNumber``, so it serves plain numbers and automatic
/// differentiation, and once more backwards for gradients written by hand.
public protocol Transform: Sendable {
  /// The number of free coordinates.
  var freeCount: Int { get }

  /// The number of constrained values.
  var valueCount: Int { get }

  /// Maps free coordinates to values.
  ///
  /// - Parameters:
  ///   - free: ``freeCount`` coordinates.
  ///   - values: ``valueCount`` values are appended.
  ///   - logJacobian: The log absolute determinant is added.
  func constrain<Number: RealNumber>(
    _ free: ArraySlice<Number>, appendingTo values: inout [Number], logJacobian: inout Number)

  /// Maps values back to free coordinates.
  ///
  /// - Throws: ``TransformError`` when the values break the constraint.
  func unconstrain(_ values: [Double]) throws(TransformError) -> [Double]

  /// Carries a gradient with respect to the values back to the free coordinates, and adds the
  /// gradient of the log Jacobian.
  ///
  /// - Parameters:
  ///   - gradient: The derivative of log p with respect to each of the ``valueCount`` values.
  ///   - free: The ``freeCount`` coordinates where the values were computed.
  /// - Returns: The derivative of log p plus log Jacobian with respect to each free coordinate.
  func pullback(_ gradient: [Double], at free: [Double]) -> [Double]
}

extension Transform {
  /// Returns the values and the log Jacobian for plain numbers.
  public func constrained(_ free: [Double]) -> (values: [Double], logJacobian: Double) {
    requireCount(free.count, freeCount, "free coordinates")
    var values: [Double] = []
    var logJacobian = 0.0
    constrain(free[...], appendingTo: &values, logJacobian: &logJacobian)
    return (values, logJacobian)
  }

  func requireCount(_ count: Int, _ expected: Int, _ what: String) {
    precondition(count == expected, "\(self): \(count) \(what) given, \(expected) needed")
  }

  func checkCount(_ values: [Double]) throws(TransformError) {
    guard values.count == valueCount else {
      throw TransformError(
        values: values, expected: "\(valueCount) values, but there are \(values.count)")
    }
  }
}

/// Values that break the constraint of a ``Transform``.
public struct TransformError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The values given.
  public var values: [Double]
  /// What the constraint asks for, as a clause.
  public var expected: String

  /// One sentence with the values and what was expected.
  public var description: String {
    let shown = values.prefix(6).map { "\($0)" }.joined(separator: ", ")
    return "the values \(shown)\(values.count > 6 ? ", ..." : "") must be \(expected)"
  }
}
