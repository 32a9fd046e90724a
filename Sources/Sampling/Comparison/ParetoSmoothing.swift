import Foundation

/// Importance weights whose largest ones are replaced by the quantiles of a fitted generalized
/// Pareto distribution, and the shape k of that fit, which says whether the weights can be trusted.
///
/// - Paper: Vehtari, Simpson, Gelman, Yao and Gabry, *Pareto Smoothed Importance Sampling* (2024).
public struct ParetoSmoothedWeights: Sendable, Hashable {
  /// The logarithms of the smoothed weights, normalized to sum one.
  public var logWeights: [Double]
  /// The shape k-hat: below 0.5 good, up to 0.7 usable, above not to be trusted. Minus infinity
  /// when the tail has no spread, infinite when there are too few draws to fit a tail.
  public var shape: Double

  /// Whether k-hat is at most 0.7.
  public var isTrustworthy: Bool { shape <= 0.7 }

  /// The number of equally weighted draws that would be as precise for the mean.
  public var effectiveSampleSize: Double {
    1 / logWeights.reduce(0) { $0 + exp(2 * $1) }
  }

  /// Smooths weights.
  ///
  /// - Parameters:
  ///   - logRatios: For every draw, log p(draw) - log q(draw) up to a constant.
  ///   - relativeEfficiency: Effective over actual number of draws, below one for Markov chains; it
  ///     lengthens the tail that is fitted.
  public init(logRatios: [Double], relativeEfficiency: Double = 1) {
    let count = logRatios.count
    let largest = logRatios.max() ?? 0
    var weights = logRatios.map { $0.isNaN ? -.infinity : $0 - largest }
    shape = .infinity
    let wanted = min(0.2 * Double(count), 3 * (Double(count) / relativeEfficiency).squareRoot())
    let tail = Int(wanted.rounded(.up))
    if tail >= 5, tail < count {
      let order = weights.indices.sorted { weights[$0] < weights[$1] }
      let cutoff = max(weights[order[count - tail - 1]], -708.3964185322641)
      let tailIndices = order.suffix(tail)
      let excesses = tailIndices.map { exp(weights[$0]) - exp(cutoff) }
      if let first = excesses.first, let last = excesses.last, last > first, first >= 0 {
        let fit = GeneralizedPareto(fittedTo: excesses)
        shape = fit.shape
        if shape.isFinite {
          for (rank, index) in tailIndices.enumerated() {
            let p = (Double(rank) + 0.5) / Double(tail)
            weights[index] = min(0, log(fit.quantile(p) + exp(cutoff)))
          }
        }
      } else {
        shape = -.infinity
      }
    }
    let total = logSumExp(weights)
    logWeights = weights.map { $0 - total }
  }
}

/// The generalized Pareto distribution of excesses over zero.
struct GeneralizedPareto: Sendable, Hashable {
  var shape: Double
  var scale: Double

  init(shape: Double, scale: Double) {
    self.shape = shape
    self.scale = scale
  }

  /// Fits by the empirical Bayes estimate of Zhang and Stephens (2009), with the weak prior on the
  /// shape that Vehtari et al. add.
  ///
  /// - Parameter excesses: In ascending order, at least five.
  init(fittedTo excesses: [Double]) {
    let count = Double(excesses.count)
    let gridSize = 30 + Int(count.squareRoot())
    let quarter = excesses[Int((count / 4 + 0.5).rounded(.down)) - 1]
    let largest = excesses[excesses.count - 1]
    let grid = (1...gridSize).map { index in
      1 / largest + (1 - (Double(gridSize) / (Double(index) - 0.5)).squareRoot()) / (3 * quarter)
    }
    let likelihoods = grid.map { theta in
      let k = Self.shape(excesses, theta)
      return count * (log(-theta / k) - k - 1)
    }
    let total = logSumExp(likelihoods)
    let theta = zip(grid, likelihoods).reduce(0) { $0 + $1.0 * exp($1.1 - total) }
    let raw = Self.shape(excesses, theta)
    scale = -raw / theta
    shape = (count * raw + 10 * 0.5) / (count + 10)
  }

  private static func shape(_ excesses: [Double], _ theta: Double) -> Double {
    excesses.reduce(0) { $0 + log1p(-theta * $1) } / Double(excesses.count)
  }

  func quantile(_ p: Double) -> Double {
    abs(shape) < 1e-12 ? -scale * log1p(-p) : scale * expm1(-shape * log1p(-p)) / shape
  }
}
