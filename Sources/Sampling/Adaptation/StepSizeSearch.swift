import Foundation
import Randomness

extension HamiltonianSystem {
  /// Finds a step size whose first step has an acceptance near 0.8, doubling or halving from a
  /// guess with a fresh momentum each time; the point stays where it is.
  ///
  /// - Throws: ``SamplingError`` when no step is small enough or none is too large.
  func reasonableStepSize<Model: LogDensity>(
    from guess: Double, _ model: inout Model, using random: inout RandomSource
  ) throws(SamplingError) -> Double {
    let start = (position: position, gradient: gradient, logDensity: logDensity)
    var stepSize = guess
    var gain = trialGain(stepSize, &model, start, &random)
    let grows = gain > log(0.8)
    while true {
      gain = trialGain(stepSize, &model, start, &random)
      // Written so that a NaN ends the growth and continues the shrinking.
      if grows ? !(gain > log(0.8)) : gain >= log(0.8) { return stepSize }
      stepSize *= grows ? 2 : 0.5
      guard stepSize < 1e7 else { throw .improperDensity(stepSize: stepSize) }
      guard stepSize > 0 else { throw .noStepSize(position: start.position) }
    }
  }

  private func trialGain<Model: LogDensity>(
    _ stepSize: Double, _ model: inout Model,
    _ start: (position: [Double], gradient: [Double], logDensity: Double),
    _ random: inout RandomSource
  ) -> Double {
    refreshMomentum(using: &random)
    let before = energy
    leapfrog(stepSize, &model)
    let after = energy
    (position, gradient, logDensity) = start
    return before - after
  }
}
