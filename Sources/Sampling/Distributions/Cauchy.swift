import Foundation
import Randomness

/// The Cauchy distribution.
public struct Cauchy<Number: RealNumber>: Distribution {
  /// The median.
  public var location: Number
  /// Half the distance between the quartiles, above zero.
  public var scale: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(location: Number, scale: Number) {
    self.location = location
    self.scale = scale
  }

  /// Returns the logarithm of the density of `x`; see ``Distribution``.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = Cauchy<Double>(location: location.value, scale: scale.value).derivatives(at: x.value)
    return .derived(
      at.logDensity, from: x, slope: at.x,
      and: location, slope: at.location,
      and: scale, slope: at.scale)
  }
}

extension Cauchy: Sendable where Number: Sendable {}

extension Cauchy where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, x: Double, location: Double, scale: Double) {
    let z = (x - location) / scale
    let slope = -2 * z / (1 + z * z) / scale
    return (
      -log1p(z * z) - log(scale) - 1.1447298858494002, slope, -slope,
      (z * z - 1) / (1 + z * z) / scale
    )
  }

  /// Returns a random value.
  public func draw(using random: inout RandomSource) -> Double {
    location + scale * tan(Double.pi * (random.uniform() - 0.5))
  }
}
