import Foundation

/// Non-negative values with sum one, by breaking a stick as Stan does.
///
/// Value k is the part z_k of what is left, z_k = logit^-1(free_k - log(K - k)); with free
/// coordinates of zero all values are equal.
public struct Simplex: Transform, Hashable {
  /// The number of values.
  public var valueCount: Int
  /// The number of free coordinates, one fewer than values.
  public var freeCount: Int { valueCount - 1 }

  /// Creates the transform for `count` values, at least one.
  public init(_ count: Int) {
    precondition(count > 0, "a simplex of \(count) values does not exist; at least 1 is needed")
    valueCount = count
  }

  /// Maps free coordinates to values; see ``Transform``.
  public func constrain<Number: RealNumber>(
    _ free: ArraySlice<Number>, appendingTo values: inout [Number], logJacobian: inout Number
  ) {
    var left: Number = 1
    var logLeft: Number = 0
    for (position, coordinate) in free.enumerated() {
      let shifted = coordinate - Number(log(Double(freeCount - position)))
      let value = left * .inverseLogit(shifted)
      values.append(value)
      let logRest = Number.logInverseLogit(-shifted)
      logJacobian += logLeft + .logInverseLogit(shifted) + logRest
      logLeft += logRest
      left -= value
    }
    values.append(left)
  }

  /// Maps values back to free coordinates; see ``Transform``.
  public func unconstrain(_ values: [Double]) throws(TransformError) -> [Double] {
    try checkCount(values)
    let sum = values.reduce(0, +)
    guard values.allSatisfy({ $0 > 0 }), abs(sum - 1) < 1e-8 else {
      throw TransformError(values: values, expected: "positive with sum 1, not \(sum)")
    }
    var left = 1.0
    return (0..<freeCount).map { position in
      let part = values[position] / left
      left -= values[position]
      return logit(part) + log(Double(freeCount - position))
    }
  }

  /// Carries a gradient back; see ``Transform``.
  public func pullback(_ gradient: [Double], at free: [Double]) -> [Double] {
    let parts = free.enumerated().map {
      inverseLogit($0.element - log(Double(freeCount - $0.offset)))
    }
    var lefts = [1.0]
    for part in parts { lefts.append(lefts[lefts.count - 1] * (1 - part)) }
    var result = free
    // What one more unit of stick after break k would be worth.
    var worth = gradient[freeCount]
    for index in free.indices.reversed() {
      let part = parts[index]
      let left = lefts[index]
      let later = Double(freeCount - 1 - index)
      result[index] =
        part * (1 - part) * left * (gradient[index] - worth) + 1 - 2 * part - later * part
      worth = part * gradient[index] + (1 - part) * worth
    }
    return result
  }
}
