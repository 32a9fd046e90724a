import Foundation

/// The constants of CMA-ES that follow from the dimension and the population.
///
/// - Paper: Hansen, *The CMA Evolution Strategy: A Tutorial* (2016), table 1, with active
///   (negative) weights.
public struct StrategyParameters: Sendable, Equatable {
  /// `lambda`, the candidates per generation.
  public let population: Int
  /// The weight of each rank, best first; the worse half is negative.
  public let weights: [Double]
  /// `mu_eff`, the candidates that the positive weights amount to.
  public let effectiveParents: Double
  /// `c_sigma`, how fast the path of the step size forgets.
  public let stepPathRate: Double
  /// `d_sigma`, the damping of the step size.
  public let stepDamping: Double
  /// `c_c`, how fast the path of the covariance forgets.
  public let covariancePathRate: Double
  /// `c_1`, the weight of the path in the covariance.
  public let rankOneRate: Double
  /// `c_mu`, the weight of the candidates in the covariance.
  public let rankMuRate: Double
  /// `chi_n`, the expected length of a standard normal vector.
  public let expectedLength: Double

  /// Computes the constants.
  ///
  /// - Parameters:
  ///   - dimension: The number of coordinates.
  ///   - population: The candidates per generation, at least 2.
  ///   - rankMuOffset: The term `o` in `c_mu`: 0 in the tutorial, 1/4 in pycma.
  ///   - isSeparable: Whether only variances are learned, which allows `(n + 2) / 3` times the
  ///     rates (Ros and Hansen 2008).
  ///   - usesNegativeWeights: Whether the worse half has negative weights instead of none.
  public init(
    dimension: Int, population: Int, rankMuOffset: Double = 0, isSeparable: Bool = false,
    usesNegativeWeights: Bool = true
  ) {
    let n = Double(dimension)
    let parents = population / 2
    let raw = (1...population).map { log((Double(population) + 1) / 2) - log(Double($0)) }
    let positive = raw[..<parents].reduce(0, +)
    let negative = raw[parents...].reduce(0, +)
    let muEff = positive * positive / raw[..<parents].reduce(0) { $0 + $1 * $1 }
    let muEffNegative = negative * negative / raw[parents...].reduce(0) { $0 + $1 * $1 }

    let speedup = isSeparable ? (n + 2) / 3 : 1
    let c1 = min(1, speedup * 2 / ((n + 1.3) * (n + 1.3) + muEff))
    let cMu = min(
      1 - c1,
      speedup * 2 * max(0, muEff - 2 + 1 / muEff + rankMuOffset) / ((n + 2) * (n + 2) + muEff))
    let cSigma = (muEff + 2) / (n + muEff + 5)

    // The last bound keeps the covariance positive definite; the other two keep its trace.
    let total =
      usesNegativeWeights && cMu > 0
      ? min(1 + c1 / cMu, 1 + 2 * muEffNegative / (muEff + 2), (1 - c1 - cMu) / (n * cMu)) : 0
    weights = raw.enumerated().map { index, weight in
      index < parents ? weight / positive : total * weight / -negative
    }
    self.population = population
    effectiveParents = muEff
    stepPathRate = cSigma
    stepDamping = 1 + 2 * max(0, ((muEff - 1) / (n + 1)).squareRoot() - 1) + cSigma
    covariancePathRate = (4 + muEff / n) / (n + 4 + 2 * muEff / n)
    rankOneRate = c1
    rankMuRate = cMu
    expectedLength = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))
  }

  /// The usual population: 4 + floor(3 ln n).
  public static func defaultPopulation(dimension: Int) -> Int {
    4 + Int(3 * log(Double(dimension)))
  }

  /// `mu`, how many candidates have a positive weight.
  var parents: Int { population / 2 }
}
