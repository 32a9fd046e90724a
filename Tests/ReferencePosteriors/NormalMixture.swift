import Foundation
import Sampling

/// A mixture of two normal distributions, written by hand.
public struct NormalMixture: BayesianModel {
  /// The ordered means, the standard deviations and the weight of the first component.
  public let variables = [
    Variable("mu", shape: [2]), Variable("sigma", shape: [2]), Variable("theta"),
  ]
  /// A mean, the logarithm of a difference, two logarithms and a logit.
  public let dimension = 5

  private let values: [Double]

  /// Creates the model from its observations.
  public init(values: [Double]) { self.values = values }

  /// The ordered means, the standard deviations and the weight of the first component.
  public func constrained(_ position: [Double]) -> [Double] {
    [
      position[0], position[0] + exp(position[1]), exp(position[2]), exp(position[3]),
      inverseLogit(position[4]),
    ]
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let gap = exp(position[1])
    let means = SIMD2(position[0], position[0] + gap)
    let sigmas = SIMD2(exp(position[2]), exp(position[3]))
    let theta = inverseLogit(position[4])
    let logTheta = -log1pExp(-position[4])
    let logRest = -log1pExp(position[4])
    let (sum, weight, first, second) = likelihood(
      means, sigmas, SIMD2(logTheta - position[2], logRest - position[3]))
    // Slopes with respect to means and log sigmas.
    let meanSlopes = first / sigmas - means / 4
    let sigmaSlopes = second - sigmas * sigmas / 4
    gradient[0] = meanSlopes.sum()
    gradient[1] = meanSlopes[1] * gap + 1
    gradient[2] = sigmaSlopes[0] + 1
    gradient[3] = sigmaSlopes[1] + 1
    gradient[4] =
      weight * (1 - theta) - (Double(values.count) - weight) * theta + 5 * (1 - 2 * theta)
    let priors = -0.125 * ((means * means).sum() + (sigmas * sigmas).sum()) - 4 * log(2)
    // log B(5, 5) = 2 log 4! - log 9!
    let beta = 4 * (logTheta + logRest) - (2 * log(24) - log(362_880))
    let jacobian = position[1] + position[2] + position[3] + logTheta + logRest
    return sum + priors + beta + jacobian - 0.9189385332046727 * Double(values.count + 4)
  }

  /// The log likelihood without log √2π; the summed probabilities of the first component; and the
  /// sums of z and of z² - 1 weighted by the probability of either.
  private func likelihood(
    _ means: SIMD2<Double>, _ sigmas: SIMD2<Double>, _ logWeights: SIMD2<Double>
  ) -> (Double, Double, SIMD2<Double>, SIMD2<Double>) {
    let inverse = 1 / sigmas
    var (sum, product, weight) = (0.0, 1.0, 0.0)
    var (first, second) = (SIMD2<Double>.zero, SIMD2<Double>.zero)
    for (index, value) in values.enumerated() {
      let z = (value - means) * inverse
      let squares = z * z
      let logs = logWeights - 0.5 * squares
      let isFirst = logs[0] >= logs[1]
      let ratio = exp(isFirst ? logs[1] - logs[0] : logs[0] - logs[1])
      sum += isFirst ? logs[0] : logs[1]
      // Factors between one and two: one logarithm serves 512 of them.
      product *= 1 + ratio
      if index % 512 == 511 {
        sum += log(product)
        product = 1
      }
      let larger = 1 / (1 + ratio)
      let probability = isFirst ? larger : 1 - larger
      let both = SIMD2(probability, 1 - probability)
      weight += probability
      first += both * z
      second += both * (squares - 1)
    }
    return (sum + log(product), weight, first, second)
  }
}
