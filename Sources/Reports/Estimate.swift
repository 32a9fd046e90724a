import Foundation

/// A number with the half-width of its interval, such as `93.1 ± 0.6`.
public struct Estimate: Sendable, Equatable, CustomStringConvertible {
  /// The number itself.
  public var value: Double
  /// The half-width of its interval, in the unit of `value`; `nil` when none was computed.
  public var margin: Double?
  /// How many digits to show after the point.
  public var decimals: Int

  /// Creates an estimate.
  ///
  /// - Parameters:
  ///   - value: The number itself.
  ///   - margin: The half-width of its interval (say which one beside the number).
  ///   - decimals: How many digits to show after the point.
  public init(_ value: Double, margin: Double? = nil, decimals: Int = 1) {
    precondition(decimals >= 0, "an estimate shows 0 or more decimals, not \(decimals)")
    self.value = value
    self.margin = margin
    self.decimals = decimals
  }

  /// The number and its interval; `n/a` stands for a number that is not finite.
  public var description: String {
    guard let marginText else { return valueText }
    return "\(valueText) \(marginText)"
  }

  var valueText: String { fixed(value, decimals: decimals) }

  /// `± 0.6`, or `nil` without a finite margin and value.
  var marginText: String? {
    guard let margin, margin.isFinite, value.isFinite else { return nil }
    return "± \(fixed(margin, decimals: decimals))"
  }

  /// The ends of the interval, where both are finite.
  var interval: ClosedRange<Double>? {
    guard let margin, margin.isFinite, margin >= 0, value.isFinite else { return nil }
    return (value - margin)...(value + margin)
  }
}

/// `value` with a fixed number of decimals, never `-0.0`; `n/a` when it is not finite.
func fixed(_ value: Double, decimals: Int) -> String {
  guard value.isFinite else { return "n/a" }
  let text = String(format: "%.\(decimals)f", value)
  return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) }
    ? String(text.dropFirst()) : text
}
