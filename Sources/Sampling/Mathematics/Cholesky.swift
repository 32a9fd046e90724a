/// Returns the lower triangle L with L Lᵀ equal to a symmetric matrix, row by row.
///
/// - Parameters:
///   - matrix: `dimension`² entries, row by row; the lower triangle is read.
///   - dimension: The number of rows.
/// - Returns: The factor with zeros above its diagonal, or `nil` when the matrix is not positive
///   definite.
public func choleskyFactor(of matrix: [Double], dimension: Int) -> [Double]? {
  var factor = [Double](repeating: 0, count: dimension * dimension)
  for row in 0..<dimension {
    for column in 0...row {
      var sum = matrix[row * dimension + column]
      for index in 0..<column {
        sum -= factor[row * dimension + index] * factor[column * dimension + index]
      }
      if column < row {
        factor[row * dimension + column] = sum / factor[column * dimension + column]
      } else {
        guard sum > 0, sum.isFinite else { return nil }
        factor[row * dimension + row] = sum.squareRoot()
      }
    }
  }
  return factor
}
