internal import CVectors

/// The tridiagonal form of a symmetric matrix, with the reflections that made it.
struct Tridiagonal {
  var diagonal: [Double]
  /// `besides[i]` couples `i - 1` and `i`; the first is 0.
  var besides: [Double]
  /// Row `i` holds the vector of the reflection that acted on coordinates below `i`.
  private var reflections: Matrix
  /// `2 / |u|^2` of each reflection, 0 for none.
  private var gains: [Double]

  /// Reduces a symmetric matrix, reading its lower triangle.
  ///
  /// From the last row upwards, row `i` is mapped to a multiple of the unit vector `i - 1`. The
  /// update of rank two that a reflection makes and the product with the next vector read each row
  /// once together, because the next vector is the row that is updated first.
  init(_ matrix: Matrix) {
    let size = matrix.rows
    diagonal = [Double](repeating: 0, count: size)
    besides = diagonal
    gains = diagonal
    reflections = matrix
    var product = diagonal
    var update = diagonal
    reflections.elements.withUnsafeMutableBufferPointer { elements in
      product.withUnsafeMutableBufferPointer { product in
        update.withUnsafeMutableBufferPointer { update in
          guard let work = elements.baseAddress, let product = product.baseAddress,
            let update = update.baseAddress
          else { return }
          var earlier: UnsafePointer<Double>?
          for index in stride(from: size - 1, to: 0, by: -1) {
            let row = work + index * size
            if let earlier { reduceRow(row, earlier, update, index) }
            diagonal[index] = row[index]
            (besides[index], gains[index]) = Self.makeReflection(row, index)
            let gain = gains[index]
            Self.updateAndMultiply(work, size, index, earlier, update, row, product)
            let half = 0.5 * gain * gain * dot(row, product, index)
            for column in 0..<index {
              update[column] = gain * product[column] - half * row[column]
            }
            earlier = UnsafePointer(row)
          }
          if let earlier { reduceRow(work, earlier, update, 0) }
          if size > 0 { diagonal[0] = work[0] }
        }
      }
    }
  }

  /// Turns `row[0..<length]` into the vector of the reflection that maps it to its last coordinate.
  ///
  /// - Returns: That coordinate, and `2 / |u|^2`.
  private static func makeReflection(
    _ row: UnsafeMutablePointer<Double>, _ length: Int
  ) -> (Double, Double) {
    let last = row[length - 1]
    var largest = 0.0
    for index in 0..<length { largest = max(largest, abs(row[index])) }
    var others = 0.0
    for index in 0..<length - 1 { others = max(others, abs(row[index])) }
    guard others > 0 else {
      // Nothing to remove: no reflection, and the vector must not act in the update of rank two.
      for index in 0..<length { row[index] = 0 }
      return (last, 0)
    }
    // Scaled by its largest number so that squares neither overflow nor vanish.
    for index in 0..<length { row[index] /= largest }
    let squares = dot(row, row, length)
    let image = row[length - 1] > 0 ? -squares.squareRoot() : squares.squareRoot()
    let squaredLength = 2 * (squares - image * row[length - 1])
    row[length - 1] -= image
    return (image * largest, 2 / squaredLength)
  }

  /// Applies the earlier update of rank two to the rows below `count` and multiplies the result
  /// with `vector`.
  private static func updateAndMultiply(
    _ work: UnsafeMutablePointer<Double>, _ size: Int, _ count: Int,
    _ earlier: UnsafePointer<Double>?, _ update: UnsafePointer<Double>,
    _ vector: UnsafePointer<Double>, _ product: UnsafeMutablePointer<Double>
  ) {
    for index in 0..<count {
      let row = work + index * size
      if let earlier {
        let (first, second, third) = (earlier[index], update[index], vector[index])
        product[index] = cv_reduce_row(
          instructionSet, row, first, update, second, earlier, vector, third, product, index)
        row[index] -= first * second + second * first
      } else {
        product[index] = dot(row, vector, index)
        addScaled(vector[index], row, to: product, index)
      }
      product[index] += row[index] * vector[index]
    }
  }

  /// The rows of an orthogonal matrix whose product with a vector is the vector in the coordinates
  /// of the tridiagonal form.
  func basis() -> Matrix {
    let size = diagonal.count
    var basis = Matrix(diagonal: [Double](repeating: 1, count: size))
    basis.elements.withUnsafeMutableBufferPointer { basis in
      reflections.elements.withUnsafeBufferPointer { vectors in
        guard let basis = basis.baseAddress, let vectors = vectors.baseAddress else { return }
        // Sixteen reflections at a time, so that their vectors stay in the cache over all rows.
        for first in stride(from: 1, to: size, by: 16) {
          let end = min(first + 16, size)
          for index in 0..<end {
            let row = basis + index * size
            for reflection in max(first, index + 1)..<max(end, index + 1)
            where gains[reflection] != 0 {
              let vector = vectors + reflection * size
              let scale = -gains[reflection] * dot(row, vector, reflection)
              addScaled(scale, vector, to: row, reflection)
            }
          }
        }
      }
    }
    return basis
  }
}

/// `row -= u[index] * q + q[index] * u`, up to and with the diagonal.
@inline(__always)
private func reduceRow(
  _ row: UnsafeMutablePointer<Double>, _ vector: UnsafePointer<Double>,
  _ update: UnsafePointer<Double>, _ index: Int
) {
  let (first, second) = (vector[index], update[index])
  for column in 0...index {
    row[column] -= first * update[column] + second * vector[column]
  }
}
