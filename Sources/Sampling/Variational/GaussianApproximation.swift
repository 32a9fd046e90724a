import Foundation
import Randomness

/// A normal distribution over free coordinates that stands in for a posterior.
public struct GaussianApproximation: Sendable, Hashable, Codable {
  /// The mean.
  public var mean: [Double]
  /// The lower triangle of a Cholesky factor of the covariance, row by row with zeros above.
  public var factor: [Double]

  /// Creates the distribution from mean and Cholesky factor.
  public init(mean: [Double], factor: [Double]) {
    precondition(
      factor.count == mean.count * mean.count,
      "a factor of \(mean.count) coordinates has \(mean.count * mean.count) entries, not "
        + "\(factor.count)")
    self.mean = mean
    self.factor = factor
  }

  /// The standard deviation of every coordinate.
  public var standardDeviations: [Double] {
    mean.indices.map { row in
      (0...row).reduce(0) { $0 + factor[row * mean.count + $1] * factor[row * mean.count + $1] }
        .squareRoot()
    }
  }

  /// Returns a random position.
  public func draw(using random: inout RandomSource) -> [Double] {
    position(of: mean.map { _ in random.normal() })
  }

  /// Returns the position that belongs to standard normal numbers.
  func position(of noise: [Double]) -> [Double] {
    mean.indices.map { row in
      (0...row).reduce(mean[row]) { $0 + factor[row * mean.count + $1] * noise[$1] }
    }
  }

  /// Returns the log density at a position, normalized.
  public func logDensity(at position: [Double]) -> Double {
    let count = mean.count
    var noise = zip(position, mean).map { $0 - $1 }
    var sum = -halfLogTwoPi * Double(count)
    for row in 0..<count {
      for column in 0..<row { noise[row] -= factor[row * count + column] * noise[column] }
      noise[row] /= factor[row * count + row]
      sum -= 0.5 * noise[row] * noise[row] + log(factor[row * count + row])
    }
    return sum
  }
}

/// Draws from an approximation of a posterior, weighted towards the posterior itself.
public struct ApproximateDraws: Sendable, Hashable {
  /// Free coordinates, each draw equally likely after resampling.
  public var positions: [[Double]]
  /// The smoothed importance weights of the draws that were resampled; their
  /// ``ParetoSmoothedWeights/shape`` above 0.7 says that the approximation cannot be trusted.
  public var weights: ParetoSmoothedWeights
  /// All draws of the approximations, before weights; one approximation after the other.
  public var candidates: [[Double]]
  /// The log density of the posterior at every candidate.
  public var logDensities: [Double]

  /// Draws from one approximation of a model's posterior and resamples as many by importance.
  ///
  /// - Parameters:
  ///   - approximation: The approximation, such as Laplace's.
  ///   - model: The density.
  ///   - count: The number of draws.
  ///   - random: The source of randomness.
  public init<Model: LogDensity>(
    from approximation: GaussianApproximation, of model: Model, count: Int = 1000,
    using random: inout RandomSource
  ) {
    var model = model
    self.init(&model, [approximation], draws: count, kept: count, using: &random)
  }

  /// Draws from approximations and resamples with Pareto-smoothed weights.
  ///
  /// - Parameters:
  ///   - model: The density.
  ///   - approximations: Drawn from in equal parts.
  ///   - draws: The number of draws from each.
  ///   - kept: The number of positions kept, drawn with replacement by weight.
  ///   - random: The source of randomness.
  init<Model: LogDensity>(
    _ model: inout Model, _ approximations: [GaussianApproximation], draws: Int, kept: Int,
    using random: inout RandomSource
  ) {
    candidates = []
    logDensities = []
    var ratios: [Double] = []
    var gradient = [Double](repeating: 0, count: model.dimension)
    for approximation in approximations {
      for _ in 0..<draws {
        let position = approximation.draw(using: &random)
        let value = model.logDensity(at: position, gradient: &gradient)
        candidates.append(position)
        logDensities.append(value)
        ratios.append(value - approximation.logDensity(at: position))
      }
    }
    weights = ParetoSmoothedWeights(logRatios: ratios)
    var sum = 0.0
    let cumulative = weights.logWeights.map { weight in
      sum += exp(weight)
      return sum
    }
    let candidates = candidates
    positions = (0..<kept).map { _ in
      let place = random.uniform() * sum
      let index = cumulative.firstIndex { $0 > place } ?? candidates.count - 1
      return candidates[index]
    }
  }
}
