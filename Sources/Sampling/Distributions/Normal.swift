import Foundation
import Randomness

/// The normal distribution.
public struct Normal<Number: RealNumber>: Distribution {
  /// The mean.
  public var mean: Number
  /// The standard deviation, above zero.
  public var standardDeviation: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(mean: Number, standardDeviation: Number) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Returns the logarithm of the density of `x`; see ``Distribution``.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = Normal<Double>(mean: mean.value, standardDeviation: standardDeviation.value)
      .derivatives(at: x.value)
    return .derived(
      at.logDensity, from: x, slope: at.x,
      and: mean, slope: at.mean,
      and: standardDeviation, slope: at.standardDeviation)
  }
}

extension Normal: Sendable where Number: Sendable {}

extension Normal where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, x: Double, mean: Double, standardDeviation: Double) {
    let z = (x - mean) / standardDeviation
    let slope = -z / standardDeviation
    return (
      -0.5 * z * z - log(standardDeviation) - halfLogTwoPi, slope, -slope,
      (z * z - 1) / standardDeviation
    )
  }

  /// Returns the probability of values up to `x`.
  public func cumulativeProbability(_ x: Double) -> Double {
    standardNormalCDF((x - mean) / standardDeviation)
  }

  /// Returns the value below which the probability `p` lies.
  public func quantile(_ p: Double) -> Double {
    mean + standardDeviation * standardNormalQuantile(p)
  }

  /// Returns a random value.
  public func draw(using random: inout RandomSource) -> Double {
    random.normal(mean: mean, standardDeviation: standardDeviation)
  }
}
