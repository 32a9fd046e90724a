import Foundation
import Randomness

/// The parameters of a normal approximation on their way uphill: the mean, the logarithms of the
/// factor's diagonal and, with full rank, the factor's entries below it.
struct VariationalState: Sendable, Hashable {
  var parameters: [Double]
  private let dimension: Int
  private let family: VariationalInference.Family
  private var firstMoment: [Double]
  private var secondMoment: [Double]
  private var steps = 0

  init(mean: [Double], family: VariationalInference.Family) {
    dimension = mean.count
    self.family = family
    let below = family == .fullRank ? dimension * (dimension - 1) / 2 : 0
    // Narrow at first, so that the first gradients are those near the start.
    parameters =
      mean + [Double](repeating: -1, count: dimension) + [Double](repeating: 0, count: below)
    firstMoment = parameters.map { _ in 0 }
    secondMoment = firstMoment
  }

  var gaussian: GaussianApproximation {
    var factor = [Double](repeating: 0, count: dimension * dimension)
    for row in 0..<dimension {
      factor[row * dimension + row] = exp(parameters[dimension + row])
      if family == .fullRank {
        for column in 0..<row {
          factor[row * dimension + column] = parameters[below(row, column)]
        }
      }
    }
    return GaussianApproximation(mean: Array(parameters.prefix(dimension)), factor: factor)
  }

  private func below(_ row: Int, _ column: Int) -> Int {
    2 * dimension + row * (row - 1) / 2 + column
  }

  /// One step of Adam on the evidence bound, whose estimate before the step is returned.
  mutating func step<Model: LogDensity>(
    _ model: inout Model, draws: Int, rate: Double, using random: inout RandomSource
  ) -> Double {
    let current = gaussian
    var slopes = parameters.map { _ in 0.0 }
    var gradient = current.mean
    var (bound, used) = (0.0, 0.0)
    for _ in 0..<draws {
      let noise = (0..<dimension).map { _ in random.normal() }
      let value = model.logDensity(at: current.position(of: noise), gradient: &gradient)
      guard value.isFinite, gradient.allSatisfy(\.isFinite) else { continue }
      used += 1
      bound += value + 0.5 * inner(noise, noise) + halfLogTwoPi * Double(dimension)
      add(gradient, noise, to: &slopes)
    }
    guard used > 0 else { return -.infinity }
    for index in slopes.indices { slopes[index] /= used }
    // The entropy grows by one with every logarithm on the diagonal.
    for row in 0..<dimension { slopes[dimension + row] += 1 }
    let entropy = parameters[dimension..<(2 * dimension)].reduce(0, +)
    climb(slopes, rate)
    return bound / used + entropy
  }

  private func add(_ gradient: [Double], _ noise: [Double], to slopes: inout [Double]) {
    for row in 0..<dimension {
      slopes[row] += gradient[row]
      slopes[dimension + row] += gradient[row] * noise[row] * exp(parameters[dimension + row])
      if family == .fullRank {
        for column in 0..<row { slopes[below(row, column)] += gradient[row] * noise[column] }
      }
    }
  }

  private mutating func climb(_ slopes: [Double], _ rate: Double) {
    steps += 1
    let count = Double(steps)
    let size = rate / (1 + count / 100).squareRoot()
    let (firstBias, secondBias) = (1 - pow(0.9, count), 1 - pow(0.999, count))
    for index in parameters.indices {
      firstMoment[index] = 0.9 * firstMoment[index] + 0.1 * slopes[index]
      secondMoment[index] = 0.999 * secondMoment[index] + 0.001 * slopes[index] * slopes[index]
      parameters[index] +=
        size * (firstMoment[index] / firstBias)
        / ((secondMoment[index] / secondBias).squareRoot() + 1e-8)
    }
  }
}
