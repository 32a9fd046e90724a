import Foundation
import Sampling

/// A hidden Markov model with two states and normal emissions, written by hand: the gradient is
/// the expected counts of the forward-backward algorithm.
public struct HiddenMarkov: BayesianModel {
  /// The transition rows and the means.
  public let variables = ["theta1", "theta2", "mu"].map { Variable($0, shape: [2]) }
  /// Two logits and two logarithms.
  public let dimension = 4

  private let series: [Double]
  private var emissions: [SIMD2<Double>]
  private var forward: [SIMD2<Double>]

  /// Creates the model from its observations.
  public init(series: [Double]) {
    self.series = series
    emissions = [SIMD2<Double>](repeating: .zero, count: series.count)
    forward = emissions
  }

  /// The transition rows and the means.
  public func constrained(_ position: [Double]) -> [Double] {
    let (stay, leave) = (inverseLogit(position[0]), inverseLogit(position[1]))
    let first = exp(position[2])
    return [stay, 1 - stay, leave, 1 - leave, first, first + exp(position[3])]
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let rows = SIMD2(inverseLogit(position[0]), inverseLogit(position[1]))
    let first = exp(position[2])
    let means = SIMD2(first, first + exp(position[3]))
    let toFirst = rows
    let toSecond = 1 - rows
    var sum = filter(means, toFirst, toSecond)
    let counts = expectedCounts(means, toFirst, toSecond)
    let priorErrors = SIMD2(3, 10) - means
    sum -= 0.5 * (priorErrors * priorErrors).sum() + 2 * 0.9189385332046727
    let meanSlopes = counts.means + priorErrors
    gradient[0] =
      counts.first[0] * toSecond[0] - counts.second[0] * rows[0] + toSecond[0] - rows[0]
    gradient[1] =
      counts.first[1] * toSecond[1] - counts.second[1] * rows[1] + toSecond[1] - rows[1]
    gradient[2] = meanSlopes.sum() * first + 1
    gradient[3] = meanSlopes[1] * (means[1] - first) + 1
    for state in 0..<2 { sum -= log1pExp(position[state]) + log1pExp(-position[state]) }
    return sum + position[2] + position[3]
  }

  /// The forward recursion with probabilities scaled to sum one; returns the log likelihood.
  private mutating func filter(
    _ means: SIMD2<Double>, _ toFirst: SIMD2<Double>, _ toSecond: SIMD2<Double>
  ) -> Double {
    var sum = -0.9189385332046727 * Double(series.count)
    var product = 1.0
    var predicted = SIMD2(1.0, 1.0)
    for time in series.indices {
      let errors = series[time] - means
      let logs = -0.5 * errors * errors
      let largest = max(logs[0], logs[1])
      let smaller = exp(min(logs[0], logs[1]) - largest)
      let emission = logs[0] >= logs[1] ? SIMD2(1, smaller) : SIMD2(smaller, 1)
      let joint = predicted * emission
      let scale = joint.sum()
      sum += largest
      product *= scale
      if product < 1e-200 || product > 1e200 {
        sum += log(product)
        product = 1
      }
      emissions[time] = emission
      forward[time] = joint / scale
      predicted = SIMD2((forward[time] * toFirst).sum(), (forward[time] * toSecond).sum())
    }
    return sum + log(product)
  }

  /// Transitions to each state by origin, and summed errors weighted by state.
  private func expectedCounts(
    _ means: SIMD2<Double>, _ toFirst: SIMD2<Double>, _ toSecond: SIMD2<Double>
  ) -> (first: SIMD2<Double>, second: SIMD2<Double>, means: SIMD2<Double>) {
    var result = (first: SIMD2<Double>.zero, second: SIMD2<Double>.zero, means: SIMD2<Double>.zero)
    var backward = SIMD2(1.0, 1.0)
    for time in series.indices.reversed() {
      let joint = forward[time] * backward
      result.means += joint / joint.sum() * (series[time] - means)
      guard time > 0 else { break }
      let arriving = emissions[time] * backward
      let viaFirst = forward[time - 1] * toFirst * arriving[0]
      let viaSecond = forward[time - 1] * toSecond * arriving[1]
      let scale = 1 / (viaFirst.sum() + viaSecond.sum())
      result.first += viaFirst * scale
      result.second += viaSecond * scale
      backward = (toFirst * arriving[0] + toSecond * arriving[1]) * scale
    }
    return result
  }
}
