import Foundation
import Sampling

/// Eight schools with non-centered effects, written by hand.
public struct EightSchools: BayesianModel {
  /// The effects, their mean and their spread.
  public let variables = [Variable("theta", shape: [8]), Variable("mu"), Variable("tau")]
  /// Eight standardized effects, the mean, the logarithm of the spread.
  public let dimension = 10

  private let effects: [Double]
  private let errors: [Double]

  /// Creates the model from estimates and their standard errors.
  public init(effects: [Double], errors: [Double]) {
    self.effects = effects
    self.errors = errors
  }

  /// The effects, their mean and their spread.
  public func constrained(_ position: [Double]) -> [Double] {
    let tau = exp(position[9])
    return position.prefix(8).map { position[8] + tau * $0 } + [position[8], tau]
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let (mu, tau) = (position[8], exp(position[9]))
    let spread = Cauchy(location: 0, scale: 5).derivatives(at: tau)
    let center = Normal(mean: 0, standardDeviation: 5).derivatives(at: mu)
    var sum = spread.logDensity + center.logDensity + position[9]
    var (muSlope, tauSlope) = (center.x, spread.x)
    for school in 0..<8 {
      let z = position[school]
      let error = (effects[school] - mu - tau * z) / errors[school]
      let slope = error / errors[school]
      sum -= 0.5 * (error * error + z * z)
      gradient[school] = tau * slope - z
      muSlope += slope
      tauSlope += slope * z
    }
    gradient[8] = muSlope
    gradient[9] = tauSlope * tau + 1
    return sum - logScale
  }

  private var logScale: Double { errors.reduce(16 * 0.9189385332046727) { $0 + log($1) } }
}

/// Eight schools with centered effects, whose funnel is hard to sample; written by hand.
public struct CenteredEightSchools: BayesianModel {
  /// The effects, their mean and their spread.
  public let variables = [Variable("theta", shape: [8]), Variable("mu"), Variable("tau")]
  /// Eight effects, the mean, the logarithm of the spread.
  public let dimension = 10

  private let effects: [Double]
  private let errors: [Double]

  /// Creates the model from estimates and their standard errors.
  public init(effects: [Double], errors: [Double]) {
    self.effects = effects
    self.errors = errors
  }

  /// The effects, their mean and their spread.
  public func constrained(_ position: [Double]) -> [Double] {
    position.prefix(9) + [exp(position[9])]
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let (mu, tau) = (position[8], exp(position[9]))
    let spread = Cauchy(location: 0, scale: 5).derivatives(at: tau)
    let center = Normal(mean: 0, standardDeviation: 5).derivatives(at: mu)
    var sum = spread.logDensity + center.logDensity + position[9]
    var (muSlope, tauSlope) = (center.x, spread.x)
    let group = Normal(mean: mu, standardDeviation: tau)
    for school in 0..<8 {
      let theta = position[school]
      let prior = group.derivatives(at: theta)
      let data = Normal(mean: theta, standardDeviation: errors[school])
        .derivatives(at: effects[school])
      sum += prior.logDensity + data.logDensity
      gradient[school] = prior.x + data.mean
      muSlope += prior.mean
      tauSlope += prior.standardDeviation
    }
    gradient[8] = muSlope
    gradient[9] = tauSlope * tau + 1
    return sum
  }
}
