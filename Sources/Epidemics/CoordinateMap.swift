import Foundation

/// How sampled coordinates become the natural ones of a few parameters.
enum CoordinateMap: Sendable {
  /// The coordinates at `indices`, times a matrix; rows give natural coordinates.
  case linear(indices: [Int], matrix: [[Double]], logDeterminant: Double)
  /// `sign · exp(coordinate)`.
  case signed(index: Int, sign: Double)

  /// Turns sampled into natural coordinates.
  func apply(to position: inout [Double]) {
    switch self {
    case .linear(let indices, let matrix, _):
      let sampled = indices.map { position[$0] }
      for (row, index) in indices.enumerated() {
        position[index] = zip(matrix[row], sampled).reduce(0) { $0 + $1.0 * $1.1 }
      }
    case .signed(let index, let sign): position[index] = sign * exp(position[index])
    }
  }

  /// Turns natural into sampled coordinates.
  func invert(_ position: inout [Double]) {
    switch self {
    case .linear(let indices, let matrix, _):
      let natural = indices.map { position[$0] }
      for (index, value) in zip(indices, solve(matrix, natural)) { position[index] = value }
    case .signed(let index, let sign): position[index] = log(max(sign * position[index], 1e-12))
    }
  }

  /// Turns a gradient by natural coordinates into one by sampled ones, and returns the log Jacobian
  /// (with the factor 2 of a normal prior cut in half).
  func pullBack(_ gradient: inout [Double], natural: [Double]) -> Double {
    switch self {
    case .linear(let indices, let matrix, let logDeterminant):
      let values = indices.map { gradient[$0] }
      for (column, index) in indices.enumerated() {
        gradient[index] = values.indices.reduce(0) { $0 + matrix[$1][column] * values[$1] }
      }
      return logDeterminant
    case .signed(let index, let sign):
      gradient[index] = gradient[index] * natural[index] + 1
      return log(2 * sign * natural[index])
    }
  }
}

/// Directions in which correlated mobility columns are nearly independent a posteriori.
///
/// With `X` the rows of all places and days, the posterior precision of common weights is about
/// `XᵀX/(n s²) + 1/σ²`, where `s` is how well a combination of full size is told apart (0.1) and `σ`
/// the prior's deviation. The inverse transposed Cholesky factor of it maps near-independent
/// numbers of unit scale to weights.
///
/// - Returns: The matrix and the logarithm of its determinant.
func whiteningMatrix(
  rows: [[Double]], priorDeviation: Double
) -> (matrix: [[Double]], logDeterminant: Double) {
  let count = rows.first?.count ?? 0
  let precision = (0..<count).map { left in
    (0..<count).map { right in
      let mean = rows.reduce(0) { $0 + $1[left] * $1[right] } / Double(max(rows.count, 1))
      return mean / 0.01 + (left == right ? 1 / (priorDeviation * priorDeviation) : 0)
    }
  }
  let factor = cholesky(precision)
  // Solve factorᵀ · matrix = 1, column by column.
  let transposed = (0..<count).map { row in (0..<count).map { factor[$0][row] } }
  var matrix = [[Double]](repeating: Array(repeating: 0, count: count), count: count)
  for column in 0..<count {
    let unit = (0..<count).map { $0 == column ? 1.0 : 0 }
    for (row, value) in solve(transposed, unit).enumerated() { matrix[row][column] = value }
  }
  return (matrix, -(0..<count).reduce(0) { $0 + log(factor[$1][$1]) })
}

/// The lower Cholesky factor of a positive definite matrix.
func cholesky(_ matrix: [[Double]]) -> [[Double]] {
  var factor = matrix.map { $0.map { _ in 0.0 } }
  for row in matrix.indices {
    for column in 0...row {
      let sum = (0..<column).reduce(matrix[row][column]) {
        $0 - factor[row][$1] * factor[column][$1]
      }
      factor[row][column] =
        row == column ? max(sum, 1e-12).squareRoot() : sum / factor[column][column]
    }
  }
  return factor
}

/// Solves a small linear system by elimination with row pivots.
func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
  var (rows, values) = (matrix, right)
  let count = rows.count
  for column in 0..<count {
    let pivot = (column..<count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
    rows.swapAt(column, pivot)
    values.swapAt(column, pivot)
    for row in (column + 1)..<max(count, column + 1) {
      let factor = rows[row][column] / rows[column][column]
      for index in column..<count { rows[row][index] -= factor * rows[column][index] }
      values[row] -= factor * values[column]
    }
  }
  for row in (0..<count).reversed() {
    let rest = ((row + 1)..<max(count, row + 1)).reduce(values[row]) {
      $0 - rows[row][$1] * values[$1]
    }
    values[row] = rest / rows[row][row]
  }
  return values
}
