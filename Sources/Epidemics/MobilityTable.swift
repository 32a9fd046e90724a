import Files
import Foundation

/// Daily mobility of places by category, as fractions of change against a baseline.
public struct MobilityTable: Sendable, Equatable {
  /// The unit of a file.
  public enum Unit: String, Codable, Sendable, CaseIterable {
    /// Percent if most numbers are above 1 in size; in summer even a fraction may be, for parks.
    case automatic
    /// -25 is a quarter less than usual.
    case percent
    /// -0.25 is a quarter less than usual.
    case fraction
  }

  /// Daily rows of one place.
  public struct Series: Sendable, Equatable {
    /// The first day.
    public var start: Day
    /// One row per day, one value per column; `nil` where nothing was published.
    public var rows: [[Double?]]

    /// The last day.
    public var end: Day { start + (rows.count - 1) }
  }

  /// The file.
  public var path: String
  /// The categories, without Google's long suffix.
  public var columns: [String]
  /// Whether the file states percent.
  public var isPercent: Bool
  /// Series by place.
  public var series: [String: Series]

  /// Creates a table from its parts.
  public init(path: String, columns: [String], isPercent: Bool, series: [String: Series]) {
    self.path = path
    self.columns = columns
    self.isPercent = isPercent
    self.series = series
  }

  /// Reads a file with a row per place and day.
  ///
  /// - Throws: `FileFailure` naming line and place, as for ``DeathTable``.
  public init(path: String, unit: Unit = .automatic, names: PlaceNames = PlaceNames()) throws {
    let table = try TableFile(path: path)
    self.path = path
    let finder = try PlaceColumn(table)
    let dateColumn = try table.dateColumn()
    let known = Self.categories(table)
    guard !known.isEmpty else {
      throw FileFailure(
        .malformed, path: path,
        reason: "has no column of numbers; retail_and_recreation and the like were expected")
    }
    columns = known.map(\.name)
    var days: [String: [(day: Day, row: [Double?])]] = [:]
    for row in table.rows where !finder.isPart(row) {
      let place = names[finder.place(of: row)]
      let day = try table.day(row, dateColumn, place: place)
      if let last = days[place]?.last?.day, day <= last {
        throw table.failure(
          row, place: place,
          day == last
            ? "\(day.text) is stated a second time; remove one of the rows"
            : "\(day.text) stands after \(last.text); sort the rows of each place by date")
      }
      let values = try known.map { try table.number(row, $0.column, place: place) }
      days[place, default: []].append((day, values))
    }
    let sizes = days.values.joined().flatMap(\.row).compactMap { $0.map(abs) }
    let isMostlyLarge = 2 * sizes.count { $0 > 1 } > sizes.count
    isPercent = unit == .percent || (unit == .automatic && isMostlyLarge)
    let scale = isPercent ? 0.01 : 1
    series = days.mapValues { days in
      let start = days[0].day
      var rows = [[Double?]](
        repeating: Array(repeating: nil, count: known.count),
        count: days[days.count - 1].day - start + 1)
      for (day, row) in days { rows[day - start] = row.map { $0.map { $0 * scale } } }
      return Series(start: start, rows: rows)
    }
  }

  private static let suffix = "_percent_change_from_baseline"
  private static let notMobility: Set<String> = [
    "date", "day", "target_end_date", "daterep", "time", "location", "state", "province_state",
    "sub_region_1", "sub_region_2", "metro_area", "region", "place", "location_name", "name",
    "country_region", "country", "country_region_code", "iso_3166_2_code", "census_fips_code",
    "place_id", "fips",
  ]

  /// The columns of numbers, in the order of the file.
  private static func categories(_ table: TableFile) -> [(name: String, column: Int)] {
    table.header.enumerated().compactMap { index, title in
      let name = title.lowercased().replacingOccurrences(of: " ", with: "_")
        .replacingOccurrences(of: suffix, with: "")
      return notMobility.contains(name) ? nil : (name, index)
    }
  }
}
