import Foundation
import Randomness
import Sampling

/// Rolling-origin evaluation: fit with what was known then, compare with what was counted later.
public struct Evaluation: Sendable {
  /// The name of the hub's baseline in rows.
  public static let hubBaseline = "hub baseline"
  /// The name of persistence in rows.
  public static let persistence = "persistence"
  /// The name of exponential smoothing in rows.
  public static let smoothing = "smoothing"

  private let recipe: EpidemicRecipe
  private let data: EpidemicData
  private let truth: DeathTable
  /// Deaths as known at an origin, where a vintage is named.
  private let vintages: [Day: DeathTable]

  /// A fit among the evaluation's, for progress.
  public struct Step: Sendable {
    /// The last day of data.
    public var origin: Day
    /// The model.
    public var variant: ModelVariant
    /// Fits done before, and all.
    public var index: Int
    /// See `index`.
    public var count: Int
  }

  /// Reads the recipe's data and truth.
  ///
  /// - Throws: `FileFailure` for files, and for a recipe without origins.
  public init(_ recipe: EpidemicRecipe) throws {
    var recipe = recipe
    if recipe.data.deaths == nil {
      let simulated = SimulatedPlaces(recipe)
      data = simulated.data
      if recipe.evaluation.origins.isEmpty {
        recipe.evaluation.origins = [simulated.through.text]
      }
    } else {
      data = try EpidemicData(reading: recipe.data)
      if recipe.evaluation.origins.isEmpty {
        let end = try data.lastDay(recipe.data)
        recipe.evaluation.origins = [(end - 7 * recipe.evaluation.weeks).text]
      }
    }
    let names = try recipe.data.mapping.map { try PlaceNames(path: $0) } ?? PlaceNames()
    var vintages: [Day: DeathTable] = [:]
    for vintage in recipe.evaluation.vintages {
      guard let origin = Day(vintage.origin) else { continue }
      vintages[origin] = try DeathTable(
        path: vintage.deaths, meaning: recipe.data.deathsAre, names: names)
    }
    self.vintages = vintages
    truth =
      try recipe.evaluation.truth.map {
        try DeathTable(path: $0, meaning: recipe.data.deathsAre, names: names)
      } ?? data.deaths
    self.recipe = recipe
  }

  /// Origins and variants, in the order they are fitted.
  public var steps: [Step] {
    let origins = recipe.evaluation.origins.compactMap { Day($0) }
    let pairs = origins.flatMap { origin in recipe.evaluation.models.map { (origin, $0) } }
    return pairs.enumerated().map {
      Step(origin: $1.0, variant: $1.1, index: $0, count: pairs.count)
    }
  }

  /// Fits one model at one origin and scores its forecasts.
  ///
  /// - Throws: `FileFailure` or `SamplingError`.
  public func rows(_ step: Step, threads: Int? = nil) throws -> (rows: [ForecastRow], draws: Draws)
  {
    var changed = step.variant.applied(to: recipe)
    changed.data.through = step.origin.text
    var known = data
    if let vintage = vintages[step.origin] { known.deaths = vintage }
    let problem = try EpidemicProblem(changed, data: known)
    let fit = try problem.fit(threads: threads)
    let draws = fit.draws
    let complaint = fit.approximation.map { Self.complaint($0) } ?? Self.complaint(draws)
    let predictions = try problem.predictions(
      draws.values.flatMap { $0 }, days: 7 * recipe.evaluation.weeks)
    var random = RandomSource(seed: recipe.seed ^ 0x504954)
    let rows = predictions.flatMap { prediction in
      (1...recipe.evaluation.weeks).compactMap { week -> ForecastRow? in
        guard let counts = counts(prediction.name, after: step.origin, week: week) else {
          return nil
        }
        return Self.row(
          prediction, step, week, counts, complaint, origin: step.origin, using: &random)
      }
    }
    return (rows, draws)
  }

