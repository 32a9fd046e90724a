import Foundation
import Randomness

/// Student's t distribution, moved and scaled; the degrees of freedom are a constant.
public struct StudentT<Number: RealNumber>: Distribution {
  /// The degrees of freedom, above zero.
  public var degreesOfFreedom: Double
  /// The center.
  public var location: Number
  /// The scale, above zero; the standard deviation is larger.
  public var scale: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(degreesOfFreedom: Double, location: Number, scale: Number) {
    self.degreesOfFreedom = degreesOfFreedom
    self.location = location
    self.scale = scale
  }

  /// Returns the logarithm of the density of `x`; see ``Distribution``.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = StudentT<Double>(
      degreesOfFreedom: degreesOfFreedom, location: location.value, scale: scale.value
    ).derivatives(at: x.value)
    return .derived(
      at.logDensity, from: x, slope: at.x,
      and: location, slope: at.location,
      and: scale, slope: at.scale)
  }
}

extension StudentT: Sendable where Number: Sendable {}

extension StudentT where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, x: Double, location: Double, scale: Double) {
    let nu = degreesOfFreedom
    let z = (x - location) / scale
    let weight = (nu + 1) / (nu + z * z)
    let constant =
      logGamma((nu + 1) / 2) - logGamma(nu / 2) - 0.5 * log(nu * Double.pi) - log(scale)
    let slope = -weight * z / scale
    return (
      constant - 0.5 * (nu + 1) * log1p(z * z / nu), slope, -slope, (weight * z * z - 1) / scale
    )
  }

  /// Returns a random value.
  public func draw(using random: inout RandomSource) -> Double {
    let chiSquared = Gamma(shape: degreesOfFreedom / 2, rate: 0.5).draw(using: &random)
    return location + scale * random.normal() / (chiSquared / degreesOfFreedom).squareRoot()
  }
}
