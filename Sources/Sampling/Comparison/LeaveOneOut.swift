import Foundation

/// The expected log predictive density of new data, estimated by leaving out one observation at a
/// time with Pareto-smoothed importance sampling (PSIS-LOO).
///
/// - Paper: Vehtari, Gelman and Gabry, *Practical Bayesian Model Evaluation using Leave-One-Out
///   Cross-Validation and WAIC* (2017).
public struct LeaveOneOut: Sendable, Hashable {
  /// For every observation, its log predictive density when it is left out; higher is better.
  public var pointwise: [Double]
  /// For every observation, the k-hat of its weights; above 0.7 its value is not to be trusted.
  public var shapes: [Double]
  /// The effective number of parameters: how much better the observations are predicted when they
  /// were seen.
  public var effectiveParameters: Double

  /// Estimates from the log likelihood of every observation at every draw.
  ///
  /// - Parameter logLikelihood: `[chain][draw][observation]`.
  public init(logLikelihood: [[[Double]]]) {
    let observations = logLikelihood.first?.first?.count ?? 0
    pointwise = []
    shapes = []
    var seen = 0.0
    for observation in 0..<observations {
      let chains = logLikelihood.map { chain in chain.map { $0[observation] } }
      let all = chains.flatMap { $0 }
      let weights = ParetoSmoothedWeights(
        logRatios: all.map { -$0 },
        relativeEfficiency: Self.relativeEfficiency(chains))
      pointwise.append(logSumExp(zip(weights.logWeights, all).map { $0 + $1 }))
      shapes.append(weights.shape)
      seen += logSumExp(all) - log(Double(all.count))
    }
    effectiveParameters = seen - pointwise.reduce(0, +)
  }

  /// The sum over all observations (elpd).
  public var expectedLogDensity: Double { pointwise.reduce(0, +) }

  /// The standard error of ``expectedLogDensity``.
  public var standardError: Double {
    (Double(pointwise.count) * variance(pointwise)).squareRoot()
  }

  /// The observations whose k-hat is above 0.7, by index.
  public var doubtful: [Int] { shapes.indices.filter { !(shapes[$0] <= 0.7) } }

  /// Returns how much better this model predicts than another on the same observations, with the
  /// standard error of the difference.
  public func advantage(over other: LeaveOneOut) -> (difference: Double, standardError: Double) {
    precondition(
      pointwise.count == other.pointwise.count,
      "the models were fitted to \(pointwise.count) and \(other.pointwise.count) observations")
    let differences = zip(pointwise, other.pointwise).map { $0 - $1 }
    return (
      differences.reduce(0, +), (Double(differences.count) * variance(differences)).squareRoot()
    )
  }

  /// Effective over actual draws of the likelihood itself.
  private static func relativeEfficiency(_ chains: [[Double]]) -> Double {
    let largest = chains.joined().max() ?? 0
    let size = meanESS(chains.map { chain in chain.map { exp($0 - largest) } })
    let draws = Double(chains.reduce(0) { $0 + $1.count })
    return size.isNaN ? 1 : min(1, size / draws)
  }
}
