import Files
import Foundation

/// Everything read for a forecast, and the series a model sees of it.
public struct EpidemicData: Sendable {
  /// Deaths by place.
  public var deaths: DeathTable
  /// Mobility by place; `nil` without.
  public var mobility: MobilityTable?
  /// Measures of the authorities by place; `nil` without.
  public var interventions: MobilityTable?
  /// Population by place.
  public var population: PopulationTable
  /// The places used, in the order asked for or by name.
  public var places: [String]

  /// Creates data from tables.
  public init(
    deaths: DeathTable, mobility: MobilityTable?, interventions: MobilityTable? = nil,
    population: PopulationTable, places: [String]
  ) {
    self.interventions = interventions
    self.deaths = deaths
    self.mobility = mobility
    self.population = population
    self.places = places
  }

  /// Reads the recipe's files.
  ///
  /// - Throws: `FileFailure` naming the file, and where it applies line and place, for a file that is
  ///   missing or cannot be read, a place that one of the files lacks, or a place without deaths.
  public init(reading recipe: EpidemicRecipe.Data) throws {
    guard let deathPath = recipe.deaths, let populationPath = recipe.population else {
      throw FileFailure(
        .missing, path: recipe.deaths == nil ? "data.deaths" : "data.population",
        reason: "names no file in the recipe; name one, or leave out both for simulated places")
    }
    let names = try recipe.mapping.map { try PlaceNames(path: $0) } ?? PlaceNames()
    deaths = try DeathTable(path: deathPath, meaning: recipe.deathsAre, names: names)
    mobility = try recipe.mobility.map {
      try MobilityTable(path: $0, unit: recipe.mobilityUnit, names: names)
    }
    interventions = try recipe.interventions.map {
      try MobilityTable(path: $0, unit: .fraction, names: names)
    }
    population = try PopulationTable(path: populationPath, names: names)
    places = recipe.places.isEmpty ? deaths.series.keys.sorted() : recipe.places
    for place in places { try checkPresence(place) }
  }

  private func checkPresence(_ place: String) throws {
    let files: [(String, [String])] =
      [(deaths.path, Array(deaths.series.keys))]
      + [mobility, interventions].compactMap { table in
        table.map { ($0.path, Array($0.series.keys)) }
      }
      + [(population.path, Array(population.entries.keys))]
    for (path, known) in files where !known.contains(place) {
      let others = files.filter { $0.1.contains(place) }
        .map { ($0.0 as NSString).lastPathComponent }
      let hint =
        others.isEmpty
        ? "it has \(known.sorted().prefix(4).joined(separator: ", ")), ..."
        : "\(others.joined(separator: " and ")) has it; map the name or choose places"
      throw FileFailure(.malformed, path: path, reason: "has no place \"\(place)\"; \(hint)")
    }
  }

  // MARK: Series

  /// The last day with deaths of all places, or the recipe's if that is earlier.
  ///
  /// - Throws: `FileFailure` if a place's deaths end before the recipe's day.
  public func lastDay(_ recipe: EpidemicRecipe.Data) throws -> Day {
    let ends = places.compactMap { place in deaths.series[place].map { (place, $0.end) } }
    guard let first = ends.min(by: { $0.1 < $1.1 }) else { return Day(number: 0) }
    guard let text = recipe.through, let through = Day(text) else { return first.1 }
    guard through <= first.1 else {
      throw FileFailure(
        .malformed, path: deaths.path,
        reason:
          "\(first.0): deaths end on \(first.1.text), before \(through.text), which was asked for"
      )
    }
    return through
  }

  /// Chooses and prepares the features of a model that may look at days through `end`.
  func featureBuilder(_ recipe: EpidemicRecipe, through end: Day) throws -> FeatureBuilder? {
    guard let mobility, recipe.model.usesMobility else { return nil }
    return try FeatureBuilder(recipe.data.features, mobility, places: places, through: end)
  }

  /// The series of all places through the recipe's last day, and what was changed in them.
  ///
  /// - Throws: `FileFailure` naming file and place for too few deaths or mobility that ends before
  ///   deaths do.
  public func series(
    _ recipe: EpidemicRecipe
  ) throws -> (places: [PlaceSeries], cleaning: [String: Cleaning]) {
    let end = try lastDay(recipe.data)
    let builder = try featureBuilder(recipe, through: end)
    var cleanings: [String: Cleaning] = [:]
    let result = try places.map { place in
      let (start, counts, total, cleaning) = try counts(place, recipe.data, through: end)
      cleanings[place] = cleaning
      let entry = population.entries[place]
      return PlaceSeries(
        name: place, population: entry?.population ?? 1, start: start, deaths: counts,
        cumulativeDeaths: total,
        features: try features(place, builder, start.number..<(end.number + 1), through: end),
        interventions: interventions(place, from: start, through: end),
        reportedShares: Self.reportedShares(recipe.data.reportDelay, days: end - start + 1),
        fatality: entry?.fatality ?? recipe.course.fatality, group: entry?.group ?? "")
    }
    return (result, cleanings)
  }

