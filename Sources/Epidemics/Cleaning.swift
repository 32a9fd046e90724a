/// What was changed in a series before it is compared with a model; nothing is ever smoothed.
public struct Cleaning: Sendable, Equatable, Codable {
  /// How a negative number of new deaths, a later correction, is treated.
  public enum Negatives: String, Codable, Sendable, CaseIterable {
    /// Taken from the days around it, so that the total stays.
    case spread
    /// Left out.
    case mask
  }

  /// Days with negative numbers.
  public var negativeDays: [String] = []
  /// Days without a number.
  public var missingDays = 0
  /// Days left out on request.
  public var maskedDays: [String] = []

  /// Nothing was changed.
  public init() {}

  /// Treats negative numbers.
  ///
  /// Spreading takes the smallest window of radius at least 2 whose sum is not negative and shares
  /// the sum in proportion to what the days had (a negative day had nothing), in whole numbers.
  ///
  /// - Parameters:
  ///   - counts: New deaths by day.
  ///   - negatives: What to do.
  /// - Returns: Numbers without negative ones.
  static func withoutNegatives(_ counts: [Int?], _ negatives: Negatives) -> [Int?] {
    var counts = counts
    for day in counts.indices {
      guard let value = counts[day], value < 0 else { continue }
      guard negatives == .spread, let window = window(around: day, in: counts) else {
        counts[day] = nil
        continue
      }
      let values = window.map { counts[$0] }
      for (index, value) in zip(window, shared(values)) { counts[index] = value }
    }
    return counts
  }

  private static func window(around day: Int, in counts: [Int?]) -> Range<Int>? {
    for radius in 2..<max(counts.count, 3) {
      let window = max(0, day - radius)..<min(counts.count, day + radius + 1)
      if counts[window].reduce(0, { $0 + ($1 ?? 0) }) >= 0 { return window }
    }
    return nil
  }

  private static func shared(_ values: [Int?]) -> [Int?] {
    let total = values.reduce(0) { $0 + ($1 ?? 0) }
    let weights = values.map { Double(max($0 ?? 0, 0)) }
    let sum = weights.reduce(0, +)
    guard total > 0, sum > 0 else { return values.map { $0.map { _ in 0 } } }
    let exact = weights.map { Double(total) * $0 / sum }
    var parts = exact.map { Int($0) }
    let order = exact.indices.sorted {
      exact[$0] - exact[$0].rounded(.down) > exact[$1] - exact[$1].rounded(.down)
    }
    for index in order.prefix(total - parts.reduce(0, +)) { parts[index] += 1 }
    return zip(values, parts).map { $0 == nil ? nil : $1 }
  }
}
