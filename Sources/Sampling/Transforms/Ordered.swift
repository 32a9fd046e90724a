import Foundation

/// Values in ascending order: the first is free, every other adds exp(free) to the one before.
public struct Ordered: Transform, Hashable {
  /// The number of values.
  public var valueCount: Int
  /// Whether the first value must be above zero; its logarithm is then the first coordinate.
  public var isPositive: Bool
  /// The number of free coordinates, as many as values.
  public var freeCount: Int { valueCount }

  /// Creates the transform for `count` ascending values.
  public init(_ count: Int, isPositive: Bool = false) {
    valueCount = count
    self.isPositive = isPositive
  }

  /// Maps free coordinates to values; see ``Transform``.
  public func constrain<Number: RealNumber>(
    _ free: ArraySlice<Number>, appendingTo values: inout [Number], logJacobian: inout Number
  ) {
    guard var last = free.first else { return }
    if isPositive {
      logJacobian += last
      last = .exp(last)
    }
    values.append(last)
    for coordinate in free.dropFirst() {
      last += .exp(coordinate)
      values.append(last)
      logJacobian += coordinate
    }
  }

  /// Maps values back to free coordinates; see ``Transform``.
  public func unconstrain(_ values: [Double]) throws(TransformError) -> [Double] {
    try checkCount(values)
    guard let first = values.first else { return [] }
    let steps = zip(values.dropFirst(), values).map { $0 - $1 }
    guard steps.allSatisfy({ $0 > 0 && $0.isFinite }), !isPositive || first > 0 else {
      throw TransformError(
        values: values, expected: isPositive ? "positive and ascending" : "ascending")
    }
    return [isPositive ? log(first) : first] + steps.map { log($0) }
  }

  /// Carries a gradient back; see ``Transform``.
  public func pullback(_ gradient: [Double], at free: [Double]) -> [Double] {
    var result = free
    var sum = 0.0
    for index in free.indices.reversed() {
      sum += gradient[index]
      result[index] = index == 0 && !isPositive ? sum : sum * exp(free[index]) + 1
    }
    return result
  }
}
