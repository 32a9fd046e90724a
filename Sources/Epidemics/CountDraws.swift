import Foundation
import Randomness
import Sampling

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
