import Foundation
import Randomness

/// The beta distribution on the interval from zero to one.
public struct Beta<Number: RealNumber>: Distribution {
  /// The first shape, above zero; larger values push towards one.
  public var alpha: Number
  /// The second shape, above zero; larger values push towards zero.
  public var beta: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(alpha: Number, beta: Number) {
    self.alpha = alpha
    self.beta = beta
  }

  /// Returns the logarithm of the density of `x`; see ``Distribution``.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = Beta<Double>(alpha: alpha.value, beta: beta.value).derivatives(at: x.value)
    return .derived(
      at.logDensity, from: x, slope: at.x,
      and: alpha, slope: at.alpha,
      and: beta, slope: at.beta)
  }
}

extension Beta: Sendable where Number: Sendable {}

extension Beta where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, x: Double, alpha: Double, beta: Double) {
    guard x > 0, x < 1 else { return (-.infinity, 0, 0, 0) }
    let both = digamma(alpha + beta)
    return (
      logGamma(alpha + beta) - logGamma(alpha) - logGamma(beta) + (alpha - 1) * log(x)
        + (beta - 1) * log1p(-x),
      (alpha - 1) / x - (beta - 1) / (1 - x), both - digamma(alpha) + log(x),
      both - digamma(beta) + log1p(-x)
    )
  }

  /// Returns a random value.
  public func draw(using random: inout RandomSource) -> Double {
    let first = Gamma(shape: alpha, rate: 1).draw(using: &random)
    let second = Gamma(shape: beta, rate: 1).draw(using: &random)
    return first / (first + second)
  }
}
