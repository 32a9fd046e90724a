import Foundation

/// No constraint: every value is its own coordinate.
public struct Unbounded: Transform, Hashable {
  /// The number of values.
  public var valueCount: Int
  /// The number of free coordinates, as many as values.
  public var freeCount: Int { valueCount }

  /// Creates the identity on `count` values.
  public init(_ count: Int = 1) { valueCount = count }

  /// Maps free coordinates to values; see ``Transform``.
  public func constrain<Number: RealNumber>(
    _ free: ArraySlice<Number>, appendingTo values: inout [Number], logJacobian: inout Number
  ) {
    values.append(contentsOf: free)
  }

  /// Maps values back to free coordinates; see ``Transform``.
  public func unconstrain(_ values: [Double]) throws(TransformError) -> [Double] {
    try checkCount(values)
    return values
  }

  /// Carries a gradient back; see ``Transform``.
  public func pullback(_ gradient: [Double], at free: [Double]) -> [Double] { gradient }
}

/// Values above a bound, zero unless said otherwise: value = lower + exp(free).
public struct Positive: Transform, Hashable {
  /// The number of values.
  public var valueCount: Int
  /// The bound that every value lies above.
  public var lower: Double
  /// The number of free coordinates, as many as values.
  public var freeCount: Int { valueCount }

  /// Creates the transform for `count` values above `lower`.
  public init(_ count: Int = 1, above lower: Double = 0) {
    valueCount = count
    self.lower = lower
  }

  /// Maps free coordinates to values; see ``Transform``.
  public func constrain<Number: RealNumber>(
    _ free: ArraySlice<Number>, appendingTo values: inout [Number], logJacobian: inout Number
  ) {
    for coordinate in free {
      let power = Number.exp(coordinate)
      values.append(lower == 0 ? power : power + Number(lower))
      logJacobian += coordinate
    }
  }

  /// Maps values back to free coordinates; see ``Transform``.
  public func unconstrain(_ values: [Double]) throws(TransformError) -> [Double] {
    try checkCount(values)
    guard values.allSatisfy({ $0 > lower && $0.isFinite }) else {
      throw TransformError(values: values, expected: "above \(lower)")
    }
    return values.map { log($0 - lower) }
  }

  /// Carries a gradient back; see ``Transform``.
  public func pullback(_ gradient: [Double], at free: [Double]) -> [Double] {
    zip(gradient, free).map { $0 * exp($1) + 1 }
  }
}

/// Values between two bounds: value = lower + (upper - lower) / (1 + exp(-free)).
public struct Bounded: Transform, Hashable {
  /// The number of values.
  public var valueCount: Int
  /// The open interval that every value lies in.
  public var lower: Double
  /// The upper end of the interval.
  public var upper: Double
  /// The number of free coordinates, as many as values.
  public var freeCount: Int { valueCount }

  /// Creates the transform for `count` values between `lower` and `upper`.
  public init(_ count: Int = 1, from lower: Double = 0, to upper: Double = 1) {
    precondition(lower < upper, "the bounds \(lower) and \(upper) leave no room between them")
    valueCount = count
    self.lower = lower
    self.upper = upper
  }

  /// Maps free coordinates to values; see ``Transform``.
  public func constrain<Number: RealNumber>(
    _ free: ArraySlice<Number>, appendingTo values: inout [Number], logJacobian: inout Number
  ) {
    let width = upper - lower
    for coordinate in free {
      values.append(Number(lower) + Number(width) * .inverseLogit(coordinate))
      logJacobian +=
        Number(log(width)) + .logInverseLogit(coordinate) + .logInverseLogit(-coordinate)
    }
  }

  /// Maps values back to free coordinates; see ``Transform``.
  public func unconstrain(_ values: [Double]) throws(TransformError) -> [Double] {
    try checkCount(values)
    guard values.allSatisfy({ $0 > lower && $0 < upper }) else {
      throw TransformError(values: values, expected: "between \(lower) and \(upper)")
    }
    return values.map { log($0 - lower) - log(upper - $0) }
  }

  /// Carries a gradient back; see ``Transform``.
  public func pullback(_ gradient: [Double], at free: [Double]) -> [Double] {
    zip(gradient, free).map {
      let left = inverseLogit($1)
      let right = inverseLogit(-$1)
      return $0 * (upper - lower) * left * right + right - left
    }
  }
}
