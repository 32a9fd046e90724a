import Foundation

/// A day of the Gregorian calendar, as the number of days since 1 January 1970.
public struct Day: Sendable, Hashable, Comparable, Codable {
  /// Days since 1 January 1970.
  public var number: Int

  /// Creates the day with a number.
  public init(number: Int) { self.number = number }

  /// Creates a day; `nil` if the calendar has none such.
  ///
  /// - Note: after Hinnant, *chrono-compatible low-level date algorithms* (2013): years begin in
  ///   March, so that the leap day is the last.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), (1...31).contains(day), (1...9999).contains(year) else {
      return nil
    }
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    number = era * 146_097 + dayOfEra - 719_468
    guard parts == (year, month, day) else { return nil }
  }

  /// Year, month and day.
  public var parts: (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let calendarMonth = month < 10 ? month + 3 : month - 9
    return (yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0), calendarMonth, day)
  }

  /// 0 for Monday to 6 for Sunday.
  public var weekday: Int { ((number + 3) % 7 + 7) % 7 }

  /// `2020-04-05`.
  public var text: String {
    let (year, month, day) = parts
    return String(format: "%04d-%02d-%02d", year, month, day)
  }

  /// Reads `2020-04-05` (ISO 8601, a time of day after it is ignored), `4/5/2020` or `4/5/20` (US
  /// order, as in wide tables of Johns Hopkins).
  public init?(_ text: some StringProtocol) {
    let date = text.prefix { $0 != "T" && $0 != " " }
    let dashes = date.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    if dashes.count == 3, let year = dashes[0], let month = dashes[1], let day = dashes[2],
      year > 999
    {
      self.init(year: year, month: month, day: day)
      return
    }
    let slashes = date.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard slashes.count == 3, let month = slashes[0], let day = slashes[1], let year = slashes[2]
    else { return nil }
    self.init(year: year < 100 ? 2000 + year : year, month: month, day: day)
  }

  /// Earlier days come first.
  public static func < (left: Day, right: Day) -> Bool { left.number < right.number }
  /// The day so many days later.
  public static func + (left: Day, right: Int) -> Day { Day(number: left.number + right) }
  /// The day so many days earlier.
  public static func - (left: Day, right: Int) -> Day { Day(number: left.number - right) }
  /// Days from one to the other.
  public static func - (left: Day, right: Day) -> Int { left.number - right.number }

  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let day = Day(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not a date such as 2020-04-05")
    }
    self = day
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
