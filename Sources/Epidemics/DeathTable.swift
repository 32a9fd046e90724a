import Files
import Foundation

/// Daily deaths of places as a file states them, not yet cleaned.
public struct DeathTable: Sendable, Equatable {
  /// How a file is laid out and what its numbers are.
  public struct Form: Sendable, Equatable, Codable {
    /// Dates stand in the header, one row per place.
    public var isWide: Bool
    /// Numbers are totals up to the day.
    public var isCumulative: Bool
    /// The column the numbers are from; empty for a wide file.
    public var column: String
  }

  /// Daily numbers of one place.
  public struct Series: Sendable, Equatable {
    /// The first day.
    public var start: Day
    /// New deaths, negative for corrections, `nil` where the file says nothing.
    public var counts: [Int?]

    /// The last day.
    public var end: Day { start + (counts.count - 1) }
    /// New deaths of a day.
    public subscript(day: Day) -> Int? {
      let index = day - start
      return counts.indices.contains(index) ? counts[index] : nil
    }
  }

  /// The file.
  public var path: String
  /// How it was understood.
  public var form: Form
  /// Series by place.
  public var series: [String: Series]

  /// Creates a table from its parts.
  public init(path: String, form: Form, series: [String: Series]) {
    self.path = path
    self.form = form
    self.series = series
  }

  /// What numbers in a file are.
  public enum Meaning: String, Codable, Sendable, CaseIterable {
    /// Told from the column's name or the numbers.
    case automatic
    /// New deaths of each day.
    case daily
    /// All deaths so far.
    case cumulative
  }

  /// Reads a file in long form (a row per place and day) or wide form (a column per day).
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - meaning: What its numbers are.
  ///   - names: How to rename places.
  /// - Throws: `FileFailure` naming line and place for a number that is none, a date that is none,
  ///   a day stated twice or before the one above it.
  public init(
    path: String, meaning: Meaning = .automatic, names: PlaceNames = PlaceNames()
  ) throws {
    let table = try TableFile(path: path)
    self.path = path
    let dates = table.header.enumerated().compactMap { index, text in
      Day(text).map { (column: index, day: $0) }
    }
    let raw: [String: [(day: Day, value: Double?)]]
    if dates.count >= 3 {
      form = Form(isWide: true, isCumulative: false, column: "")
      raw = try Self.wide(table, dates, names)
    } else {
      let column = try Self.valueColumn(table, meaning)
      form = Form(isWide: false, isCumulative: false, column: table.header[column])
      raw = try Self.long(table, column, names)
    }
    form.isCumulative = Self.isCumulative(form.column, raw, meaning)
    series = [:]
    for (place, days) in raw {
      series[place] = try Self.series(days, isCumulative: form.isCumulative, path, place)
    }
  }

  private static let dailyNames = [
    "new_deaths", "deaths_new", "daily_deaths", "inc_deaths", "incident_deaths", "inc_death",
  ]
  private static let cumulativeNames = [
    "cumulative_deaths", "total_deaths", "cum_deaths", "cum_death", "deaths", "death", "value",
  ]

  private static func valueColumn(_ table: TableFile, _ meaning: Meaning) throws -> Int {
    let names =
      meaning == .cumulative ? cumulativeNames + dailyNames : dailyNames + cumulativeNames
    guard let column = table.column(names) else {
      throw FileFailure(
        .malformed, path: table.path,
        reason:
          "has no column of deaths; new_deaths or cumulative_deaths was expected, or dates in "
          + "the header")
    }
    return column
  }

  private static func wide(
    _ table: TableFile, _ dates: [(column: Int, day: Day)], _ names: PlaceNames
  ) throws -> [String: [(day: Day, value: Double?)]] {
    for (left, right) in zip(dates, dates.dropFirst()) where right.day <= left.day {
      throw FileFailure(
        .malformed, path: table.path,
        reason: "line 1: \(right.day.text) stands after \(left.day.text); dates must rise")
    }
    let finder = try PlaceColumn(table)
    var result: [String: [(day: Day, value: Double?)]] = [:]
    for row in table.rows {
      let place = names[finder.place(of: row)]
      let values = try dates.map { date in
        (day: date.day, value: try table.number(row, date.column, place: place))
      }
      // Several rows of one place are its parts, such as the counties of a state.
      if let earlier = result[place] {
        result[place] = zip(earlier, values).map { old, new in
          (day: old.day, value: old.value.flatMap { value in new.value.map { value + $0 } })
        }
      } else {
        result[place] = values
      }
    }
    return result
  }

