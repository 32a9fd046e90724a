import Foundation
import Randomness

/// The Poisson distribution of a count.
public struct Poisson<Number: RealNumber>: Distribution {
  /// The mean, which is the variance too; zero is allowed.
  public var mean: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(mean: Number) {
    self.mean = mean
  }

  /// Returns the logarithm of the probability of `x`, a whole number from zero upwards.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = Poisson<Double>(mean: mean.value).derivatives(at: x.value)
    return .derived(
      at.logDensity, from: mean, slope: at.mean)
  }
}

extension Poisson: Sendable where Number: Sendable {}

extension Poisson where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, mean: Double) {
    guard x >= 0 else { return (-.infinity, 0) }
    guard mean > 0 else { return (x == 0 ? 0 : -.infinity, 0) }
    return (x * log(mean) - mean - logGamma(x + 1), x / mean - 1)
  }

  /// Returns a random count: by multiplying uniform numbers below a mean of 10, from there on by
  /// transformed rejection (Hörmann 1993, algorithm PTRS).
  public func draw(using random: inout RandomSource) -> Int {
    guard mean >= 10 else {
      let limit = exp(-mean)
      var product = random.uniform()
      var count = 0
      while product > limit {
        product *= random.uniform()
        count += 1
      }
      return count
    }
    let root = mean.squareRoot()
    let b = 0.931 + 2.53 * root
    let a = -0.059 + 0.02483 * b
    while true {
      let u = random.uniform() - 0.5
      let v = 1 - random.uniform()
      let us = 0.5 - abs(u)
      let count = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07, v <= 0.9277 - 3.6224 / (b - 2) { return Int(count) }
      if count < 0 || (us < 0.013 && v > us) { continue }
      let inverse = 1.1239 + 1.1328 / (b - 3.4)
      if log(v * inverse / (a / (us * us) + b))
        <= count * log(mean) - mean - logGamma(count + 1)
      {
        return Int(count)
      }
    }
  }
}