  private func features(
    _ place: String, _ builder: FeatureBuilder?, _ days: Range<Int>, through end: Day
  ) throws -> [[Double]] {
    guard let builder, let mobility, let series = mobility.series[place] else {
      return days.map { _ in [] }
    }
    let lacking = end - series.end
    guard lacking <= builder.settings.holdDays else {
      throw FileFailure(
        .malformed, path: mobility.path,
        reason: "\(place): mobility ends on \(series.end.text), deaths on \(end.text); at most "
          + "\(builder.settings.holdDays) days are held, see data.features.holdDays")
    }
    return builder.features(series, days: days, through: end)
  }

  /// The measures of a place from a day on, planned ones included: none before the file begins, and
  /// what is not stated as it was before.
  private func interventions(_ place: String, from start: Day, through end: Day) -> [[Double]] {
    guard let interventions, let series = interventions.series[place] else { return [] }
    var row = interventions.columns.map { _ in 0.0 }
    var next = min(series.start, start)
    var rows: [[Double]] = []
    while next <= max(series.end, end) {
      let index = next - series.start
      if series.rows.indices.contains(index) {
        row = zip(row, series.rows[index]).map { $1 ?? $0 }
      }
      if next >= start { rows.append(row) }
      next = next + 1
    }
    return rows
  }

  /// The share of each day's deaths that is known at the end of the last day; reports are thought to
  /// leave from the middle of their day.
  private static func reportedShares(_ delay: DiseaseCourse.Wait?, days: Int) -> [Double] {
    guard let delay else { return [] }
    return (0..<days).map { delay.cumulative(days: Double(days - $0) - 0.5) }
  }

  private func counts(
    _ place: String, _ recipe: EpidemicRecipe.Data, through end: Day
  ) throws -> (Day, [Int?], Int, Cleaning) {
    guard let series = deaths.series[place] else { return (end, [], 0, Cleaning()) }
    let raw = Array(series.counts.prefix(max(0, end - series.start + 1)))
    var cleaning = Cleaning()
    cleaning.negativeDays = raw.indices.filter { (raw[$0] ?? 0) < 0 }
      .map { (series.start + $0).text }
    cleaning.missingDays = raw.count { $0 == nil }
    let clean = Cleaning.withoutNegatives(raw, recipe.negatives)
    let total = clean.reduce(0) { $0 + ($1 ?? 0) }
    guard total > 0 else {
      throw FileFailure(
        .malformed, path: deaths.path,
        reason: "\(place): there is no death through \(end.text); leave the place out")
    }
    let start = try start(of: clean, series.start, recipe)
    let masks = Self.masks(recipe.masked, place)
    cleaning.maskedDays = masks.filter { $0 >= start && $0 <= end }.map(\.text).sorted()
    let values = (start.number...end.number).map { number -> Int? in
      let index = number - series.start.number
      guard index >= 0, number <= end.number - recipe.ignoresLastDays,
        !masks.contains(Day(number: number))
      else { return nil }
      return clean[index]
    }
    return (start, values, total, cleaning)
  }

  /// `leadDays` before the first day with enough deaths in all; half as many, or any, where a place
  /// never had enough.
  private func start(
    of counts: [Int?], _ first: Day, _ recipe: EpidemicRecipe.Data
  ) throws -> Day {
    var reached = first
    for threshold in [recipe.startDeaths, (recipe.startDeaths + 1) / 2, 1] {
      var sum = 0
      let found = counts.firstIndex { count in
        sum += count ?? 0
        return sum >= threshold
      }
      if let found {
        reached = first + found
        break
      }
    }
    let start = reached - recipe.leadDays
    return recipe.startsOnMonday ? start - start.weekday : start
  }

  private static func masks(_ texts: [String], _ place: String) -> Set<Day> {
    Set(
      texts.compactMap { text -> Day? in
        let parts = text.split(separator: ":")
        guard parts.count == 2, parts[0] == "*" || parts[0] == place else { return nil }
        return Day(parts[1])
      })
  }
}
