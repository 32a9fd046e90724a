import Foundation

/// One line of `metrics.jsonl`: the numbers measured at one step on one split.
public struct MetricRecord: Sendable, Equatable {
  /// Steps finished since the beginning of the run.
  public var step: Int
  /// Working time since the beginning of the run, in seconds; written to the millisecond.
  public var time: Double
  /// What was measured on, such as `train`, `validation` or `test`.
  public var split: String
  /// The numbers by name, such as `loss`.
  public var values: [String: Double]

  /// Creates a record.
  ///
  /// - Precondition: no value is called `step`, `time` or `split`.
  public init(step: Int, time: Double, split: String, values: [String: Double]) {
    precondition(
      Self.reserved.isDisjoint(with: values.keys), "a metric cannot be called step, time or split")
    self.step = step
    self.time = time
    self.split = split
    self.values = values
  }

  private static let reserved: Set<String> = ["step", "time", "split"]

  /// The record as one JSON object, values by name; `nan` and `inf` are texts, since JSON has no
  /// such numbers.
  var line: String {
    let rounded = (time * 1000).rounded() / 1000
    var text = "{\"step\":\(step),\"time\":\(Self.number(rounded))"
    text += ",\"split\":\"\(jsonEscaped(split))\""
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      text += ",\"\(jsonEscaped(name))\":\(Self.number(value))"
    }
    return text + "}"
  }

  /// Reads a line; `nil` if it is not a record.
  init?(line: Data, with decoder: JSONDecoder) {
    guard let fields = try? decoder.decode([String: Field].self, from: line),
      case .number(let step) = fields["step"], let whole = Int(exactly: step),
      let time = fields["time"]?.number, case .text(let split) = fields["split"]
    else { return nil }
    var values: [String: Double] = [:]
    for (name, field) in fields where !Self.reserved.contains(name) {
      guard let number = field.number else { return nil }
      values[name] = number
    }
    self.init(step: whole, time: time, split: split, values: values)
  }

  private static func number(_ value: Double) -> String {
    value.isFinite ? "\(value)" : value.isNaN ? "\"nan\"" : value < 0 ? "\"-inf\"" : "\"inf\""
  }

  private enum Field: Decodable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    var number: Double? {
      switch self {
      case .number(let value): value
      case .text("nan"): .nan
      case .text("inf"): .infinity
      case .text("-inf"): -.infinity
      case .text: nil
      }
    }
  }
}
