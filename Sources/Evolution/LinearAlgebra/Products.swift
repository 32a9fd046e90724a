internal import CVectors

/// Matrix products in the two forms that evolution needs.
extension Matrix {
  /// The product `left * right^T`: all inner products of rows with rows.
  static func rowProducts(_ left: Matrix, _ right: Matrix) -> Matrix {
    precondition(
      left.columns == right.columns,
      "rows of \(left.columns) and of \(right.columns) numbers have no inner product")
    let count = left.rows * right.rows
    let elements = [Double](unsafeUninitializedCapacity: count) { buffer, filled in
      if let target = buffer.baseAddress, count > 0 {
        cv_row_products(
          instructionSet, left.elements, left.rows, right.elements, right.rows, left.columns,
          target)
      }
      filled = count
    }
    return Matrix(rows: left.rows, columns: right.rows, elements: elements)
  }

  /// `self = keep * self + left^T * right`: a sum of outer products of rows.
  mutating func addOuterProducts(_ left: Matrix, _ right: Matrix, keep: Double) {
    precondition(
      left.rows == right.rows && left.columns == rows && right.columns == columns,
      """
      \(left.rows) x \(left.columns) and \(right.rows) x \(right.columns) have no sum of outer \
      products of shape \(rows) x \(columns)
      """)
    withUnsafeTemporaryAllocation(
      of: Double.self, capacity: left.rows * (rows + columns + 7)
    ) { space in
      elements.withUnsafeMutableBufferPointer { elements in
        guard let target = elements.baseAddress, let space = space.baseAddress else { return }
        cv_add_outer_products(
          instructionSet, target, rows, columns, left.elements, right.elements, left.rows, keep,
          space)
      }
    }
  }
}
