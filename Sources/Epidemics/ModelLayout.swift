import Foundation

/// Everything of a model that does not change while it is sampled: data, priors and where each
/// coordinate stands.
struct ModelLayout: Sendable {
  let places: [PlaceSeries]
  let course: DiseaseCourse
  let settings: ModelSettings
  let priors: Priors
  /// Features of mobility, then interventions.
  let featureCount: Int
  let mobilityCount: Int
  let contact: PlaceParameter
  let weights: [PlaceParameter]
  /// How deviations of the mobility weights go together; `nil` where they are independent.
  let correlation: WeightCorrelation?
  let latent: LatentFactor
  let seed: PlaceParameter
  let fatality: PlaceParameter?
  let dispersion: PlaceParameter?
  /// Six weekday logits; `nil` without.
  let weekdayOffset: Int?
  /// Logs of the mean waits until death; `nil` where they are known.
  let waitOffset: Int?
  let maps: [CoordinateMap]
  let dimension: Int
  /// Where each place's latent values begin among those of all places.
  let latentStarts: [Int]
  /// Where each place's days begin among those of all places.
  let dayStarts: [Int]
  let observations: [PlaceCounts]
  /// Where the table of different counts holds each of a place's counts.
  let tableEntries: [[Int]]
  /// The different counts; one table for all places that share a concentration.
  let tables: [CountTable]
  /// The same tables for counts out of the ordinary; `nil` where all are ordinary.
  let outlierTables: [CountTable]?
  /// Features of all days and places, row by row.
  let features: [Double]
  /// Shift of the softplus link.
  let softplusShift: Double

  init(
    places: [PlaceSeries], course: DiseaseCourse, settings: ModelSettings, priors: Priors,
    featureSigns: [Double]
  ) {
    self.places = places
    self.course = course
    self.settings = settings
    self.priors = priors
    let mobilityCount = settings.usesMobility ? places.first?.features.first?.count ?? 0 : 0
    self.mobilityCount = mobilityCount
    featureCount = mobilityCount + (places.first?.interventions.first?.count ?? 0)
    let count = places.count
    let centered = places.map { place in
      settings.centersAboveDeaths.map { place.cumulativeDeaths > $0 } ?? false
    }
    var end = 0
    func take(_ parameter: PlaceParameter) -> PlaceParameter {
      end += parameter.count
      return parameter
    }
    contact = take(
      PlaceParameter(
        "contact", settings.contactPooling,
        placeMeans: Array(repeating: priors.logContact.mean, count: count),
        prior: .normal(deviation: priors.logContact.standardDeviation),
        spread: priors.contactSpread,
        isCentered: centered, offset: end))
    let names = Set(places.map(\.group)).sorted()
    let grouping =
      names.count > 1
      ? PlaceParameter.Grouping(
        groupOfPlace: places.map { names.firstIndex(of: $0.group) ?? 0 }, count: names.count,
        spread: priors.groupSpread) : nil
    weights = (0..<featureCount).map { feature in
      take(
        PlaceParameter(
          "mobility", feature < mobilityCount ? settings.mobilityPooling : .pooled,
          placeMeans: Array(repeating: 0, count: count),
          prior: .normal(
            deviation: feature < mobilityCount ? priors.mobility : priors.intervention),
          spread: priors.mobilitySpread, isCentered: centered, groups: grouping, offset: end))
    }
    correlation = Self.correlation(Array(weights.prefix(mobilityCount)), settings, priors, end)
    end += correlation?.count ?? 0
    latent = LatentFactor(settings, priors, days: places.map(\.days), offset: end)
    end += latent.count
    seed = take(
      PlaceParameter(
        "seed", settings.seedPooling,
        placeMeans: Array(repeating: priors.logSeed.mean, count: count),
        prior: .normal(deviation: priors.logSeed.standardDeviation), spread: priors.seedSpread,
        offset: end))
    fatality =
      settings.severity == .fixed
      ? nil
      : take(
        PlaceParameter(
          "fatality", settings.severity == .partial ? .partial : .unpooled,
          placeMeans: places.map { log($0.fatality) },
          prior: .normal(deviation: priors.severityDeviation),
          spread: priors.severitySpread, offset: end))
    dispersion =
      settings.likelihood == .poisson
      ? nil : take(Self.dispersion(settings, priors, count: count, offset: end))
    weekdayOffset = settings.weekdays ? end : nil
    if settings.weekdays { end += 6 }
    waitOffset = settings.infersWaits ? end : nil
    if settings.infersWaits { end += course.deathChain.count }
    dimension = end
    maps = Self.maps(
      Array(weights.prefix(mobilityCount)), places, settings, priors, featureSigns)
    latentStarts = Self.starts(latent.numbers)
    dayStarts = Self.starts(places.map(\.days))
    let observations = places.map { PlaceCounts($0, settings) }
    self.observations = observations
    let isShared = count == 1 || dispersion.map { $0.pooling == .pooled } ?? true
    let tables =
      isShared
      ? [CountTable(observations.flatMap(\.counts) + [0])]
      : observations.map { CountTable($0.counts + [0]) }
    self.tables = tables
    outlierTables =
      settings.likelihood == .outlierMixture
      ? tables.map { $0.updated(concentration: priors.outlierConcentration) } : nil
    tableEntries = observations.enumerated().map { place, counts in
      counts.counts.map { tables[isShared ? 0 : place].index(of: $0) }
    }
    features = places.flatMap { place in
      (0..<place.days).flatMap { day in
        Array(place.features[day].prefix(mobilityCount)) + place.interventions(on: day)
      }
    }
    let baseline = exp(priors.logContact.mean)
    softplusShift = log(expm1(baseline)) - priors.logContact.mean
  }

