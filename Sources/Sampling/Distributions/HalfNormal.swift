import Foundation
import Randomness

/// The absolute value of a normal variable with mean zero.
public struct HalfNormal<Number: RealNumber>: Distribution {
  /// The standard deviation of that normal variable, above zero.
  public var scale: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(scale: Number) {
    self.scale = scale
  }

  /// Returns the logarithm of the density of `x`; see ``Distribution``.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = HalfNormal<Double>(scale: scale.value).derivatives(at: x.value)
    return .derived(
      at.logDensity, from: x, slope: at.x,
      and: scale, slope: at.scale)
  }
}

extension HalfNormal: Sendable where Number: Sendable {}

extension HalfNormal where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, x: Double, scale: Double) {
    guard x >= 0 else { return (-.infinity, 0, 0) }
    let z = x / scale
    return (
      -0.5 * z * z - log(scale) - halfLogTwoPi + 0.6931471805599453, -z / scale, (z * z - 1) / scale
    )
  }

  /// Returns a random value.
  public func draw(using random: inout RandomSource) -> Double {
    abs(random.normal(standardDeviation: scale))
  }
}
