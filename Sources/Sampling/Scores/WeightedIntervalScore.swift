/// How the median enters a ``WeightedIntervalScore``.
public enum MedianConvention: Sendable, Hashable, Codable {
  /// Once, with half the weight of an interval: the sum is divided by K + 1/2. The mean over all
  /// quantiles of twice the pinball loss is the same number.
  case countedOnce
  /// As if it were two quantiles, an interval of width zero: the sum is divided by K + 1.
  case countedTwice
}

/// The weighted interval score of a forecast given by quantiles, and its three parts.
///
/// Lower is better; the unit is that of the observation. For one observation and K central
/// intervals it approximates the CRPS.
///
/// - Paper: Bracher, Ray, Gneiting and Reich, *Evaluating epidemic forecasts in an interval format*
///   (2021).
public struct WeightedIntervalScore: Sendable, Hashable, Codable {
  /// The levels of the COVID-19 Forecast Hub: 0.01, 0.025, 0.05, 0.10, ..., 0.95, 0.975, 0.99.
  public static let hubLevels: [Double] =
    [0.01, 0.025] + (1...19).map { Double($0) / 20 } + [0.975, 0.99]

  /// The price of the intervals' width.
  public var dispersion: Double
  /// The price of observations above the intervals.
  public var underprediction: Double
  /// The price of observations below the intervals.
  public var overprediction: Double

  /// The score, the sum of its parts.
  public var total: Double { dispersion + underprediction + overprediction }

  /// Scores a forecast.
  ///
  /// - Parameters:
  ///   - observation: What happened.
  ///   - quantiles: The forecast's quantiles in ascending order of their levels.
  ///   - levels: Their probabilities, ascending and symmetric: 0.1 needs 0.9.
  ///   - median: How the level 0.5, if present, is counted.
  /// - Precondition: As many quantiles as levels, and symmetric levels.
  public init(
    observation: Double, quantiles: [Double], levels: [Double] = hubLevels,
    median: MedianConvention = .countedOnce
  ) {
    precondition(
      quantiles.count == levels.count && !levels.isEmpty,
      "\(quantiles.count) quantiles were given for \(levels.count) levels")
    for (level, mirror) in zip(levels, levels.reversed()) {
      precondition(
        abs(level + mirror - 1) < 1e-9,
        "the levels are not symmetric: \(level) has no partner \(1 - level)")
    }
    let intervals = levels.count / 2
    var weight = Double(intervals)
    (dispersion, underprediction, overprediction) = (0, 0, 0)
    for index in 0..<intervals {
      let (lower, upper) = (quantiles[index], quantiles[levels.count - 1 - index])
      // alpha / 2 times (upper - lower) + 2 / alpha times the miss.
      dispersion += levels[index] * (upper - lower)
      underprediction += max(0, observation - upper)
      overprediction += max(0, lower - observation)
    }
    if !levels.count.isMultiple(of: 2) {
      let share = median == .countedOnce ? 0.5 : 1
      underprediction += share * max(0, observation - quantiles[intervals])
      overprediction += share * max(0, quantiles[intervals] - observation)
      weight += share
    }
    dispersion /= weight
    underprediction /= weight
    overprediction /= weight
  }
}
