import Foundation
import Randomness
import Testing

@testable import Evolution

@Suite struct SymmetricEigenTests {
  @Test(arguments: [1, 2, 3, 10, 65, 130])
  func `second differences have the known eigenvalues`(size: Int) throws {
    var matrix = Matrix(diagonal: [Double](repeating: 2, count: size))
    for index in 1..<max(size, 1) {
      matrix[index, index - 1] = -1
      matrix[index - 1, index] = -1
    }
    let eigen = try #require(SymmetricEigen(matrix))
    let expected = (1...size).map { 2 - 2 * cos(Double($0) * .pi / Double(size + 1)) }
    expectClose(eigen.values, expected, relative: 0, absolute: 1e-13)
    // Eigenvector k is sin(j k pi / (n + 1)).
    let first = (1...size).map { sin(Double($0) * .pi / Double(size + 1)) }
    let cosine = dot(first, Array(eigen.vectors.row(0))) / norm(first)
    #expect(abs(abs(cosine) - 1) < 1e-12)
  }

  @Test(arguments: [2, 5, 24, 63, 100])
  func `vectors are orthonormal and solve the equation`(size: Int) throws {
    var random = RandomSource(seed: UInt64(size))
    let factor = random.normals(rows: size, columns: size)
    var matrix = Matrix(rows: size, columns: size)
    for row in 0..<size {
      for column in 0...row {
        matrix[row, column] = factor[row, column]
        matrix[column, row] = factor[row, column]
      }
    }
    try expectSolution(of: matrix)
  }

  @Test func `equal, zero and widely spread eigenvalues are found`() throws {
    try expectSolution(of: Matrix(rows: 7, columns: 7))
    try expectSolution(of: Matrix(diagonal: [3, 3, 3, 3, 3]))
    // Of rank one: all eigenvalues but one are zero.
    let ones = Matrix(rows: 9, columns: 9, elements: [Double](repeating: 1, count: 81))
    try expectSolution(of: ones)
    let eigen = try #require(SymmetricEigen(ones))
    expectClose(eigen.values[8], 9, relative: 1e-14)
    let graded = try #require(
      SymmetricEigen(Matrix(diagonal: (0..<12).map { pow(10, 3 * Double($0) - 15) })))
    expectClose(graded.values, (0..<12).map { pow(10, 3 * Double($0) - 15) }, relative: 1e-14)
  }

  @Test(arguments: [1e-160, 1e160]) func `the unit of the matrix does not matter`(unit: Double)
    throws
  {
    let matrix = Matrix(rows: 2, columns: 2, elements: [2, 1, 1, 2].map { $0 * unit })
    let eigen = try #require(SymmetricEigen(matrix))
    expectClose(eigen.values, [unit, 3 * unit], relative: 1e-14)
  }

  @Test func `a matrix with a number that is not finite has no decomposition`() {
    #expect(SymmetricEigen(Matrix(rows: 2, columns: 2, elements: [1, .nan, .nan, 1])) == nil)
    #expect(SymmetricEigen(Matrix(rows: 1, columns: 1, elements: [.infinity])) == nil)
  }

  private func expectSolution(
    of matrix: Matrix, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let eigen = try #require(SymmetricEigen(matrix), sourceLocation: sourceLocation)
    #expect(eigen.values == eigen.values.sorted(), sourceLocation: sourceLocation)
    let size = Double(matrix.rows)
    let largest = max(eigen.values.map(abs).max() ?? 0, 1e-300)
    for first in 0..<matrix.rows {
      let vector = Array(eigen.vectors.row(first))
      for second in 0..<matrix.rows {
        let image = dot(vector, Array(matrix.row(second)))
        #expect(
          abs(image - eigen.values[first] * vector[second]) < 1e-14 * size * largest,
          sourceLocation: sourceLocation)
        let product = dot(vector, Array(eigen.vectors.row(second)))
        #expect(
          abs(product - (first == second ? 1 : 0)) < 1e-14 * size,
          sourceLocation: sourceLocation)
      }
    }
  }
}
