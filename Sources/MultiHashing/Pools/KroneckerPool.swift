import Learning
import Torch

/// A sum of Kronecker products `Σ_r A_r ⊗ B_r`, read row by row.
///
/// With side `d` the virtual matrix is `[d², d²]`, and `kron(A, B)[i d + k, j d + l] = A[i, j] B[k, l]`.
/// Regrouped by `(i, j)` and `(k, l)` it is a matrix product, and that is how it is computed.
///
/// - Shapes: ``left`` and ``right`` are `[rank, d, d]`.
/// - Paper: the second structure of the released code; the paper's CIFAR runs used it, as the sizes of
///   its figure 6 show.
public struct KroneckerPool: WeightPool {
  /// `A`, `[rank, d, d]`.
  public var left: Tensor
  /// `B`, `[rank, d, d]`.
  public var right: Tensor

  /// Creates a pool from its factors.
  ///
  /// - Precondition: Both are `[rank, d, d]`.
  public init(left: Tensor, right: Tensor) {
    precondition(
      left.rank == 3 && left.shape == right.shape && left.extent(1) == left.extent(2),
      "factors of shapes \(left.shape) and \(right.shape) are not [rank, side, side] both")
    self.left = left
    self.right = right
  }

  private var side: Int { left.extent(1) }

  /// `d⁴`.
  public var capacity: Int { side * side * side * side }

  /// Presents `left` and `right`.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameter("left", &left)
    walk.parameter("right", &right)
  }

  /// All elements.
  public func flat() -> Tensor { blocks(0..<side) }

  /// The elements of the block rows that hold the wanted ones, cut to size.
  public func elements(_ range: Range<Int>) -> Tensor {
    guard !range.isEmpty else { return Tensor(zeros: [0], left.elementType, on: left.device) }
    let block = side * side * side
    let (first, last) = (range.lowerBound / block, (range.upperBound - 1) / block)
    return blocks(first..<last + 1)
      .narrowed(along: 0, from: range.lowerBound - first * block, count: range.count)
  }

  /// The rows of the virtual matrix whose `i` lies in a range.
  private func blocks(_ range: Range<Int>) -> Tensor {
    let rank = left.extent(0)
    let rows = left.narrowed(along: 1, from: range.lowerBound, count: range.count)
    let product = rows.reshaped(rank, range.count * side).transposed()
      .matmul(right.reshaped(rank, side * side))  // [i j, k l]
    return product.reshaped(range.count, side, side, side).permuted(0, 2, 1, 3).reshaped(-1)
  }
}
