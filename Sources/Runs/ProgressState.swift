import Foundation

/// What a progress display shows, and its text.
struct ProgressState {
  var label: String
  var step: Int
  var steps: Int?
  var seconds: Double?
  var elapsed: Double
  var rate: Double?
  var values: KeyValuePairs<String, Double> = [:]

  /// How much is done, 0 to 1, by steps or by time, whichever is further; `nil` without limits.
  var fraction: Double? {
    let bySteps = steps.map { $0 > 0 ? Double(step) / Double($0) : 1 }
    let byTime = seconds.map { $0 > 0 ? elapsed / $0 : 1 }
    return [bySteps, byTime].compactMap(\.self).max().map { min(max($0, 0), 1) }
  }

  var secondsLeft: Double? {
    let byTime = seconds.map { $0 - elapsed }
    var bySteps: Double?
    if let steps, let rate, rate > 0 { bySteps = Double(steps - step) / rate }
    return [bySteps, byTime].compactMap(\.self).min().map { max($0, 0) }
  }

  var plainLine: String { ([label] + details).joined(separator: "  ") }

  /// The line for a terminal, at most `columns` wide: the bar takes what the text leaves.
  func barLine(columns: Int, color: Bool) -> String {
    let text = details.joined(separator: "  ")
    let room = min(columns - label.count - text.count - 4, 40)
    guard let fraction, room >= 8 else { return String("\(label)  \(text)".prefix(columns)) }
    let filled = Int(fraction * Double(room))
    let bar = String(repeating: "=", count: max(filled - 1, 0)) + (filled > 0 ? ">" : "")
    let rest = String(repeating: " ", count: room - filled)
    let painted = color ? "\u{1B}[32m\(bar)\u{1B}[0m" : bar
    return "\(label) [\(painted)\(rest)] \(text)"
  }

  private var details: [String] {
    var parts: [String] = []
    if let fraction { parts.append("\(Int(fraction * 100))%") }
    parts.append(steps.map { "\(step)/\($0)" } ?? "step \(step)")
    parts += values.map { "\($0.key) \(Self.number($0.value, digits: 4))" }
    if let rate { parts.append("\(Self.number(rate, digits: 3))/s") }
    let left = secondsLeft.map { ", \(Self.duration($0)) left" } ?? ""
    parts.append(Self.duration(elapsed) + left)
    return parts
  }

  private static func number(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    // %g would write 1234 as 1.23e+03.
    if abs(value) >= 1000, abs(value) < 1e7 { return String(format: "%.0f", value) }
    return String(format: "%.\(digits)g", value)
  }

  /// `0:42`, `12:03`, `1:02:03`, `2d 01:02:03`.
  static func duration(_ seconds: Double) -> String {
    let total = Int(min(max(seconds.isNaN ? 0 : seconds, 0), 1e9).rounded())
    let (minutes, rest) = total.quotientAndRemainder(dividingBy: 60)
    if minutes < 60 { return String(format: "%d:%02d", minutes, rest) }
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    if hours < 24 { return String(format: "%d:%02d:%02d", hours, minute, rest) }
    return String(format: "%dd %02d:%02d:%02d", hours / 24, hours % 24, minute, rest)
  }
}
