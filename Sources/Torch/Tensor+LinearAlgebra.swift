private enum Ops {
  static let matmul = Operator("swiftlet::matmul")
  static let linear = Operator("swiftlet::linear")
  static let mixStates = Operator("swiftlet::mix_states")
  static let bmm = Operator("aten::bmm")
  static let baddbmm = Operator("aten::baddbmm")
  static let einsum = Operator("aten::einsum")
  static let outer = Operator("aten::outer")
  static let inverse = Operator("aten::linalg_inv")
  static let det = Operator("aten::linalg_det")
  static let slogdet = Operator("aten::linalg_slogdet")
  static let cholesky = Operator("aten::linalg_cholesky")
  static let solve = Operator("aten::linalg_solve")
  static let triangular = Operator("aten::linalg_solve_triangular")
  static let qr = Operator("aten::linalg_qr")
  static let svd = Operator("aten::linalg_svd")
  static let eigh = Operator("aten::linalg_eigh")
  static let lstsq = Operator("aten::linalg_lstsq")
  static let matrixNorm = Operator("aten::linalg_matrix_norm", "str_ord")
  static let diagonalMatrix = Operator("aten::diag_embed")
  static let cdist = Operator("aten::cdist")
}

/// Products, factorizations and distances. Leading axes are batches.
extension Tensor {
  /// The matrix product, with NumPy's rules for vectors and batches.
  public func matmul(_ other: Tensor) -> Tensor { Ops.matmul(.tensor(self), .tensor(other)) }

  /// `x Wᵀ + b`: the affine map of a layer.
  ///
  /// - Shapes: this tensor is `[..., inputs]`, `weight` is `[outputs, inputs]`, `bias` is
  ///   `[outputs]`; the result is `[..., outputs]`.
  public func linear(weight: Tensor, bias: Tensor? = nil) -> Tensor {
    Ops.linear(.tensor(self), .tensor(weight), .optional(bias))
  }

  /// Mixes a handful of states that every neuron has: `Σ_k self[..., k, b, j] matrix[k, l]`.
  ///
  /// One pass over memory; the result's memory is ordered like this tensor's.
  ///
  /// - Shapes: this tensor is `[groups, copies, states, batch, neurons]`, `matrix` is
  ///   `[groups, 1, states, outputs]` (either may have one group for all); the result is
  ///   `[groups, copies, outputs, batch, neurons]`.
  public func mixingStates(by matrix: Tensor) -> Tensor {
    Ops.mixStates(.tensor(self), .tensor(matrix))
  }

  /// Products of two batches of matrices, `[n, a, b]` times `[n, b, c]`.
  public func batchMatmul(_ other: Tensor) -> Tensor { Ops.bmm(.tensor(self), .tensor(other)) }

  /// This tensor plus the products of two batches of matrices, in one operator.
  public func adding(batchProductOf left: Tensor, _ right: Tensor) -> Tensor {
    Ops.baddbmm(.tensor(self), .tensor(left), .tensor(right))
  }

  /// A sum of products in Einstein's notation, such as `"bij,bjk->bik"`.
  public static func einsum(_ equation: String, _ operands: Tensor...) -> Tensor {
    Ops.einsum(.string(equation), .tensors(operands))
  }

  /// All products of two vectors' elements, as a matrix.
  public func outer(_ other: Tensor) -> Tensor { Ops.outer(.tensor(self), .tensor(other)) }

  /// The inverse of square matrices.
  public func inverse() -> Tensor { Ops.inverse(.tensor(self)) }

  /// The determinant of square matrices.
  public func determinant() -> Tensor { Ops.det(.tensor(self)) }

  /// Sign and logarithm of the absolute value of the determinant.
  public func signLogDeterminant() -> (sign: Tensor, logarithm: Tensor) {
    let results = Ops.slogdet.tensors(.tensor(self))
    return (results[0], results[1])
  }

  /// The lower Cholesky factor of symmetric positive definite matrices.
  public func cholesky() -> Tensor { Ops.cholesky(.tensor(self)) }

  /// `x` with `self x = right`.
  public func solve(_ right: Tensor) -> Tensor { Ops.solve(.tensor(self), .tensor(right)) }

  /// `x` with `self x = right` for triangular matrices.
  public func solveTriangular(_ right: Tensor, upper: Bool) -> Tensor {
    Ops.triangular(.tensor(self), .tensor(right), .bool(upper))
  }

  /// The reduced QR factorization.
  public func qr() -> (q: Tensor, r: Tensor) {
    let results = Ops.qr.tensors(.tensor(self))
    return (results[0], results[1])
  }

  /// The reduced singular value decomposition `U diag(S) Vh`, largest values first.
  public func svd() -> (u: Tensor, s: Tensor, vh: Tensor) {
    let results = Ops.svd.tensors(.tensor(self), .bool(false))
    return (results[0], results[1], results[2])
  }

  /// Eigenvalues (ascending) and eigenvectors (columns) of symmetric matrices.
  public func symmetricEigen() -> (values: Tensor, vectors: Tensor) {
    let results = Ops.eigh.tensors(.tensor(self))
    return (results[0], results[1])
  }

  /// The least-squares solution of `self x = right`.
  public func leastSquares(_ right: Tensor) -> Tensor {
    Ops.lstsq.tensors(.tensor(self), .tensor(right))[0]
  }

  /// Matrices with the last axis on their diagonal, other elements zero.
  public func diagonalMatrix() -> Tensor { Ops.diagonalMatrix(.tensor(self)) }

  /// The Frobenius norm of matrices.
  public func frobeniusNorm() -> Tensor { Ops.matrixNorm(.tensor(self), .string("fro")) }

  /// Euclidean distances between all rows: `[..., n, d]` and `[..., m, d]` give `[..., n, m]`.
  public func distances(to other: Tensor) -> Tensor {
    // The fused kernel has no second derivative.
    GradientScope.isNested
      ? (expandingShape(at: -2) - other.expandingShape(at: -3)).norm(along: -1)
      : Ops.cdist(.tensor(self), .tensor(other))
  }
}
