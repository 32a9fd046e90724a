import Files

/// Which columns of a mobility report enter the contact rate, and how they are prepared.
public struct FeatureSettings: Codable, Sendable, Equatable {
  /// Sets of columns.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The mean of retail, grocery, transit and workplaces.
    case average
    /// That mean, and residential.
    case averageAndResidential
    /// All but parks, which follow the weather.
    case five
    /// All.
    case six
    /// The first principal component of the five.
    case principal
    /// The columns named in ``FeatureSettings/columns``.
    case named
  }

  /// The set of columns.
  public var kind = Kind.average
  /// Columns by name, with `kind: named`.
  public var columns: [String] = []
  /// Whether each feature is divided by its standard deviation over places and days, so that weights
  /// compare; 0 stays the baseline, and priors then are of weights per standard deviation.
  public var standardizes = false
  /// Days of the trailing mean; never centered, which would let the future into a forecast.
  public var smoothingDays = 7
  /// Days by which mobility acts later.
  public var lagDays = 0
  /// Days after the last report through which it is held; reports come two to three days late.
  public var holdDays = 7

  /// The defaults.
  public init() {}
}

/// A mobility report turned into features by day.
struct FeatureBuilder: Sendable {
  private static let visits = [
    "retail_and_recreation", "grocery_and_pharmacy", "transit_stations", "workplaces",
  ]
  static let home = "residential"

  let settings: FeatureSettings
  let names: [String]
  /// What each feature is made of: a weight per column of the table.
  let loadings: [[Double]]
  /// What each feature was divided by.
  let scales: [Double]
  private let columnCount: Int

  /// 1 for features of visits, -1 for time at home.
  var signs: [Double] { names.map { $0 == Self.home ? -1 : 1 } }

  /// Chooses the columns; for the principal component, from `places` up to `end`.
  init(_ settings: FeatureSettings, _ table: MobilityTable, places: [String], through end: Day)
    throws
  {
    self.settings = settings
    columnCount = table.columns.count
    let names: [String]
    let plain: [[Double]]
    func index(_ name: String) throws -> Int {
      guard let index = table.columns.firstIndex(of: name) else {
        throw FileFailure(
          .malformed, path: table.path,
          reason: "has no column \(name); it has \(table.columns.joined(separator: ", "))")
      }
      return index
    }
    func unit(_ name: String) throws -> [Double] {
      let column = try index(name)
      return table.columns.indices.map { $0 == column ? 1 : 0 }
    }
    func average(_ names: [String]) throws -> [Double] {
      let chosen = try names.map(index)
      return table.columns.indices.map { chosen.contains($0) ? 1 / Double(names.count) : 0 }
    }
    let five = Self.visits + [Self.home]
    switch settings.kind {
    case .average:
      names = ["average"]
      plain = [try average(Self.visits)]
    case .averageAndResidential:
      names = ["average", Self.home]
      plain = [try average(Self.visits), try unit(Self.home)]
    case .five:
      names = five
      plain = try five.map(unit)
    case .six:
      names = Self.visits + ["parks", Self.home]
      plain = try names.map(unit)
    case .named:
      names = settings.columns
      plain = try names.map(unit)
    case .principal:
      names = ["principal"]
      let chosen = try five.map(index)
      plain = [Self.principal(table, chosen, places, end)]
    }
    self.names = names
    scales = plain.map { loading in
      settings.standardizes ? Self.deviation(loading, table, places, end) : 1
    }
    loadings = zip(plain, scales).map { loading, scale in loading.map { $0 / scale } }
  }

  /// The standard deviation of a feature over places and days up to `end`; 1 without variation.
  private static func deviation(
    _ loading: [Double], _ table: MobilityTable, _ places: [String], _ end: Day
  ) -> Double {
    let values = places.flatMap { place -> [Double] in
      guard let series = table.series[place] else { return [] }
      return series.rows.prefix(max(0, end - series.start + 1)).map { row in
        zip(loading, row).reduce(0) { $0 + $1.0 * ($1.1 ?? 0) }
      }
    }
    let mean = values.reduce(0, +) / Double(max(values.count, 1))
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (square / Double(max(values.count, 1))).squareRoot()
    return deviation > 0 ? deviation : 1
  }

  /// The leading eigenvector of the columns' second moments, scaled so that its visit weights sum
  /// to 1, by power iteration.
  private static func principal(
    _ table: MobilityTable, _ chosen: [Int], _ places: [String], _ end: Day
  ) -> [Double] {
    let rows = places.flatMap { place -> [[Double]] in
      guard let series = table.series[place] else { return [] }
      return series.rows.prefix(max(0, end - series.start + 1)).compactMap { row in
        let values = chosen.compactMap { row[$0] }
        return values.count == chosen.count ? values : nil
      }
    }
    var vector = chosen.indices.map { $0 < chosen.count - 1 ? 1.0 : -0.5 }
    for _ in 0..<100 {
      var next = vector.map { _ in 0.0 }
      for row in rows {
        let score = zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 }
        for index in next.indices { next[index] += score * row[index] }
      }
      let norm = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard norm > 0 else { break }
      vector = next.map { $0 / norm }
    }
    let sum = vector.dropLast().reduce(0, +)
    let scaled = vector.map { $0 / (sum == 0 ? 1 : sum) }
    return table.columns.indices.map { column in
      chosen.firstIndex(of: column).map { scaled[$0] } ?? 0
    }
  }

  /// The features of a place on the days of a range: gaps interpolated, zero before the report
  /// begins, held after it ends, then averaged over trailing days and delayed.
  ///
  /// - Parameters:
  ///   - series: The place's report; rows after `end` are not looked at.
  ///   - days: The days wanted; may reach beyond the report.
  ///   - end: The last day of the report that may be used.
  /// - Returns: One row per day.
  func features(_ series: MobilityTable.Series, days: Range<Int>, through end: Day) -> [[Double]] {
    let used = Array(series.rows.prefix(max(0, end - series.start + 1)))
    let columns = (0..<columnCount).map { column in Self.filled(used.map { $0[column] }) }
    func raw(_ feature: Int, _ day: Int) -> Double {
      let index = min(day - series.start.number, used.count - 1)
      guard index >= 0 else { return 0 }
      return columns.indices.reduce(0) { $0 + loadings[feature][$1] * columns[$1][index] }
    }
    return days.map { day in
      loadings.indices.map { feature in
        let last = day - settings.lagDays
        let sum = ((last - settings.smoothingDays + 1)...last).reduce(0) {
          $0 + raw(feature, $1)
        }
        return sum / Double(settings.smoothingDays)
      }
    }
  }

  /// Linear interpolation inside gaps, the nearest value at the ends, zeros without any.
  private static func filled(_ values: [Double?]) -> [Double] {
    let known = values.indices.filter { values[$0] != nil }
    guard let first = known.first, let last = known.last else { return values.map { _ in 0 } }
    var result = [Double](repeating: 0, count: values.count)
    for (left, right) in zip(known, known.dropFirst()) {
      let (from, to) = (values[left] ?? 0, values[right] ?? 0)
      for index in left..<right {
        result[index] = from + (to - from) * Double(index - left) / Double(right - left)
      }
    }
    for index in 0...first { result[index] = values[first] ?? 0 }
    for index in last..<values.count { result[index] = values[last] ?? 0 }
    return result
  }
}
