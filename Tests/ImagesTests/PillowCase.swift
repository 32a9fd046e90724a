import Foundation
import Images
import Testing

/// What `Tests/Reference/images_reference.py` wrote.
enum Fixture {
  static let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures").path

  static func image(_ name: String) throws -> Image {
    try Image(pngFileAt: "\(folder)/\(name).png")
  }

  static func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }
}

/// One operation of Pillow, torchvision or PyTorch with its arguments and its result.
struct PillowCase: Decodable, Sendable, CustomTestStringConvertible {
  var operation: String
  var arguments: [String: Argument]
  var source: String
  var file: String

  enum Argument: Decodable, Sendable {
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
  }

  var testDescription: String { "\(operation) \(arguments) of \(source)" }

  func number(_ name: String) -> Double {
    if case .number(let value) = arguments[name] { value } else { 0 }
  }

  func whole(_ name: String) -> Int { Int(number(name)) }

  var filter: ResamplingFilter {
    get throws {
      guard case .text(let name) = arguments["filter"] else { return .nearest }
      return try #require(ResamplingFilter(rawValue: name))
    }
  }

  /// The cases of some operations.
  static func all(_ operations: Set<String>) -> [PillowCase] {
    let cases = (try? Fixture.bytes("cases.json")).flatMap {
      try? JSONDecoder().decode([PillowCase].self, from: $0)
    }
    return (cases ?? []).filter { operations.contains($0.operation) }
  }
}

/// The largest difference of two images in gray levels, or `nil` where their shapes differ.
func difference(_ left: Image, _ right: Image) -> Int? {
  guard (left.height, left.width, left.channels) == (right.height, right.width, right.channels)
  else { return nil }
  return zip(left.pixels, right.pixels).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
}
