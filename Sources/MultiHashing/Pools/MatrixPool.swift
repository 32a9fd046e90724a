import Learning
import Torch

/// The virtual matrix `U V`, read row by row: structured multi-hashing itself.
///
/// Element `i` is `Σ_m U[r, m] V[m, c]` with `r = i div columns` and `c = i mod columns`, a sum over
/// `2 rank` variables: "my row" and "my column" are the hash functions. No two elements share all of
/// their variables.
///
/// - Shapes: ``left`` is `[rows, rank]`, ``right`` is `[rank, columns]`.
/// - Paper: Eban et al. (2020), section 3.2.
public struct MatrixPool: WeightPool {
  /// `U`, `[rows, rank]`.
  public var left: Tensor
  /// `V`, `[rank, columns]`.
  public var right: Tensor

  /// Creates a pool from its factors.
  ///
  /// - Precondition: `left` has as many columns as `right` has rows.
  public init(left: Tensor, right: Tensor) {
    precondition(
      left.rank == 2 && right.rank == 2 && left.extent(1) == right.extent(0),
      "factors of shapes \(left.shape) and \(right.shape) have no product")
    self.left = left
    self.right = right
  }

  /// Rows times columns.
  public var capacity: Int { left.extent(0) * right.extent(1) }

  /// Presents `left` and `right`.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameter("left", &left)
    walk.parameter("right", &right)
  }

  /// The product, read row by row.
  public func flat() -> Tensor { left.matmul(right).reshaped(-1) }

  /// The product of the rows that hold these elements, cut to size.
  public func elements(_ range: Range<Int>) -> Tensor {
    guard !range.isEmpty else { return Tensor(zeros: [0], left.elementType, on: left.device) }
    let columns = right.extent(1)
    let (first, last) = (range.lowerBound / columns, (range.upperBound - 1) / columns)
    return left.narrowed(along: 0, from: first, count: last - first + 1).matmul(right)
      .reshaped(-1)
      .narrowed(along: 0, from: range.lowerBound - first * columns, count: range.count)
  }
}
