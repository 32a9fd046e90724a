import Foundation
import Randomness

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

  /// The quantile of sorted numbers by linear interpolation.
  private static func quantile(_ sorted: [Double], _ level: Double) -> Double {
    let place = level * Double(sorted.count - 1)
    let below = min(Int(place), sorted.count - 2 < 0 ? 0 : sorted.count - 2)
    guard sorted.count > 1 else { return sorted[0] }
    return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}