  /// A fit is flagged when R-hat exceeds 1.05 or more than one draw in a hundred diverged.
  static func complaint(_ draws: Draws) -> String {
    let worst =
      draws.elementNames.indices.map { rHat(draws[element: $0]) }
      .filter { !$0.isNaN }.max() ?? .nan
    let share = Double(draws.divergences) / Double(max(draws.chainCount * draws.drawCount, 1))
    var parts: [String] = []
    if !(worst < 1.05) { parts.append(String(format: "R-hat %.3f", worst)) }
    if share > 0.01 { parts.append(String(format: "%.1f %% divergent", 100 * share)) }
    return parts.joined(separator: ", ")
  }

  private static func complaint(_ approximation: ApproximateFit) -> String {
    let shape = String(format: "k-hat %.2f", approximation.shape)
    return approximation.shape <= 0.7 ? "" : shape
  }

  private static func row(
    _ prediction: PlacePrediction, _ step: Step, _ week: Int, _ counts: [Int],
    _ complaint: String, origin: Day, using random: inout RandomSource
  ) -> ForecastRow {
    let draws = prediction.weeklyDeaths(week)
    let sorted = draws.sorted()
    let truth = Double(counts.reduce(0, +))
    let first = prediction.observedDays + 7 * (week - 1)
    let densities = prediction.expected.indices.map { index in
      counts.enumerated().reduce(0.0) { sum, entry in
        sum
          + prediction.counts[index].logProbability(
            entry.element, mean: prediction.expected[index][first + entry.offset])
      }
    }
    return ForecastRow(
      origin: origin.text, place: prediction.name, week: week, model: step.variant.rawValue,
      quantiles: WeightedIntervalScore.hubLevels.map { quantile(ofSorted: sorted, $0) },
      truth: truth, crps: Sampling.crps(draws: draws, observation: truth),
      pit: randomizedPIT(draws: draws, observation: truth, using: &random),
      logScore: Sampling.logScore(logDensities: densities), complaint: complaint)
  }

  /// The daily counts of a week after an origin as known later; `nil` if any is missing.
  func counts(_ place: String, after origin: Day, week: Int) -> [Int]? {
    guard let series = truth.series[place] else { return nil }
    let clean = Cleaning.withoutNegatives(series.counts, recipe.data.negatives)
    let first = origin - series.start + 1 + 7 * (week - 1)
    guard first >= 0, first + 7 <= clean.count else { return nil }
    let values = clean[first..<(first + 7)].compactMap { $0 }
    return values.count == 7 ? values : nil
  }

  /// The forecasts of the hub's baseline, persistence and exponential smoothing from every origin.
  public func baselineRows() -> [ForecastRow] {
    var random = RandomSource(seed: recipe.seed ^ 0x42617365)
    let levels = WeightedIntervalScore.hubLevels
    let horizons = recipe.evaluation.weeks
    return recipe.evaluation.origins.compactMap { Day($0) }.flatMap { origin in
      data.places.flatMap { place -> [ForecastRow] in
        let weeks = pastWeeks(place, through: origin)
        let forecasts = [
          (
            Self.hubBaseline,
            Baseline.hub(
              weeks: weeks, horizons: horizons, levels: levels, points: 20_000, using: &random)
          ),
          (
            Self.persistence,
            Baseline.persistence(
              weeks: weeks, horizons: horizons, levels: levels, using: &random)
          ),
          (Self.smoothing, Baseline.smoothing(weeks: weeks, horizons: horizons, levels: levels)),
        ]
        return forecasts.flatMap { name, quantiles in
          (1...horizons).compactMap { week in
            counts(place, after: origin, week: week).map { counts in
              ForecastRow(
                origin: origin.text, place: place, week: week, model: name,
                quantiles: quantiles[week - 1], truth: Double(counts.reduce(0, +)), crps: nil,
                pit: nil, logScore: nil, complaint: "")
            }
          }
        }
      }
    }
  }

  /// Weekly deaths through an origin, as known then, earlier weeks first.
  private func pastWeeks(_ place: String, through origin: Day) -> [Double] {
    guard let series = (vintages[origin] ?? data.deaths).series[place] else { return [] }
    let known = Array(series.counts.prefix(max(0, origin - series.start + 1)))
    let clean = Cleaning.withoutNegatives(known, recipe.data.negatives)
    return stride(from: clean.count % 7, to: clean.count, by: 7).map { start in
      Double(clean[start..<(start + 7)].reduce(0) { $0 + ($1 ?? 0) })
    }
  }
}
