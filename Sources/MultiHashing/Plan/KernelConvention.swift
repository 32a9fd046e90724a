import Torch

/// In which order the elements of a kernel are carved from a pool, and how its outputs are counted.
///
/// The order decides which weights share variables, so it belongs to every file.
public enum KernelConvention: String, Sendable, Hashable, Codable, CaseIterable {
  /// Tensors as they lie in memory here: `[outputs, inputs, height, width]` and `[outputs, inputs]`.
  case native
  /// As the released code sees them: `[height, width, inputs, outputs]`, depthwise kernels
  /// `[height, width, channels, 1]`, and `[inputs, outputs]`.
  case released

  /// The order of a tensor's axes in the pool.
  private func axes(_ rank: Int) -> [Int] {
    guard self == .released else { return Array(0..<rank) }
    return switch rank {
    case 4: [2, 3, 1, 0]
    case 2: [1, 0]
    default: Array(0..<rank)
    }
  }

  /// Consecutive elements of a pool as a tensor of the given shape.
  func tensor(_ elements: Tensor, _ shape: [Int]) -> Tensor {
    let axes = axes(shape.count)
    guard axes != Array(0..<shape.count) else { return elements.reshaped(to: shape) }
    let ordered = elements.reshaped(to: axes.map { shape[$0] })
    return (shape.count == 4 ? ordered.permuted(3, 2, 0, 1) : ordered.transposed()).rowMajor()
  }

  /// A tensor's elements in the order of the pool.
  func elements(of tensor: Tensor) -> Tensor {
    guard self == .released else { return tensor.reshaped(-1) }
    return switch tensor.rank {
    case 4: tensor.permuted(2, 3, 1, 0).reshaped(-1)
    case 2: tensor.transposed().reshaped(-1)
    default: tensor.reshaped(-1)
    }
  }

  /// How many weights follow each other in the pool before the first axis moves on.
  func innerExtent(_ shape: [Int]) -> Int {
    guard shape.count > 1 else { return shape.reduce(1, *) }
    return self == .released ? shape[0] : shape.dropFirst().reduce(1, *)
  }

  /// Whether the rows of a tensor line up with those of a virtual matrix, so that its rank is about
  /// the pool's at most.
  func isAligned(_ info: TensorInfo, columns: Int) -> Bool {
    let inner = innerExtent(info.shape)
    return inner > 1 && inner < info.count && (columns % inner == 0 || inner % columns == 0)
  }

  /// He's factor by outputs: `sqrt(2 / (area outputs))` of a kernel and `1 / sqrt(outputs)` of a
  /// matrix, as the released code has it; 1 for others.
  func fanOutFactor(_ shape: [Int]) -> Double {
    switch shape.count {
    case 4:
      // The released code reads a depthwise kernel as one with a single output.
      let isDepthwise = shape[1] == 1 && shape[0] > 1
      let outputs = self == .released && isDepthwise ? 1 : shape[0]
      return (2 / Double(shape[2] * shape[3] * outputs)).squareRoot()
    case 2: return 1 / Double(shape[0]).squareRoot()
    default: return 1
    }
  }

  /// The same by inputs.
  func fanInFactor(_ shape: [Int]) -> Double {
    switch shape.count {
    case 4: (2 / Double(shape[1...].reduce(1, *))).squareRoot()
    case 2: 1 / Double(shape[1]).squareRoot()
    default: 1
    }
  }
}
