import Foundation
import Sampling

/// One forecast of one place's weekly deaths, and what happened.
public struct ForecastRow: Codable, Sendable, Equatable {
  /// The last day of data.
  public var origin: String
  /// The place.
  public var place: String
  /// Weeks ahead, from 1.
  public var week: Int
  /// Whose forecast.
  public var model: String
  /// The 23 quantiles of the forecast hubs.
  public var quantiles: [Double]
  /// Deaths counted later.
  public var truth: Double
  /// Of draws, where there are any: continuous ranked probability score, randomized probability
  /// integral transform, and minus log probability of the week's daily counts.
  public var crps: Double?
  /// See `crps`.
  public var pit: Double?
  /// See `crps`.
  public var logScore: Double?
  /// Why the fit behind it is not to be trusted; empty if it is.
  public var complaint: String

  /// The weighted interval score.
  public var intervalScore: WeightedIntervalScore {
    WeightedIntervalScore(observation: truth, quantiles: quantiles)
  }

  /// The weighted interval score of log(1 + deaths).
  public var logIntervalScore: Double {
    WeightedIntervalScore(
      observation: log1p(truth), quantiles: quantiles.map { log1p(max($0, 0)) }
    ).total
  }

  /// The error of the median.
  public var medianError: Double { abs(quantiles[quantiles.count / 2] - truth) }

  /// Whether the truth lies in the central interval of a probability, one of the hub's.
  public func isCovered(_ level: Double) -> Bool {
    let levels = WeightedIntervalScore.hubLevels
    guard let low = levels.firstIndex(where: { abs($0 - (1 - level) / 2) < 1e-9 }) else {
      return false
    }
    return truth >= quantiles[low] && truth <= quantiles[levels.count - 1 - low]
  }
}

/// Scores of one model at one horizon, over places and origins.
public struct WeeklyScore: Codable, Sendable, Equatable {
  /// Whose forecasts.
  public var model: String
  /// Weeks ahead; `nil` for all.
  public var week: Int?
  /// Forecasts scored.
  public var count: Int
  /// Mean absolute error of medians.
  public var absoluteError: Double
  /// Mean weighted interval score.
  public var intervalScore: Double
  /// Its parts: width, misses above, misses below.
  public var dispersion: Double
  /// See `dispersion`.
  public var underprediction: Double
  /// See `dispersion`.
  public var overprediction: Double
  /// Mean weighted interval score on the log scale.
  public var logIntervalScore: Double
  /// Share of truths in central intervals of 50, 80, 90 and 95 %.
  public var coverage: [Double]
  /// Weighted interval score relative to all others, as ``RelativeScores`` puts it, the hub's
  /// baseline being 1.
  public var relative: Double?
  /// How many probability integral transforms fall into each tenth, for models with draws; even where
  /// forecasts are calibrated, high at the ends where they are too narrow.
  public var transforms: [Int]?
  /// Mean continuous ranked probability score, for models with draws.
  public var crps: Double?
  /// Mean minus log probability of a week's daily counts, for models with draws.
  public var logScore: Double?
  /// Forecasts whose fit is not to be trusted.
  public var flagged: Int

  /// Levels of ``coverage``.
  public static let levels = [0.5, 0.8, 0.9, 0.95]

  /// Scores a model's rows.
  public init(_ rows: [ForecastRow], model: String, week: Int?, relative: Double? = nil) {
    self.model = model
    self.week = week
    count = rows.count
    func mean(_ value: (ForecastRow) -> Double?) -> Double? {
      let values = rows.compactMap(value)
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    let scores = rows.map(\.intervalScore)
    func part(_ key: KeyPath<WeightedIntervalScore, Double>) -> Double {
      scores.reduce(0) { $0 + $1[keyPath: key] } / Double(max(scores.count, 1))
    }
    absoluteError = mean(\.medianError) ?? .nan
    intervalScore = part(\.total)
    dispersion = part(\.dispersion)
    underprediction = part(\.underprediction)
    overprediction = part(\.overprediction)
    logIntervalScore = mean(\.logIntervalScore) ?? .nan
    coverage = Self.levels.map { level in mean { $0.isCovered(level) ? 1 : 0 } ?? .nan }
    let values = rows.compactMap(\.pit)
    if !values.isEmpty {
      var tenths = Array(repeating: 0, count: 10)
      for value in values { tenths[min(9, max(0, Int(10 * value)))] += 1 }
      transforms = tenths
    }
    crps = mean(\.crps)
    logScore = mean(\.logScore)
    flagged = rows.count { !$0.complaint.isEmpty }
    self.relative = relative
  }

  /// Scores every model of some rows by week and over all.
  public static func all(_ rows: [ForecastRow]) -> [WeeklyScore] {
    var models: [String] = []
    for row in rows where !models.contains(row.model) { models.append(row.model) }
    let weeks: [Int?] = Set(rows.map(\.week)).sorted()
    let relative = (weeks + [nil]).map { week in
      RelativeScores(rows.filter { week == nil || $0.week == week })
    }
    return models.flatMap { model in
      (weeks + [nil]).enumerated().map { index, week in
        WeeklyScore(
          rows.filter { $0.model == model && (week == nil || $0.week == week) }, model: model,
          week: week, relative: relative[index][model, to: Evaluation.hubBaseline])
      }
    }
  }
}
