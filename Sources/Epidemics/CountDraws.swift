import Foundation
import Randomness
import Sampling

/// How a day's count scatters around its mean.
public struct CountDistribution: Sendable, Equatable {
  /// The concentration `φ` of ordinary counts; infinite for Poisson's.
  public var concentration: Double
  /// The probability of a count out of the ordinary.
  public var outlierShare: Double
  /// The concentration of such counts.
  public var outlierConcentration: Double

  /// Creates a distribution; without outliers unless their share is given.
  public init(
    concentration: Double, outlierShare: Double = 0, outlierConcentration: Double = 0.5
  ) {
    self.concentration = concentration
    self.outlierShare = outlierShare
    self.outlierConcentration = outlierConcentration
  }

  /// The logarithm of a count's probability; means below 1e-8 count as that.
  public func logProbability(_ count: Int, mean: Double) -> Double {
    let ordinary = Self.logProbability(count, mean, concentration)
    guard outlierShare > 0 else { return ordinary }
    return logSumExp(
      log1p(-outlierShare) + ordinary,
      log(outlierShare) + Self.logProbability(count, mean, outlierConcentration))
  }

  private static func logProbability(
    _ count: Int, _ mean: Double, _ concentration: Double
  ) -> Double {
    let mean = max(mean, 1e-8)
    guard concentration < CountTable.poissonConcentration else {
      return Poisson(mean: mean).logDensity(Double(count))
    }
    return NegativeBinomial(mean: mean, concentration: concentration).logDensity(Double(count))
  }

  /// The variance of counts of a mean.
  public func variance(mean: Double) -> Double {
    mean + mean * mean
      * ((1 - outlierShare) / concentration
        + (outlierShare > 0 ? outlierShare / outlierConcentration : 0))
  }

  /// A count drawn at random.
  public func draw(mean: Double, using random: inout RandomSource) -> Int {
    let isOutlier = outlierShare > 0 && random.uniform() < outlierShare
    return CountDraws.count(
      mean: mean, concentration: isOutlier ? outlierConcentration : concentration, using: &random)
  }
}

/// Whole numbers drawn at random.
enum CountDraws {
  /// A negative binomial number of a mean and a concentration; Poisson's for an infinite one.
  static func count(
    mean: Double, concentration: Double, using random: inout RandomSource
  ) -> Int {
    guard mean > 0 else { return 0 }
    // Beyond this a forecast only says "very many", and whole numbers would overflow.
    let mean = min(mean, 1e9)
    guard concentration < CountTable.poissonConcentration else {
      return Poisson(mean: mean).draw(using: &random)
    }
    return NegativeBinomial(mean: mean, concentration: concentration).draw(using: &random)
  }

  /// How many of `trials` succeed with a probability.
  ///
  /// Sums geometric waits between successes while few are expected, else the normal approximation
  /// cut to the possible numbers, which at that size is off by less than one in a thousand.
  static func binomial(
    _ trials: Int, probability: Double, using random: inout RandomSource
  ) -> Int {
    guard trials > 0, probability > 0 else { return 0 }
    guard probability < 1 else { return trials }
    if probability > 0.5 {
      return trials - binomial(trials, probability: 1 - probability, using: &random)
    }
    let mean = Double(trials) * probability
    guard mean < 60 else {
      let deviation = (mean * (1 - probability)).squareRoot()
      let value = random.normal(mean: mean, standardDeviation: deviation).rounded()
      return min(max(Int(value), 0), trials)
    }
    let scale = log1p(-probability)
    var (successes, used) = (0, 0.0)
    while true {
      used += (log(1 - random.uniform()) / scale).rounded(.down) + 1
      if used > Double(trials) { return successes }
      successes += 1
    }
  }
}