  private static func long(
    _ table: TableFile, _ column: Int, _ names: PlaceNames
  ) throws -> [String: [(day: Day, value: Double?)]] {
    let finder = try PlaceColumn(table)
    let dateColumn = try table.dateColumn()
    var result: [String: [(day: Day, value: Double?)]] = [:]
    for row in table.rows {
      let place = names[finder.place(of: row)]
      let day = try table.day(row, dateColumn, place: place)
      if let last = result[place]?.last?.day, day <= last {
        throw table.failure(
          row, place: place,
          day == last
            ? "\(day.text) is stated a second time; remove one of the rows"
            : "\(day.text) stands after \(last.text); sort the rows of each place by date")
      }
      result[place, default: []].append((day, try table.number(row, column, place: place)))
    }
    return result
  }

  private static func isCumulative(
    _ column: String, _ raw: [String: [(day: Day, value: Double?)]], _ meaning: Meaning
  ) -> Bool {
    switch meaning {
    case .daily: return false
    case .cumulative: return true
    case .automatic: break
    }
    let name = column.lowercased()
    if dailyNames.contains(name) { return false }
    if name.contains("cum") || name.contains("total") { return true }
    // Totals hardly ever fall; daily numbers fall almost every second day.
    let values = raw.values.map { $0.compactMap(\.value) }
    let steps = values.flatMap { zip($0.dropFirst(), $0) }.filter { $0 != $1 }
    let falls = steps.count { $0.0 < $0.1 }
    return Double(falls) < 0.1 * Double(max(steps.count, 1))
  }

  private static func series(
    _ days: [(day: Day, value: Double?)], isCumulative: Bool, _ path: String, _ place: String
  ) throws -> Series {
    let start = days[0].day
    var values = [Double?](repeating: nil, count: days[days.count - 1].day - start + 1)
    for (day, value) in days { values[day - start] = value }
    for case let value? in values where value != value.rounded() || abs(value) > 1e9 {
      throw FileFailure(
        .malformed, path: path,
        reason: "\(place): \(value) is not a number of deaths; whole numbers were expected")
    }
    guard isCumulative else {
      return Series(start: start, counts: values.map { $0.map { Int($0) } })
    }
    // The first total is no day's number, and a total after a gap covers several days.
    var counts: [Int?] = []
    for index in values.indices {
      if index == 0 {
        counts.append(values[0].flatMap { $0 == 0 ? 0 : nil })
      } else if let now = values[index], let before = values[index - 1] {
        counts.append(Int(now - before))
      } else {
        counts.append(nil)
      }
    }
    return Series(start: start, counts: counts)
  }
}

/// Where a table names the place of a row.
struct PlaceColumn {
  private let specific: Int?
  private let general: Int?
  private let finest: [Int]

  init(_ table: TableFile) throws {
    specific = table.column([
      "location", "state", "province_state", "province/state", "sub_region_1", "region", "place",
      "location_name", "name",
    ])
    general = table.column(["country_region", "country/region", "country", "countryname"])
    finest = ["sub_region_2", "metro_area"].compactMap { table.column([$0]) }
    guard specific != nil || general != nil else {
      throw FileFailure(
        .malformed, path: table.path,
        reason: "has no column of places; location, state or country was expected")
    }
  }

  /// The name of the row's place, the state where there is one, else the country.
  func place(of row: TableFile.Row) -> String {
    if let specific, !row.cells[specific].isEmpty { return row.cells[specific] }
    return general.map { row.cells[$0] } ?? ""
  }

  /// Whether the row is of a part of such a place, as Google's reports have for counties.
  func isPart(_ row: TableFile.Row) -> Bool { finest.contains { !row.cells[$0].isEmpty } }
}

extension TableFile {
  func dateColumn() throws -> Int {
    guard let column = column(["date", "day", "target_end_date", "daterep", "time"]) else {
      throw FileFailure(
        .malformed, path: path, reason: "has no column of dates; date was expected")
    }
    return column
  }

  func day(_ row: Row, _ column: Int, place: String) throws -> Day {
    guard let day = Day(row.cells[column]) else {
      throw failure(
        row, place: place,
        "\"\(row.cells[column])\" is not a date such as 2020-04-05 or 4/5/2020")
    }
    return day
  }
}
