import Torch

/// In which type a compressed file holds the pools' variables.
///
/// Everything else, scales and what is not hashed, is kept as it is.
public enum Storage: String, Sendable, Hashable, Codable, CaseIterable {
  /// As they are.
  case float32
  /// Half precision with the range of single precision.
  case bfloat16
  /// Whole numbers from -127 to 127 times one factor per component of a pool: per column of `U`, row of
  /// `V`, Kronecker factor, or list.
  case int8

  /// What stands behind the name of the factors.
  static let factorSuffix = ".factor"

  /// The tensors that are written for one.
  func stored(_ tensor: Tensor, named name: String) -> [(name: String, tensor: Tensor)] {
    switch self {
    case .float32: return [(name, tensor)]
    case .bfloat16: return [(name, tensor.cast(to: .bfloat16))]
    case .int8:
      let largest = Self.reduced(tensor.abs(), Self.componentAxis(tensor.shape))
      let factor = (largest / 127).clamped(to: 1e-30...1e30)
      let whole = (tensor / Self.spread(factor, tensor.shape)).rounded().clamped(to: -127...127)
      return [(name, whole.cast(to: .int8)), (name + Self.factorSuffix, factor)]
    }
  }

  /// Names, types and shapes of what is written for one.
  func layout(_ name: String, _ shape: [Int]) -> [(name: String, type: ElementType, shape: [Int])] {
    switch self {
    case .float32: [(name, .float32, shape)]
    case .bfloat16: [(name, .bfloat16, shape)]
    case .int8:
      [
        (name, .int8, shape),
        (name + Self.factorSuffix, .float32, [Self.componentAxis(shape).map { shape[$0] } ?? 1]),
      ]
    }
  }

  /// A tensor as it was, but for rounding.
  static func restored(_ tensor: Tensor, factor: Tensor?) -> Tensor {
    let values = tensor.cast(to: .float32)
    guard let factor else { return values }
    return values * spread(factor, tensor.shape)
  }

  /// The axis along which components of a pool are counted: the shortest, which is that of the rank.
  private static func componentAxis(_ shape: [Int]) -> Int? {
    shape.count < 2 ? nil : shape.indices.min { shape[$0] < shape[$1] }
  }

  private static func reduced(_ tensor: Tensor, _ axis: Int?) -> Tensor {
    guard let axis else { return tensor.reshaped(1, -1).max(along: 1) }
    let moved = axis == 0 ? tensor : tensor.transposed(0, axis)
    return moved.rowMajor().reshaped(tensor.extent(axis), -1).max(along: 1)
  }

  private static func spread(_ factor: Tensor, _ shape: [Int]) -> Tensor {
    guard let axis = componentAxis(shape) else { return factor }
    var spread = [Int](repeating: 1, count: shape.count)
    spread[axis] = shape[axis]
    return factor.reshaped(to: spread)
  }
}
