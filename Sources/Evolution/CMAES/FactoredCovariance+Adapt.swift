extension FactoredCovariance {
  /// Multiplies the root by the symmetric root of `keep I + sum of weight z z^T`.
  mutating func adapt(_ update: CovarianceUpdate, stepPath: inout [Double]) {
    blend(&path, keep: update.pathKeep, gain: 1, update.pathStep)
    var normals = update.normals
    normals.append(row: path)
    guard
      let factor = NearIdentity(
        normals: normals, weights: update.weights.map { $0 / update.keep })
    else {
      isBroken = true
      return
    }
    let scale = update.keep.squareRoot()
    var images = factor.combinations(of: update.steps)
    let directions = factor.combinations(of: normals)
    for (row, change) in factor.changes.enumerated() {
      images.scaleRow(row, by: scale * change)
    }
    root.addOuterProducts(images, directions, keep: scale)
    // The path itself stays where it is, so its coordinates take the inverse factor.
    path = factor.undo(path, directions).map { $0 / scale }
    age += 1
    if age >= interval { review(&stepPath) }
  }

  /// Looks at the axes, and turns the root so that its columns are the axes.
  private mutating func review(_ stepPath: inout [Double]) {
    age = 0
    guard let eigen = SymmetricEigen(Matrix.rowProducts(root, root)),
      let smallest = eigen.values.first, let largest = eigen.values.last, smallest > 0
    else {
      isBroken = true
      return
    }
    (shortest, longest) = (smallest.squareRoot(), largest.squareRoot())
    let lengths = eigen.values.map { $0.squareRoot() }
    stepPath = coordinates(of: stepPath, eigen.vectors, lengths)
    path = coordinates(of: path, eigen.vectors, lengths)
    for row in 0..<root.rows {
      for column in 0..<root.columns {
        root[row, column] = eigen.vectors[column, row] * lengths[column]
      }
    }
  }

  /// The coordinates, with respect to axes of the given lengths, of what `vector` is for this root.
  private func coordinates(
    of vector: [Double], _ axes: Matrix, _ lengths: [Double]
  ) -> [Double] {
    let row = Matrix(rows: 1, columns: vector.count, elements: vector)
    let projected = Matrix.rowProducts(steps(row), axes)
    return zip(projected.elements, lengths).map { $0 / $1 }
  }
}

/// The symmetric root `I + sum of change d d^T` of `I + sum of weight z z^T`, for fewer rows `z`
/// than coordinates.
struct NearIdentity {
  /// By how much each direction `d` is stretched: 0 leaves it as it is.
  private(set) var changes: [Double] = []
  /// The directions as combinations of those rows that are independent.
  private var coefficients: Matrix
  private let kept: [Int]

  /// Finds the root.
  ///
  /// An orthonormal basis of the rows comes from the Cholesky factor of their inner products; in it
  /// the sum is a small matrix, which is decomposed.
  ///
  /// - Returns: `nil` if a number is not finite.
  init?(normals: Matrix, weights: [Double]) {
    let basis = RowBasis(normals)
    kept = basis.kept
    let size = kept.count
    // K = L^T W L, where row i of L gives row i of the normals in the basis.
    var weighted = basis.coordinates
    for (row, weight) in weights.enumerated() { weighted.scaleRow(row, by: weight) }
    var inner = Matrix(rows: size, columns: size)
    inner.addOuterProducts(weighted, basis.coordinates, keep: 0)
    coefficients = Matrix(rows: size, columns: size)
    guard let eigen = SymmetricEigen(inner) else { return nil }
    // The weights are chosen so that the sum stays positive; rounding may touch zero.
    changes = eigen.values.map { max(1 + $0, 1e-12).squareRoot() - 1 }
    coefficients = basis.combinations(eigen.vectors)
  }

  /// The directions, made of the rows of `matrix` as they are made of the normals.
  func combinations(of matrix: Matrix) -> Matrix {
    var result = Matrix(rows: kept.count, columns: matrix.columns)
    result.addOuterProducts(coefficients, matrix.gatheringRows(kept), keep: 0)
    return result
  }

  /// The vector that the root maps to `vector`.
  func undo(_ vector: [Double], _ directions: Matrix) -> [Double] {
    let row = Matrix(rows: 1, columns: vector.count, elements: vector)
    let parts = Matrix.rowProducts(row, directions).elements
    let shares = zip(parts, changes).map { -$0 * $1 / (1 + $1) }
    var result = vector
    blend(&result, keep: 1, gain: 1, weightedSum(shares, rowsOf: directions))
    return result
  }
}

/// An orthonormal basis of the span of some rows.
private struct RowBasis {
  /// Those rows that are independent of the ones before.
  private(set) var kept: [Int] = []
  /// Row `i` gives row `i` of the input in the basis. `[rows, kept]`.
  let coordinates: Matrix

  init(_ rows: Matrix) {
    let products = Matrix.rowProducts(rows, rows)
    var lower = Matrix(rows: rows.rows, columns: rows.rows)
    var kept: [Int] = []
    for row in 0..<rows.rows {
      for (position, other) in kept.enumerated() {
        var rest = products[row, other]
        for index in 0..<position { rest -= lower[row, index] * lower[other, index] }
        lower[row, position] = rest / lower[other, position]
      }
      var rest = products[row, row]
      for index in 0..<kept.count { rest -= lower[row, index] * lower[row, index] }
      if rest > 1e-12 * products[row, row] {
        lower[row, kept.count] = rest.squareRoot()
        kept.append(row)
      }
    }
    self.kept = kept
    var coordinates = Matrix(rows: rows.rows, columns: kept.count)
    for row in 0..<rows.rows {
      for column in kept.indices { coordinates[row, column] = lower[row, column] }
    }
    self.coordinates = coordinates
  }

  /// For each row `v` of basis coordinates, the coefficients of the kept rows that make it, as
  /// columns of the result: `v L^-1`.
  func combinations(_ vectors: Matrix) -> Matrix {
    let size = kept.count
    var result = Matrix(rows: size, columns: size)
    for row in 0..<size {
      for column in stride(from: size - 1, through: 0, by: -1) {
        var rest = vectors[row, column]
        for later in column + 1..<max(size, column + 1) {
          rest -= result[later, row] * coordinates[kept[later], column]
        }
        result[column, row] = rest / coordinates[kept[column], column]
      }
    }
    return result
  }
}
