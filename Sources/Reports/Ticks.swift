import Foundation

/// A mark on an axis.
struct Tick: Sendable, Equatable {
  var position: Double
  var label: String
}

/// The extent of an axis and the marks on it.
struct Ticks: Sendable, Equatable {
  var range: ClosedRange<Double>
  var isLogarithmic: Bool
  var marks: [Tick]

  /// Chooses round marks for values.
  ///
  /// - Parameters:
  ///   - values: What the axis must show; numbers that cannot be placed are left out.
  ///   - axis: The user's wishes.
  ///   - isTight: Whether the range ends at the data instead of at the next mark.
  ///   - count: About how many marks there is room for.
  init(showing values: [Double], axis: Axis, isTight: Bool, count: Int) {
    isLogarithmic = axis.scale == .logarithmic
    let usable = values.filter { axis.scale.canPlace($0) }
    if isLogarithmic {
      let extent = axis.range ?? Ticks.extent(of: usable, fallback: 0.1...1)
      (range, marks) = Ticks.logarithmic(extent, isTight: isTight || axis.range != nil)
    } else {
      let extent = axis.range ?? Ticks.extent(of: usable, fallback: 0...1)
      (range, marks) = Ticks.linear(extent, isTight: isTight || axis.range != nil, count: count)
    }
  }

  /// Marks given by name, at 0, 1, 2 and so on, each in the middle of a slot of width 1.
  init(categories: [String]) {
    isLogarithmic = false
    range = -0.5...(Double(max(1, categories.count)) - 0.5)
    marks = categories.enumerated().map { Tick(position: Double($0.offset), label: $0.element) }
  }

  /// Where a value stands along the axis, 0 at its start and 1 at its end.
  func fraction(of value: Double) -> Double {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard isLogarithmic else { return (value - low) / (high - low) }
    return log(value / low) / log(high / low)
  }

  /// The value moved to the nearest one the axis covers.
  func clamped(_ value: Double) -> Double {
    min(max(value, range.lowerBound), range.upperBound)
  }

  // Beyond this a span would overflow, and no plot is read to such digits anyway.
  private static let limit = 1e300

  private static func extent(
    of values: [Double], fallback: ClosedRange<Double>
  ) -> ClosedRange<Double> {
    guard let low = values.min(), let high = values.max() else { return fallback }
    return min(max(low, -limit), limit)...max(min(high, limit), -limit)
  }

  private static func linear(
    _ extent: ClosedRange<Double>, isTight: Bool, count: Int
  ) -> (ClosedRange<Double>, [Tick]) {
    var (low, high) = (extent.lowerBound, extent.upperBound)
    if high - low <= abs(high) * 1e-9 {
      let margin = high == 0 ? 0.5 : abs(high) * 0.1
      (low, high) = (low - margin, high + margin)
    }
    let step = roundStep((high - low) / Double(count))
    if !isTight { (low, high) = ((low / step).rounded(.down) * step, roundedUp(high, step)) }
    let largest = max(abs(low), abs(high))
    let first = (low / step - 1e-6).rounded(.up)
    let last = (high / step + 1e-6).rounded(.down)
    let marks = stride(from: first, through: last, by: 1).map { index in
      Tick(position: index * step, label: numberLabel(index * step, step: step, largest: largest))
    }
    return (low...high, marks)
  }

  private static func roundedUp(_ value: Double, _ step: Double) -> Double {
    (value / step).rounded(.up) * step
  }

  /// The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `rough`.
  private static func roundStep(_ rough: Double) -> Double {
    let power = pow(10, floor(log10(rough)))
    let factor = [1, 2, 2.5, 5].first { $0 * power >= rough * (1 - 1e-9) } ?? 10
    return factor * power
  }

  private static func logarithmic(
    _ extent: ClosedRange<Double>, isTight: Bool
  ) -> (ClosedRange<Double>, [Tick]) {
    var (low, high) = (extent.lowerBound, extent.upperBound)
    if high / low < 1.01 { (low, high) = (low / 2, high * 2) }
    let decades = log10(high / low)
    let factors: [Double] = decades > 2.5 ? [1] : [1, 2, 5]
    let every = max(1, Int((decades / 7).rounded(.up)))
    let powers = Int(floor(log10(low) + 1e-9))...Int(ceil(log10(high) - 1e-9))
    let all = powers.filter { $0 % every == 0 }.flatMap { power in
      factors.map { factor in
        let position = factor * pow(10, Double(power))
        return Tick(
          position: position, label: numberLabel(position, step: position, largest: position))
      }
    }
    if !isTight {
      low = all.last { $0.position <= low * (1 + 1e-9) }?.position ?? low
      high = all.first { $0.position >= high * (1 - 1e-9) }?.position ?? high
    }
    let shown = (low * (1 - 1e-9))...(high * (1 + 1e-9))
    return (low...high, all.filter { shown.contains($0.position) })
  }
}

/// A number for an axis: as many digits as marks `step` apart need, `1.5×10⁶` where that is long.
///
/// - Parameters:
///   - value: The number.
///   - step: The distance between marks.
///   - largest: The largest size on the axis, which decides the form of all its numbers.
/// - Returns: The label.
func numberLabel(_ value: Double, step: Double, largest: Double) -> String {
  if value == 0 || abs(value) < step * 1e-6 { return "0" }
  let sign = value < 0 ? "−" : ""
  if largest >= 1e6 || largest < 1e-3 {
    let power = Int(floor(log10(largest) + 1e-9))
    let unit = pow(10, Double(power))
    let front = fixed(abs(value) / unit, decimals: digitsAfterPoint(step / unit))
    return sign + (front == "1" ? "10" : "\(front)×10") + superscript(power)
  }
  return sign + grouped(fixed(abs(value), decimals: digitsAfterPoint(step)))
}

private func digitsAfterPoint(_ step: Double) -> Int {
  (0...9).first { digits in
    let scaled = step * pow(10, Double(digits))
    return abs(scaled - scaled.rounded()) < 1e-6 * max(1, scaled)
  } ?? 9
}

private func grouped(_ text: String) -> String {
  let parts = text.split(separator: ".", maxSplits: 1)
  let whole = String(parts[0])
  var result = ""
  for (index, digit) in whole.enumerated() {
    if index > 0, (whole.count - index) % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return parts.count > 1 ? result + "." + parts[1] : result
}

private func superscript(_ number: Int) -> String {
  let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
  return (number < 0 ? "⁻" : "")
    + String(String(abs(number)).compactMap(\.wholeNumberValue).map { digits[$0] })
}
