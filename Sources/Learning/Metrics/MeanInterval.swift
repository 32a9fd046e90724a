/// A mean with its 95 % confidence interval.
///
/// ```swift
/// var accuracies = RunningMean()
/// for episode in episodes { accuracies.add(accuracy(on: episode)) }
/// print(accuracies.interval)  // 0.9512 ± 0.0031
/// ```
public struct MeanInterval: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The mean; NaN of nothing.
  public var mean: Double
  /// Half the width of the interval: 1.96 standard errors, 0 for a single number.
  public var halfWidth: Double
  /// Of how many numbers.
  public var count: Int

  /// Creates an interval.
  public init(mean: Double, halfWidth: Double, count: Int) {
    self.mean = mean
    self.halfWidth = halfWidth
    self.count = count
  }

  /// The interval of some numbers.
  public init(of numbers: some Sequence<Double>) {
    var running = RunningMean()
    for number in numbers { running.add(number) }
    self = running.interval
  }

  /// The mean and half width to four places, as in `0.9512 ± 0.0031`.
  public var description: String { "\(Self.rounded(mean)) ± \(Self.rounded(halfWidth))" }

  private static func rounded(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let scaled = Int((abs(value) * 10000).rounded())
    let digits = String(scaled % 10000)
    let zeros = String(repeating: "0", count: 4 - digits.count)
    return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / 10000).\(zeros)\(digits)"
  }
}

/// Mean and variance of numbers that come one at a time.
///
/// - Numerics: Welford's update (1962), which does not cancel when the mean is large.
public struct RunningMean: Sendable, Hashable, Codable {
  /// How many numbers have come.
  public private(set) var count = 0
  private var average = 0.0
  private var squares = 0.0

  /// Creates the mean of nothing.
  public init() {}

  /// Takes a number.
  public mutating func add(_ number: Double) {
    count += 1
    let difference = number - average
    average += difference / Double(count)
    squares += difference * (number - average)
  }

  /// The mean; NaN of nothing.
  public var mean: Double { count == 0 ? .nan : average }

  /// The variance with divisor `count - 1`; 0 for fewer than two numbers.
  public var variance: Double { count < 2 ? 0 : squares / Double(count - 1) }

  /// The mean with its 95 % confidence interval.
  public var interval: MeanInterval {
    let error = count < 2 ? 0 : (variance / Double(count)).squareRoot()
    return MeanInterval(mean: mean, halfWidth: 1.96 * error, count: count)
  }
}
