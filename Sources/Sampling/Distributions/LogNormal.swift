import Foundation
import Randomness

/// The exponential of a normal variable.
public struct LogNormal<Number: RealNumber>: Distribution {
  /// The mean of the logarithm.
  public var logMean: Number
  /// The standard deviation of the logarithm, above zero.
  public var logStandardDeviation: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(logMean: Number, logStandardDeviation: Number) {
    self.logMean = logMean
    self.logStandardDeviation = logStandardDeviation
  }

  /// Returns the logarithm of the density of `x`; see ``Distribution``.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = LogNormal<Double>(
      logMean: logMean.value, logStandardDeviation: logStandardDeviation.value
    ).derivatives(at: x.value)
    return .derived(
      at.logDensity, from: x, slope: at.x,
      and: logMean, slope: at.logMean,
      and: logStandardDeviation, slope: at.logStandardDeviation)
  }
}

extension LogNormal: Sendable where Number: Sendable {}

extension LogNormal where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, x: Double, logMean: Double, logStandardDeviation: Double) {
    guard x > 0 else { return (-.infinity, 0, 0, 0) }
    let z = (log(x) - logMean) / logStandardDeviation
    return (
      -0.5 * z * z - log(logStandardDeviation) - halfLogTwoPi - log(x),
      -(1 + z / logStandardDeviation) / x, z / logStandardDeviation,
      (z * z - 1) / logStandardDeviation
    )
  }

  /// Returns a random value.
  public func draw(using random: inout RandomSource) -> Double {
    exp(random.normal(mean: logMean, standardDeviation: logStandardDeviation))
  }
}
