import Foundation

/// The lower Cholesky factor of a correlation matrix: rows of length one, positive diagonal.
///
/// As in Stan, row i is built from i canonical partial correlations z = tanh(free) taken row by
/// row: L[i,j] = z_ij sqrt(1 - sum of the squares before it), and the diagonal is what is left.
/// The Jacobian is that of the map from the free coordinates to the entries below the diagonal.
public struct CorrelationCholesky: Transform, Hashable {
  /// The number of rows and columns.
  public var size: Int
  /// The number of free coordinates, the entries below the diagonal.
  public var freeCount: Int { size * (size - 1) / 2 }
  /// The number of values, the whole matrix row by row with zeros above the diagonal.
  public var valueCount: Int { size * size }

  /// Creates the transform for a `size` × `size` factor.
  public init(_ size: Int) {
    precondition(size > 0, "a correlation matrix of \(size) rows does not exist")
    self.size = size
  }

  /// Maps free coordinates to values; see ``Transform``.
  public func constrain<Number: RealNumber>(
    _ free: ArraySlice<Number>, appendingTo values: inout [Number], logJacobian: inout Number
  ) {
    var next = free.startIndex
    for row in 0..<size {
      var left: Number = 1
      for _ in 0..<row {
        let root = Number.sqrt(left)
        let entry = .tanh(free[next]) * root
        values.append(entry)
        logJacobian += logSechSquared(free[next]) + .log(root)
        left -= .square(entry)
        next += 1
      }
      values.append(row == 0 ? left : .sqrt(left))
      for _ in 0..<(size - row - 1) { values.append(0) }
    }
  }

  /// Maps values back to free coordinates; see ``Transform``.
  public func unconstrain(_ values: [Double]) throws(TransformError) -> [Double] {
    try checkCount(values)
    var free: [Double] = []
    for row in 0..<size {
      let entries = values[(row * size)..<((row + 1) * size)]
      let length = entries.reduce(0) { $0 + $1 * $1 }
      let diagonal = values[row * size + row]
      guard abs(length - 1) < 1e-8, diagonal > 0, entries.dropFirst(row + 1).allSatisfy({ $0 == 0 })
      else {
        throw TransformError(
          values: values,
          expected: "a lower triangle with positive diagonal and rows of length 1; row \(row + 1) "
            + "is not")
      }
      var left = 1.0
      for entry in entries.prefix(row) {
        free.append(atanh(entry / left.squareRoot()))
        left -= entry * entry
      }
    }
    return free
  }

  /// Carries a gradient back; see ``Transform``.
  public func pullback(_ gradient: [Double], at free: [Double]) -> [Double] {
    var result = free
    for row in 1..<max(1, size) {
      let first = row * (row - 1) / 2
      let correlations = free[first..<(first + row)].map { tanh($0) }
      // left[j] is what the squares of the first j entries leave of one.
      var left = [1.0]
      for z in correlations { left.append(left[left.count - 1] * (1 - z * z)) }
      let diagonal = left[row].squareRoot()
      // leftSlope is the derivative with respect to left[j], diagonal first.
      var leftSlope = gradient[row * size + row] / (2 * diagonal)
      for column in (0..<row).reversed() {
        let z = correlations[column]
        let root = left[column].squareRoot()
        let slope = gradient[row * size + column]
        let zSlope = slope * root - leftSlope * 2 * z * left[column]
        result[first + column] = zSlope * (1 - z * z) - 2 * z
        leftSlope = leftSlope * (1 - z * z) + slope * z / (2 * root) + 0.5 / left[column]
      }
    }
    return result
  }

  /// log(1 - tanh(x)^2), precise for large x.
  private func logSechSquared<Number: RealNumber>(_ x: Number) -> Number {
    let doubled = Number(2) * x
    return Number(2 * log(2.0)) + .logInverseLogit(doubled) + .logInverseLogit(-doubled)
  }
}
