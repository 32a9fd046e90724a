import Foundation
import Learning
import Torch

/// Numbers in [-1, 1) that depend on a name alone: splitmix64 started from the name's FNV-1a hash.
///
/// Networks filled with them compute the same everywhere, without a checkpoint.
func formulaNumbers(_ name: String, _ shape: [Int]) -> Tensor {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return Tensor(shape: shape, of: Double.self) { numbers in
    var state = hash
    for index in numbers.indices {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      z ^= z >> 31
      numbers.initializeElement(at: index, to: Double(z >> 11) * 0x1p-53 * 2 - 1)
    }
  }
}

extension Model {
  /// The model in `float64` with every tensor filled by the formula of its public name.
  func filledByFormula(_ naming: Naming) -> Self {
    var copy = self
    copy.forEachTensor(naming) { name, role, tensor in
      guard tensor.elementType.isFloatingPoint else { return }
      let numbers = formulaNumbers(name, tensor.shape)
      let last = name.split(separator: ".").last.map(String.init) ?? name
      let isPlace = ["token", "pos_embed", "pos_embedding"].contains { last.contains($0) }
      if name.hasSuffix("running_mean") {
        tensor = 0.1 * numbers
      } else if name.hasSuffix("running_var") {
        tensor = 1 + 0.2 * numbers
      } else if last == "weight", tensor.rank == 1 {
        tensor = 1 + 0.1 * numbers
      } else if last.hasSuffix("bias") || tensor.rank < 2 || isPlace {
        tensor = 0.1 * numbers
      } else {
        tensor = numbers * (6 * Double(tensor.extent(0)) / Double(tensor.count)).squareRoot()
      }
    }
    return copy
  }
}
