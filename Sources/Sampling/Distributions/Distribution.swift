import Randomness

/// A distribution of one number whose parameters are plain or traced numbers.
///
/// With plain parameters every distribution also has `derivatives(at:)`, the log density with its
/// partial derivatives for gradients written by hand, and can be drawn from.
public protocol Distribution<Number> {
  /// The type of the parameters and of the log density.
  associatedtype Number: RealNumber

  /// Returns the logarithm of the density (or probability) of `x`, normalized; minus infinity
  /// outside the support.
  func logDensity(_ x: Number) -> Number
}

extension Distribution {
  /// Returns the sum of the log densities of many values.
  @inlinable
  public func logDensity(of values: some Collection<Number>) -> Number {
    var terms: [Number] = []
    terms.reserveCapacity(values.count)
    for value in values { terms.append(logDensity(value)) }
    return .sum(terms)
  }
}
