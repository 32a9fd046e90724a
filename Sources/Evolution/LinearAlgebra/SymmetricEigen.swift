/// Eigenvalues and orthonormal eigenvectors of a symmetric matrix.
///
/// The matrix is made tridiagonal by Householder reflections and then diagonal by implicitly
/// shifted QL sweeps (Golub and Van Loan, *Matrix Computations*, chapter 8). Both touch memory row
/// by row; the rotations of several sweeps are collected and then applied to columns that fit in
/// the cache.
struct SymmetricEigen: Sendable {
  /// The eigenvalues, smallest first.
  let values: [Double]
  /// Row `k` is the eigenvector of `values[k]`.
  let vectors: Matrix

  /// Decomposes a symmetric matrix, of which only the lower triangle is read.
  ///
  /// - Returns: `nil` if an element is not finite or a value does not settle within 60 sweeps, which
  ///   does not happen to finite matrices in practice.
  init?(_ matrix: Matrix) {
    precondition(
      matrix.rows == matrix.columns,
      "a matrix of \(matrix.rows) x \(matrix.columns) has no eigenvalues; it must be square")
    guard matrix.elements.allSatisfy(\.isFinite) else { return nil }
    // Scaled to numbers below 1, so that no square overflows or vanishes.
    let largest = matrix.elements.reduce(0) { max($0, abs($1)) }
    let scale = largest > 0 ? largest : 1
    var scaled = matrix
    for index in scaled.elements.indices { scaled.elements[index] /= scale }
    var tridiagonal = Tridiagonal(scaled)
    var basis = tridiagonal.basis()
    guard tridiagonal.diagonalize(rotating: &basis) else { return nil }
    let order = tridiagonal.diagonal.indices.sorted {
      tridiagonal.diagonal[$0] < tridiagonal.diagonal[$1]
    }
    values = order.map { tridiagonal.diagonal[$0] * scale }
    vectors = basis.gatheringRows(order)
  }
}
