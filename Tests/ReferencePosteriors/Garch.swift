import Foundation
import Sampling

/// GARCH(1,1), written by hand: the variances forwards, their adjoints backwards.
public struct Garch: BayesianModel {
  /// The mean, the constant, and the weights of the last square and the last variance.
  public let variables = ["mu", "alpha0", "alpha1", "beta1"].map { Variable($0) }
  /// The mean, a logarithm and two logits.
  public let dimension = 4

  private let series: [Double]
  private let firstVariance: Double
  private var variances: [Double]

  /// Creates the model from a series and the standard deviation at its first time.
  public init(series: [Double], firstDeviation: Double) {
    self.series = series
    firstVariance = firstDeviation * firstDeviation
    variances = series
  }

  /// The four parameters.
  public func constrained(_ position: [Double]) -> [Double] {
    let alpha1 = inverseLogit(position[2])
    return [
      position[0], exp(position[1]), alpha1, (1 - alpha1) * inverseLogit(position[3]),
    ]
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let (mu, alpha0) = (position[0], exp(position[1]))
    let (alpha1, share) = (inverseLogit(position[2]), inverseLogit(position[3]))
    let beta1 = (1 - alpha1) * share
    var sum = position[1] + logInverseLogit(position[2]) + 2 * logInverseLogit(-position[2])
    sum += logInverseLogit(position[3]) + logInverseLogit(-position[3])
    sum += forward(mu, alpha0, alpha1, beta1)
    let slopes = backward(mu, alpha1, beta1)
    gradient[0] = slopes.mu
    gradient[1] = slopes.alpha0 * alpha0 + 1
    gradient[2] = (slopes.alpha1 - share * slopes.beta1) * alpha1 * (1 - alpha1) + 1 - 3 * alpha1
    gradient[3] = slopes.beta1 * beta1 * (1 - share) + 1 - 2 * share
    return sum
  }

  private func logInverseLogit(_ x: Double) -> Double { -log1pExp(-x) }

  private mutating func forward(
    _ mu: Double, _ alpha0: Double, _ alpha1: Double, _ beta1: Double
  ) -> Double {
    var sum = -0.9189385332046727 * Double(series.count)
    var variance = firstVariance
    for time in series.indices {
      let error = series[time] - mu
      variances[time] = variance
      sum -= 0.5 * (log(variance) + error * error / variance)
      variance = alpha0 + alpha1 * error * error + beta1 * variance
    }
    return sum
  }

  private func backward(
    _ mu: Double, _ alpha1: Double, _ beta1: Double
  ) -> (mu: Double, alpha0: Double, alpha1: Double, beta1: Double) {
    var slopes = (mu: 0.0, alpha0: 0.0, alpha1: 0.0, beta1: 0.0)
    var adjoint = 0.0
    for time in series.indices.reversed() {
      let error = series[time] - mu
      let variance = variances[time]
      // `adjoint` belongs to the next variance, which this time's error and variance enter.
      slopes.mu += error / variance - 2 * adjoint * alpha1 * error
      slopes.alpha0 += adjoint
      slopes.alpha1 += adjoint * error * error
      slopes.beta1 += adjoint * variance
      adjoint = beta1 * adjoint + 0.5 * (error * error / variance - 1) / variance
    }
    return slopes
  }
}
