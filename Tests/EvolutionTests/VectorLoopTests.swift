import CVectors
import Randomness
import Testing

@testable import Evolution

/// Every set of instructions must give the same bits, and these must be the right numbers.
@Suite struct VectorLoopTests {
  /// Sizes around the widths of vectors, tiles and blocks.
  static let sizes = [1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 100, 511, 512, 520, 1030]

  /// The result of the plain instructions, after checking that the others give its bits.
  private func common(_ loop: (Int32) -> [Double], _ sourceLocation: SourceLocation) -> [Double] {
    let plain = loop(0)
    for set in 0...cv_best_set() {
      #expect(
        loop(set).map(\.bitPattern) == plain.map(\.bitPattern), "set \(set)",
        sourceLocation: sourceLocation)
    }
    return plain
  }

  private func numbers(_ count: Int, _ random: inout RandomSource) -> [Double] {
    random.normals(rows: 1, columns: count).elements
  }

  /// Expects sums of `count` products of about the size 1 to agree.
  private func expectSums(
    _ values: [Double], _ expected: [Double], of count: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectClose(
      values, expected, relative: 1e-14, absolute: 1e-15 * Double(count),
      sourceLocation: sourceLocation)
  }

  @Test(arguments: sizes) func `inner products and scaled sums`(count: Int) {
    var random = RandomSource(seed: UInt64(count))
    let (left, right) = (numbers(count, &random), numbers(count, &random))
    let product = common({ [cv_dot($0, left, right, count)] }, #_sourceLocation)
    expectSums(product, [zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }], of: count)
    let sum = common(
      {
        var target = right
        cv_add_scaled($0, -0.3, left, &target, count)
        return target
      }, #_sourceLocation)
    #expect(sum == zip(left, right).map { $1 + -0.3 * $0 })
  }

  @Test(arguments: sizes) func `products of rows`(inner: Int) {
    var random = RandomSource(seed: UInt64(inner))
    for (rows, columns) in [(1, 1), (2, 3), (5, 4), (6, 9), (7, 8), (11, 2), (24, 5)] {
      let left = numbers(rows * inner, &random)
      let right = numbers(columns * inner, &random)
      let products = common(
        {
          var result = [Double](repeating: .nan, count: rows * columns)
          cv_row_products($0, left, rows, right, columns, inner, &result)
          return result
        }, #_sourceLocation)
      let expected = (0..<rows * columns).map { place in
        (0..<inner).reduce(0) { sum, k in
          sum + left[place / columns * inner + k] * right[place % columns * inner + k]
        }
      }
      expectSums(products, expected, of: inner)
    }
  }

  @Test(arguments: sizes.filter { $0 <= 100 }) func `sums of outer products`(columns: Int) {
    var random = RandomSource(seed: UInt64(columns))
    for (rows, depth) in [(1, 1), (4, 3), (6, 25), (7, 2), (13, 5)] {
      let before = numbers(rows * columns, &random)
      let left = numbers(depth * rows, &random)
      let right = numbers(depth * columns, &random)
      let sums = common(
        {
          var target = before
          var space = [Double](repeating: .nan, count: depth * (rows + columns + 7))
          cv_add_outer_products($0, &target, rows, columns, left, right, depth, 0.7, &space)
          return target
        }, #_sourceLocation)
      let expected = (0..<rows * columns).map { place in
        (0..<depth).reduce(0.7 * before[place]) { sum, level in
          sum + left[level * rows + place / columns] * right[level * columns + place % columns]
        }
      }
      #expect(sums == expected, "these sums have one order")
    }
  }

  @Test(arguments: sizes) func `a row of the tridiagonal reduction`(count: Int) {
    var random = RandomSource(seed: UInt64(count))
    let vectors = (0..<5).map { _ in numbers(count, &random) }
    let result = common(
      { set in
        var (row, product) = (vectors[0], vectors[4])
        let sum = cv_reduce_row(
          set, &row, 0.3, vectors[1], -0.7, vectors[2], vectors[3], 0.2, &product, count)
        return row + product + [sum]
      }, #_sourceLocation)
    let row = (0..<count).map { vectors[0][$0] - (0.3 * vectors[1][$0] + -0.7 * vectors[2][$0]) }
    #expect(Array(result[..<count]) == row)
    #expect(Array(result[count..<2 * count]) == row.indices.map { vectors[4][$0] + 0.2 * row[$0] })
    expectSums(
      [result[2 * count]], [row.indices.reduce(0) { $0 + row[$1] * vectors[3][$1] }], of: count)
  }

  @Test func `rotations, also where they jump`() {
    var random = RandomSource(seed: 1)
    let before = numbers(6 * 8, &random)
    let rotations = [4, 3, 2, 4, 0, 1].map { row -> cv_rotation in
      let angle = random.uniform()
      let (x, y) = ((1 - angle * angle) / (1 + angle * angle), 2 * angle / (1 + angle * angle))
      return cv_rotation(row: row, cosine: x, sine: y)
    }
    let rotated = common(
      {
        var rows = before
        cv_rotate($0, &rows, rotations, rotations.count)
        return rows
      }, #_sourceLocation)
    var expected = before
    for turn in rotations {
      for column in 0..<8 {
        let (upper, lower) = (turn.row * 8 + column, turn.row * 8 + 8 + column)
        let (a, b) = (expected[upper], expected[lower])
        expected[upper] = turn.cosine * a - turn.sine * b
        expected[lower] = turn.sine * a + turn.cosine * b
      }
    }
    #expect(rotated == expected)
  }
}
