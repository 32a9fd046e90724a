import Foundation
import Randomness
import Sampling

/// Forecasts of weekly deaths without a model of the epidemic.
public enum Baseline {
  /// The COVID-19 Forecast Hub's: the last week, moved by past changes and their mirror images.
  ///
  /// Horizon 1 has the quantiles of last week plus changes; further horizons shuffle and add, and
  /// are recentered so that the median stays. Floored at 0 for output only.
  ///
  /// - Parameters:
  ///   - weeks: Past weekly deaths, at least two after leading zeros; earlier ones first.
  ///   - horizons: Weeks ahead.
  ///   - levels: Probabilities of the quantiles.
  ///   - points: Size of the quantile grid that stands for the distribution.
  ///   - random: Shuffles.
  /// - Returns: Quantiles by horizon.
  public static func hub(
    weeks: [Double], horizons: Int, levels: [Double], points: Int = 100_000,
    using random: inout RandomSource
  ) -> [[Double]] {
    let used = Array(weeks.drop { $0 == 0 })
    let last = used.last ?? 0
    let changes = zip(used.dropFirst(), used).map { $0 - $1 }
    let pooled = (changes + changes.map { -$0 }).sorted()
    guard !pooled.isEmpty else {
      return Array(repeating: levels.map { _ in last }, count: horizons)
    }
    let grid = (0..<points).map { quantile(pooled, Double($0) / Double(points - 1)) }
    var values = grid.map { last + $0 }
    return (1...horizons).map { horizon in
      if horizon > 1 {
        let shuffled = grid.shuffled(using: &random)
        for index in values.indices { values[index] += shuffled[index] }
      }
      let sorted = values.sorted()
      let shift = horizon > 1 ? last - quantile(sorted, 0.5) : 0
      return levels.map { max(0, quantile(sorted, $0) + shift) }
    }
  }

  /// Every week as the last one, with the spread of Poisson counts around it widened to that of
  /// past changes of like size: negative binomial with the concentration of week-to-week ratios.
  ///
  /// - Returns: Quantiles by horizon.
  public static func persistence(
    weeks: [Double], horizons: Int, levels: [Double], using random: inout RandomSource
  ) -> [[Double]] {
    let last = weeks.last ?? 0
    let changes = zip(weeks.dropFirst(), weeks).suffix(4).map { $0 - $1 }
    let squares = changes.reduce(0) { $0 + $1 * $1 }
    let variance = changes.isEmpty ? last : squares / Double(changes.count)
    return (1...horizons).map { horizon in
      let total = max(variance * Double(horizon), last + 1)
      let mean = max(last, 0.5)
      let concentration = total > mean ? mean * mean / (total - mean) : .infinity
      let draws = (0..<2000).map { _ in
        Double(CountDraws.count(mean: mean, concentration: concentration, using: &random))
      }.sorted()
      return levels.map { quantile(draws, $0) }
    }
  }

  /// Simple exponential smoothing of log(1 + deaths), which is ARIMA(0, 1, 1): the level's weight is
  /// that of the least one-step errors, further weeks are less certain as the model says.
  ///
  /// - Returns: Quantiles by horizon.
  public static func smoothing(weeks: [Double], horizons: Int, levels: [Double]) -> [[Double]] {
    let used = weeks.drop { $0 == 0 }.map { log1p(max($0, 0)) }
    guard let first = used.first, used.count > 2 else {
      return Array(repeating: levels.map { _ in weeks.last ?? 0 }, count: horizons)
    }
    func fit(_ weight: Double) -> (level: Double, error: Double) {
      used.dropFirst().reduce((first, 0)) { state, value in
        let error = value - state.0
        return (state.0 + weight * error, state.1 + error * error)
      }
    }
    let weights = (1...20).map { 0.05 * Double($0) }
    let weight = weights.min { fit($0).error < fit($1).error } ?? 1
    let (level, error) = fit(weight)
    let variance = error / Double(used.count - 1)
    return (0..<horizons).map { ahead in
      let deviation = (variance * (1 + Double(ahead) * weight * weight)).squareRoot()
      return levels.map { max(0, expm1(level + standardNormalQuantile($0) * deviation)) }
    }
  }

  /// The quantile of sorted numbers by linear interpolation.
  private static func quantile(_ sorted: [Double], _ level: Double) -> Double {
    let place = level * Double(sorted.count - 1)
    let below = min(Int(place), sorted.count - 2 < 0 ? 0 : sorted.count - 2)
    guard sorted.count > 1 else { return sorted[0] }
    return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}
