import Foundation
import Randomness

extension RandomSource {
  /// Returns independent draws from the standard normal distribution, two for each pair of uniform
  /// numbers (Box-Muller).
  mutating func normals(rows: Int, columns: Int) -> Matrix {
    let count = rows * columns
    let elements = [Double](unsafeUninitializedCapacity: count) { buffer, filled in
      var index = 0
      while index < count {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        buffer[index] = radius * cos(angle)
        if index + 1 < count { buffer[index + 1] = radius * sin(angle) }
        index += 2
      }
      filled = count
    }
    return Matrix(rows: rows, columns: columns, elements: elements)
  }
}