  private static func correlation(
    _ weights: [PlaceParameter], _ settings: ModelSettings, _ priors: Priors, _ offset: Int
  ) -> WeightCorrelation? {
    guard settings.correlatesMobility, weights.count > 1,
      let first = weights.first, first.pooling == .partial
    else { return nil }
    return WeightCorrelation(
      size: weights.count, shape: priors.correlation, offset: offset,
      deviations: (0..<first.placeCount).map { place in weights.map { $0.deviation(place) } })
  }

  /// How counts of a concentration scatter.
  func countDistribution(concentration: Double) -> CountDistribution {
    CountDistribution(
      concentration: concentration,
      outlierShare: settings.likelihood == .outlierMixture ? priors.outlierShare : 0,
      outlierConcentration: priors.outlierConcentration)
  }

  /// The logarithm of `1/√φ`.
  private static func dispersion(
    _ settings: ModelSettings, _ priors: Priors, count: Int, offset: Int
  ) -> PlaceParameter {
    PlaceParameter(
      "dispersion", settings.dispersionPooling,
      placeMeans: Array(repeating: log(0.6745 * priors.dispersion), count: count),
      prior: .logOfHalfNormal(scale: priors.dispersion), spread: priors.dispersionSpread,
      offset: offset)
  }

  private static func starts(_ counts: [Int]) -> [Int] {
    var next = 0
    return counts.map { count in
      defer { next += count }
      return next
    }
  }

  private static func maps(
    _ weights: [PlaceParameter], _ places: [PlaceSeries], _ settings: ModelSettings,
    _ priors: Priors, _ signs: [Double]
  ) -> [CoordinateMap] {
    if settings.constrainsSigns {
      return zip(weights, signs).flatMap { weight, sign in
        weight.locations.map { CoordinateMap.signed(index: $0, sign: sign) }
      }
    }
    guard settings.whitens, weights.count > 1 else { return [] }
    let rows = places.flatMap(\.features)
    let (matrix, logDeterminant) = whiteningMatrix(rows: rows, priorDeviation: priors.mobility)
    let sets = weights[0].locations.indices.map { place in weights.map { $0.locations[place] } }
    return sets.map {
      .linear(indices: $0, matrix: matrix, logDeterminant: logDeterminant)
    }
  }
}

/// The counts of one place that are compared, each a run of days.
struct PlaceCounts: Sendable {
  /// First day of each comparison.
  var days: [Int] = []
  /// Days summed in each comparison, 1 or 7.
  let span: Int
  var counts: [Int] = []
  /// The weekday of day 0, 0 for Monday.
  let firstWeekday: Int
  /// The share of each day's deaths that is known at the data's end.
  let shares: [Double]

  init(_ place: PlaceSeries, _ settings: ModelSettings) {
    firstWeekday = place.start.weekday
    span = settings.weekly ? 7 : 1
    shares = place.reportedShares
    var cumulative = 0
    for day in stride(from: 0, through: place.days - span, by: span) {
      let values = place.deaths[day..<(day + span)].compactMap { $0 }
      cumulative += values.reduce(0, +)
      guard values.count == span, cumulative >= settings.comparesAfterDeaths else { continue }
      days.append(day)
      counts.append(values.reduce(0, +))
    }
  }
}
