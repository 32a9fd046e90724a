import Foundation
import Randomness
import Testing

@testable import Evolution

@Suite struct CovarianceTests {
  /// Both forms follow the same updates; one adds to the matrix as the equation says, the other
  /// never sees a matrix.
  @Test(arguments: [3, 12, 40])
  func `the root follows the covariance that the equation gives`(size: Int) throws {
    var random = RandomSource(seed: 5)
    var factored = FactoredCovariance(dimension: size, interval: 7)
    var expected = Matrix(diagonal: [Double](repeating: 1, count: size))
    var path = [Double](repeating: 0, count: size)
    var stepPath = [Double](repeating: 0, count: size)
    let p = StrategyParameters(dimension: size, population: 10)
    for _ in 0..<30 {
      let normals = random.normals(rows: 10, columns: size)
      var steps = factored.steps(normals)
      let step = weightedSum(p.weights[..<5], rowsOf: steps)
      blend(&path, keep: 0.7, gain: 0.9, step)
      steps.append(row: path)
      let weights =
        p.weights.enumerated().map { row, weight in
          let normal = Array(normals.row(row))
          return p.rankMuRate * (weight < 0 ? weight * Double(size) / dot(normal, normal) : weight)
        } + [p.rankOneRate]
      let keep = 1 - p.rankOneRate - p.rankMuRate * p.weights.reduce(0, +)
      for row in 0..<size {
        for column in 0..<size {
          expected[row, column] *= keep
          for (index, weight) in weights.enumerated() {
            expected[row, column] += weight * steps[index, row] * steps[index, column]
          }
        }
      }
      let pathStep = weightedSum(p.weights[..<5], rowsOf: normals).map { $0 * 0.9 }
      factored.adapt(
        CovarianceUpdate(
          keep: keep, weights: weights, steps: steps, normals: normals, pathKeep: 0.7,
          pathStep: pathStep), stepPath: &stepPath)
      let scale = expected.diagonal.max() ?? 1
      expectClose(factored.matrix.elements, expected.elements, relative: 0, absolute: 1e-11 * scale)
      expectClose(factored.variances, expected.diagonal, relative: 1e-11)
    }
  }

  @Test func `products agree with their definition at every size`() {
    var random = RandomSource(seed: 2)
    for (rows, columns, inner) in [(1, 1, 1), (3, 5, 2), (4, 4, 8), (9, 6, 7), (13, 24, 25)] {
      let left = random.normals(rows: rows, columns: inner)
      let right = random.normals(rows: columns, columns: inner)
      let product = Matrix.rowProducts(left, right)
      var sum = random.normals(rows: rows, columns: columns)
      let before = sum
      sum.addOuterProducts(left.transposed(), right.transposed(), keep: 0.5)
      for row in 0..<rows {
        for column in 0..<columns {
          let expected = (0..<inner).reduce(0) { $0 + left[row, $1] * right[column, $1] }
          expectClose(product[row, column], expected, relative: 0, absolute: 1e-13)
          expectClose(
            sum[row, column], 0.5 * before[row, column] + expected, relative: 0, absolute: 1e-13)
        }
      }
    }
  }

  @Test func `elimination solves what has a solution`() throws {
    let matrix = Matrix(rows: 3, columns: 3, elements: [0, 2, 1, 1, 0, 0, 0, 1, 3])
    let solution = try #require(solve(matrix, [7, 1, 11]))
    expectClose(solution, [1, 2, 3], relative: 1e-14)
    #expect(solve(Matrix(rows: 2, columns: 2), [1, 1]) == nil)
  }

  @Test func `normal draws have the moments and the tails of the distribution`() {
    var random = RandomSource(seed: 9)
    let draws = random.normals(rows: 1, columns: 400_000).elements
    let count = Double(draws.count)
    func share(_ isIn: (Double) -> Bool) -> Double { Double(draws.count(where: isIn)) / count }
    func expectShare(_ value: Double, _ expected: Double) {
      let error = (expected * (1 - expected) / count).squareRoot()
      #expect(abs(value - expected) < 4.5 * error, "\(value) instead of \(expected)")
    }
    #expect(abs(draws.reduce(0, +) / count) < 4.5 / count.squareRoot())
    let square = draws.reduce(0) { $0 + $1 * $1 } / count
    #expect(abs(square - 1) < 4.5 * (2 / count).squareRoot())
    let fourth = draws.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
    #expect(abs(fourth - 3) < 4.5 * (96 / count).squareRoot())
    for edge in [0.1, 0.3, 1, 2, 3, 3.442619855899, 3.8] {
      expectShare(share { abs($0) < edge }, erf(edge / 2.0.squareRoot()))
      expectShare(share { $0 > edge }, 0.5 * erfc(edge / 2.0.squareRoot()))
    }
  }
}

extension Matrix {
  fileprivate func transposed() -> Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }
}
