import Foundation

/// Weighted interval scores of models relative to each other, fair to a model that lacks targets.
///
/// For two models, `θ_ab` is the ratio of their mean scores on the targets both forecast. A model's
/// skill is the geometric mean of its ratios to all models, itself included.
///
/// - Paper: Cramer et al., *Evaluation of Individual and Ensemble Probabilistic Forecasts of COVID-19
///   Mortality in the United States* (2022).
public struct RelativeScores: Sendable, Equatable {
  /// The skill of each model; below 1 is better than the others on average.
  public private(set) var skills: [String: Double] = [:]

  /// Compares all models of some rows.
  public init(_ rows: [ForecastRow]) {
    let scores = Dictionary(grouping: rows, by: \.model).mapValues { rows in
      Dictionary(
        rows.map { ("\($0.origin)|\($0.place)|\($0.week)", $0.intervalScore.total) },
        uniquingKeysWith: { first, _ in first })
    }
    for (model, own) in scores {
      let logs = scores.values.compactMap { Self.logRatio(own, $0) }
      guard !logs.isEmpty else { continue }
      skills[model] = exp(logs.reduce(0, +) / Double(logs.count))
    }
  }

  /// The skill of a model over that of another; `nil` for models without common targets.
  public subscript(model: String, to baseline: String) -> Double? {
    guard let own = skills[model], let other = skills[baseline], other > 0 else { return nil }
    return own / other
  }

  private static func logRatio(_ own: [String: Double], _ other: [String: Double]) -> Double? {
    let common = own.keys.filter { other[$0] != nil }
    let (mine, theirs) = common.reduce((0.0, 0.0)) {
      ($0.0 + (own[$1] ?? 0), $0.1 + (other[$1] ?? 0))
    }
    return mine > 0 && theirs > 0 ? log(mine / theirs) : nil
  }
}
