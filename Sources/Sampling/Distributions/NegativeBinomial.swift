import Foundation
import Randomness

/// The negative binomial distribution of a count by mean and concentration (Stan's `neg_binomial_2`).
///
/// The variance is mean + mean² / concentration. The formulas have no cancellation for large
/// concentrations, where the distribution becomes ``Poisson``.
public struct NegativeBinomial<Number: RealNumber>: Distribution {
  /// The mean, above zero.
  public var mean: Number
  /// The concentration phi, above zero.
  public var concentration: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(mean: Number, concentration: Number) {
    self.mean = mean
    self.concentration = concentration
  }

  /// Returns the logarithm of the probability of `x`, a whole number from zero upwards.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = NegativeBinomial<Double>(mean: mean.value, concentration: concentration.value)
      .derivatives(at: x.value)
    return .derived(
      at.logDensity, from: mean, slope: at.mean,
      and: concentration, slope: at.concentration)
  }
}

extension NegativeBinomial: Sendable where Number: Sendable {}

extension NegativeBinomial where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, mean: Double, concentration: Double) {
    guard x >= 0 else { return (-.infinity, 0, 0) }
    let phi = concentration
    let ratio = log1p(mean / phi)
    let rise = risingFactorial(x)
    return (
      rise.log - logGamma(x + 1) + x * log(mean) - (phi + x) * ratio,
      x / mean - (x + phi) / (mean + phi), rise.slope - ratio + (mean - x) / (mean + phi)
    )
  }

  /// log(Γ(x + phi) / Γ(phi)) - x log(phi), and the derivative of the first part with respect to
  /// phi; from phi = 10 by Stirling's series, whose large terms cancel on paper.
  private func risingFactorial(_ x: Double) -> (log: Double, slope: Double) {
    let phi = concentration
    let sum = x + phi
    guard phi >= 10 else {
      return (logGamma(sum) - logGamma(phi) - x * log(phi), digamma(sum) - digamma(phi))
    }
    let ratio = log1p(x / phi)
    return (
      (sum - 0.5) * ratio - x + stirlingRemainder(sum) - stirlingRemainder(phi),
      ratio + 0.5 * x / (phi * sum) - digammaRemainder(sum) + digammaRemainder(phi)
    )
  }

  /// Returns a random count: Poisson with a gamma mean.
  public func draw(using random: inout RandomSource) -> Int {
    let rate = Gamma(shape: concentration, rate: concentration / mean).draw(using: &random)
    return Poisson(mean: rate).draw(using: &random)
  }
}
