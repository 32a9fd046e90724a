import Foundation
import Learning
import Randomness
import Torch

@testable import MultiHashing

/// A network of two linear layers with a norm between, in any element type.
struct SmallNetwork: Layer {
  var first: Linear
  var norm: LayerNorm
  var last: Linear

  init(seed: UInt64 = 1) {
    var random = RandomSource(seed: seed)
    first = Linear(inputs: 6, outputs: 8, initializer: .heNormal, using: &random)
    norm = LayerNorm(width: 8)
    last = Linear(inputs: 8, outputs: 3, initializer: .heNormal, using: &random)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.child("first", &first)
    walk.child("norm", &norm)
    walk.child("last", &last)
  }

  mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    let hidden = norm.forward(first.forward(input, &pass), &pass).tanh()
    return last.forward(hidden, &pass)
  }
}

/// Settings that hash all of ``SmallNetwork`` but its norm, by half.
func smallSettings(_ change: (inout HashingSettings) -> Void = { _ in }) -> HashingSettings {
  var settings = HashingSettings()
  settings.policy = .everything
  settings.budget = SizeBudget(variables: 80)
  change(&settings)
  return settings
}

/// A folder that goes away with the value.
final class ScratchFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "multihashing-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
