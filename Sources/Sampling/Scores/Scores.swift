import Foundation
import Randomness

/// Returns the continuous ranked probability score of a forecast given by draws.
///
/// Lower is better; for one draw it is the absolute error.
///
/// - Paper: Gneiting and Raftery, *Strictly Proper Scoring Rules, Prediction, and Estimation* (2007).
/// - Parameters:
///   - draws: Draws from the forecast, at least one, in any order.
///   - observation: What happened.
/// - Returns: mean |x - y| - mean |x - x'| / 2, in the unit of the observation.
public func crps(draws: [Double], observation: Double) -> Double {
  let sorted = draws.sorted()
  let count = Double(sorted.count)
  var error = 0.0
  var spread = 0.0
  for (index, value) in sorted.enumerated() {
    error += abs(value - observation)
    spread += (2 * Double(index) + 1 - count) * value
  }
  return error / count - spread / (count * count)
}

extension Normal where Number == Double {
  /// Returns the continuous ranked probability score of this distribution as a forecast.
  public func crps(observation: Double) -> Double {
    let z = (observation - mean) / standardDeviation
    let density = exp(-0.5 * z * z - halfLogTwoPi)
    return standardDeviation
      * (z * (2 * standardNormalCDF(z) - 1) + 2 * density - 1 / Double.pi.squareRoot())
  }
}

/// Returns the logarithmic score of draws' log densities at the observation: minus the log of the
/// mean density. Lower is better.
///
/// - Parameter logDensities: For every draw of the parameters, the log density of the observation.
/// - Returns: The score; infinite when no draw allows the observation.
public func logScore(logDensities: [Double]) -> Double {
  log(Double(logDensities.count)) - logSumExp(logDensities)
}

/// Returns the share of observations inside the forecasts' central intervals.
///
/// - Parameters:
///   - draws: For every observation, draws from its forecast.
///   - observations: What happened.
///   - level: The probability of the interval, for example 0.9.
/// - Returns: A fraction that a calibrated forecast brings near `level`.
public func coverage(draws: [[Double]], observations: [Double], level: Double) -> Double {
  precondition(
    draws.count == observations.count && !observations.isEmpty,
    "\(draws.count) forecasts were given for \(observations.count) observations")
  let inside = zip(draws, observations).count { draws, observation in
    let sorted = draws.sorted()
    return observation >= quantile(ofSorted: sorted, (1 - level) / 2)
      && observation <= quantile(ofSorted: sorted, (1 + level) / 2)
  }
  return Double(inside) / Double(observations.count)
}

/// Returns the randomized probability integral transform: where the observation stands among the
/// draws, between 0 and 1, uniform for a calibrated forecast, also of counts.
///
/// - Parameters:
///   - draws: Draws from the forecast.
///   - observation: What happened.
///   - random: Breaks ties between the observation and draws.
/// - Returns: A number between 0 and 1.
public func randomizedPIT(
  draws: [Double], observation: Double, using random: inout RandomSource
) -> Double {
  let below = draws.count { $0 < observation }
  let equal = draws.count { $0 == observation }
  // The observation itself is one more among those equal.
  return (Double(below) + random.uniform() * Double(equal + 1)) / Double(draws.count + 1)
}
