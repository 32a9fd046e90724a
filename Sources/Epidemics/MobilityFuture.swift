import Files
import Foundation
import Randomness

/// How the features of one place go on after the data.
public enum MobilityFuture: Sendable, Equatable {
  /// At the mean of the last seven days.
  case hold
  /// To zero, on a straight line over so many days.
  case returning(days: Double)
  /// The last seven days again and again.
  case repeating
  /// As stated, one row per day; the last row is held.
  case known([[Double]])
  /// To zero at random: what is left of the distance after a day, and the deviation of its change.
  case autoregressive(memory: Double, deviation: Double)

  /// The rows of the coming days.
  func rows(
    after past: [[Double]], days: Int, using random: inout RandomSource
  ) -> [[Double]] {
    let width = past.last?.count ?? 0
    guard days > 0, width > 0 else { return Array(repeating: [], count: max(days, 0)) }
    let week = Array(past.suffix(7))
    let mean = (0..<width).map { column in
      week.reduce(0) { $0 + $1[column] } / Double(week.count)
    }
    switch self {
    case .hold: return Array(repeating: mean, count: days)
    case .returning(let length):
      return (1...days).map { day in mean.map { $0 * max(0, 1 - Double(day) / length) } }
    case .repeating: return (0..<days).map { week[$0 % week.count] }
    case .known(let rows):
      return (0..<days).map { rows.isEmpty ? mean : rows[min($0, rows.count - 1)] }
    case .autoregressive(let memory, let deviation):
      var row = mean
      return (0..<days).map { _ in
        row = row.map { memory * $0 + random.normal(standardDeviation: deviation) }
        return row
      }
    }
  }
}

extension EpidemicData {
  /// How mobility goes on in each place under a scenario.
  ///
  /// - Parameters:
  ///   - scenario: The scenario.
  ///   - recipe: The recipe; its last day is where the future begins.
  ///   - days: Days ahead.
  /// - Returns: One continuation per place.
  /// - Throws: `FileFailure` for a scenario's file that cannot be read, lacks a place, or begins
  ///   after the data end.
  public func futures(
    _ scenario: Scenario, _ recipe: EpidemicRecipe, days: Int
  ) throws -> [MobilityFuture] {
    let end = try lastDay(recipe.data)
    guard let builder = try featureBuilder(recipe, through: end), let mobility else {
      return places.map { _ in .hold }
    }
    let coming = (end.number + 1)..<(end.number + 1 + days)
    switch scenario.kind {
    case .hold: return places.map { _ in .hold }
    case .return: return places.map { _ in .returning(days: 7 * scenario.weeks) }
    case .repeat: return places.map { _ in .repeating }
    case .autoregressive:
      return places.map { _ in
        .autoregressive(memory: scenario.memory, deviation: scenario.deviation)
      }
    case .oracle:
      return places.map { place in
        guard let series = mobility.series[place] else { return .hold }
        return .known(builder.features(series, days: coming, through: end + days))
      }
    case .file:
      guard let path = scenario.path else {
        throw FileFailure(
          .missing, path: "forecast.scenario.path", reason: "names no file, which kind: file needs")
      }
      let other = try MobilityTable(path: path, unit: recipe.data.mobilityUnit)
      return try places.map { place in
        .known(
          builder.features(
            try joined(place, mobility, other, through: end), days: coming, through: end + days))
      }
    }
  }

  /// The data's report through its end, and the scenario's after it.
  private func joined(
    _ place: String, _ mobility: MobilityTable, _ other: MobilityTable, through end: Day
  ) throws -> MobilityTable.Series {
    guard let past = mobility.series[place], let future = other.series[place] else {
      throw FileFailure(.malformed, path: other.path, reason: "has no place \"\(place)\"")
    }
    guard other.columns == mobility.columns else {
      throw FileFailure(
        .malformed, path: other.path,
        reason: "has the columns \(other.columns.joined(separator: ", ")); those of the data were "
          + "expected: \(mobility.columns.joined(separator: ", "))")
    }
    let used = max(0, min(past.rows.count, end - past.start + 1))
    let next = past.start + used
    guard future.start <= end + 1, future.end > end else {
      throw FileFailure(
        .malformed, path: other.path,
        reason: "\(place): goes from \(future.start.text) to \(future.end.text); the future begins "
          + "on \((end + 1).text)")
    }
    let skipped = max(0, next - future.start)
    return MobilityTable.Series(
      start: past.start, rows: Array(past.rows.prefix(used)) + Array(future.rows.dropFirst(skipped))
    )
  }
}
