import Foundation

/// Everything of a model that does not change while it is sampled: data, priors and where each
/// coordinate stands.
struct ModelLayout: Sendable {
  let places: [PlaceSeries]
  let course: DiseaseCourse
  let settings: ModelSettings
  let priors: Priors
  let featureCount: Int
  let contact: PlaceParameter
  let weights: [PlaceParameter]
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
    featureCount = settings.usesMobility ? places.first?.features.first?.count ?? 0 : 0
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
          "mobility", settings.mobilityPooling, placeMeans: Array(repeating: 0, count: count),
          prior: .normal(deviation: priors.mobility), spread: priors.mobilitySpread,
          isCentered: centered,
          groups: grouping, offset: end))
    }
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
    maps = Self.maps(weights, places, settings, priors, featureSigns)
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
    tableEntries = observations.enumerated().map { place, counts in
      counts.counts.map { tables[isShared ? 0 : place].index(of: $0) }
    }
    let width = featureCount
    features = places.flatMap { place in place.features.flatMap { $0.prefix(width) } }
    let baseline = exp(priors.logContact.mean)
    softplusShift = log(expm1(baseline)) - priors.logContact.mean
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

  init(_ place: PlaceSeries, _ settings: ModelSettings) {
    firstWeekday = place.start.weekday
    span = settings.weekly ? 7 : 1
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
