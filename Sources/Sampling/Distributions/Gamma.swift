import Foundation
import Randomness

/// The gamma distribution; shape 1 is the exponential distribution.
public struct Gamma<Number: RealNumber>: Distribution {
  /// The shape, above zero.
  public var shape: Number
  /// The rate, one over the scale, above zero.
  public var rate: Number

  /// Creates the distribution from its parameters.
  @inlinable
  public init(shape: Number, rate: Number) {
    self.shape = shape
    self.rate = rate
  }

  /// Returns the logarithm of the density of `x`; see ``Distribution``.
  @inlinable
  public func logDensity(_ x: Number) -> Number {
    let at = Gamma<Double>(shape: shape.value, rate: rate.value).derivatives(at: x.value)
    return .derived(
      at.logDensity, from: x, slope: at.x,
      and: shape, slope: at.shape,
      and: rate, slope: at.rate)
  }
}

extension Gamma: Sendable where Number: Sendable {}

extension Gamma where Number == Double {
  /// Returns the log density with its derivative with respect to every argument.
  public func derivatives(
    at x: Double
  ) -> (logDensity: Double, x: Double, shape: Double, rate: Double) {
    guard x > 0 else { return (-.infinity, 0, 0, 0) }
    return (
      shape * log(rate) - logGamma(shape) + (shape - 1) * log(x) - rate * x, (shape - 1) / x - rate,
      log(rate) - digamma(shape) + log(x), shape / rate - x
    )
  }

  /// Returns a random value (Marsaglia and Tsang 2000; shapes below one are raised by one first).
  public func draw(using random: inout RandomSource) -> Double {
    if shape < 1 {
      let raised = Gamma(shape: shape + 1, rate: rate).draw(using: &random)
      return raised * pow(1 - random.uniform(), 1 / shape)
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let normal = random.normal()
      let root = 1 + c * normal
      guard root > 0 else { continue }
      let cube = root * root * root
      if log(1 - random.uniform()) < 0.5 * normal * normal + d - d * cube + d * log(cube) {
        return d * cube / rate
      }
    }
  }
}
