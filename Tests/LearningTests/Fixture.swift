import Foundation
import Torch

/// A tensor as the scripts in `Tests/Reference` write it.
struct Flat: Decodable {
  var shape: [Int]
  var values: [Double]

  var tensor: Tensor { Tensor(values, shape: shape) }
}

enum Fixture {
  static func read<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
    let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
    let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
    return try JSONDecoder().decode(Content.self, from: data)
  }
}

extension [String: Flat] {
  var tensors: [String: Tensor] { mapValues(\.tensor) }
}
