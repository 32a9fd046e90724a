import Foundation
import Randomness
import Sampling
import Testing

@Suite struct TransformTests {
  static let transforms: [any Transform] = [
    Unbounded(3), Positive(2), Positive(2, above: -1.5), Bounded(2), Bounded(3, from: -2, to: 5),
    Ordered(4), Ordered(3, isPositive: true), Simplex(1), Simplex(2), Simplex(5),
    CorrelationCholesky(1), CorrelationCholesky(2), CorrelationCholesky(4),
  ]

  /// Coordinates that are neither symmetric nor tiny.
  private func coordinates(_ count: Int, scale: Double = 1) -> [Double] {
    (0..<count).map { scale * (0.7 * sin(Double($0) * 2.3 + 0.4) - 0.2) }
  }

  /// The entries of the values that the coordinates can move independently.
  private func independent(_ transform: any Transform, _ values: [Double]) -> [Double] {
    if let cholesky = transform as? CorrelationCholesky {
      return (0..<cholesky.size).flatMap { row in
        (0..<row).map { values[row * cholesky.size + $0] }
      }
    }
    return Array(values.prefix(transform.freeCount))
  }

  @Test(arguments: transforms)
  func `the values return to their coordinates`(_ transform: any Transform) throws {
    let free = coordinates(transform.freeCount)
    let values = transform.constrained(free).values
    #expect(values.count == transform.valueCount)
    #expect(close(try transform.unconstrain(values), free, 1e-12))
  }

  @Test(arguments: transforms)
  func `the log Jacobian is the determinant of finite differences`(_ transform: any Transform) {
    for scale in [1.0, 3.0] {
      let free = coordinates(transform.freeCount, scale: scale)
      let columns = free.indices.map { index in
        differencesOfValues(transform, free, index)
      }
      let expected = log(abs(determinant(columns)))
      #expect(close(transform.constrained(free).logJacobian, expected, 1e-8))
    }
  }

  @Test(arguments: transforms)
  func `the pullback is the gradient of finite differences and of the tape`(
    _ transform: any Transform
  ) {
    let free = coordinates(transform.freeCount)
    let weights = (0..<transform.valueCount).map { cos(Double($0)) }
    func objective(_ free: [Double]) -> Double {
      let (values, logJacobian) = transform.constrained(free)
      return zip(values, weights).reduce(logJacobian) { $0 + $1.0 * $1.1 }
    }
    let pulled = transform.pullback(weights, at: free)
    #expect(close(pulled, differences(at: free, objective), 1e-8))
    let traced = AutomaticDensity(dimension: transform.freeCount) { inputs in
      var values: [Traced] = []
      var sum: Traced = 0
      transform.constrain(inputs[...], appendingTo: &values, logJacobian: &sum)
      for (value, weight) in zip(values, weights) { sum += value * Traced(weight) }
      return sum
    }.evaluated(at: free)
    #expect(close(traced.value, objective(free), 1e-13))
    #expect(close(traced.gradient, pulled, 1e-12))
  }

  @Test func `constraints hold far from the origin`() {
    let free = [-40.0, 30, 3, -20]
    let simplex = Simplex(5).constrained(free)
    #expect(simplex.values.allSatisfy { $0 >= 0 } && close(simplex.values.reduce(0, +), 1, 1e-14))
    #expect(simplex.logJacobian.isFinite)
    let bounded = Bounded(1, from: 0, to: 1).constrained([-700])
    #expect(bounded.values[0] > 0 && close(bounded.logJacobian, -700, 1e-14))
  }

  @Test func `zero coordinates give the simplex's center`() {
    #expect(close(Simplex(4).constrained([0, 0, 0]).values, [0.25, 0.25, 0.25, 0.25], 1e-15))
  }

  @Test func `values that break a constraint are refused in words`() {
    let error = #expect(throws: TransformError.self) { try Simplex(2).unconstrain([0.5, 0.7]) }
    #expect(error?.description == "the values 0.5, 0.7 must be positive with sum 1, not 1.2")
    #expect(throws: TransformError.self) { try Positive().unconstrain([-1]) }
    #expect(throws: TransformError.self) { try Bounded().unconstrain([1]) }
    #expect(throws: TransformError.self) { try Ordered(2).unconstrain([2, 1]) }
    #expect(throws: TransformError.self) { try Ordered(2).unconstrain([2, 1, 3]) }
    #expect(throws: TransformError.self) { try CorrelationCholesky(2).unconstrain([1, 0, 1, 1]) }
  }

  private func differencesOfValues(_ transform: any Transform, _ free: [Double], _ index: Int)
    -> [Double]
  {
    let count = transform.freeCount
    return (0..<count).map { row in
      slope(at: free[index]) { moved in
        var point = free
        point[index] = moved
        return independent(transform, transform.constrained(point).values)[row]
      }
    }
  }

  private func determinant(_ matrix: [[Double]]) -> Double {
    var rows = matrix
    var result = 1.0
    for column in rows.indices {
      guard
        let pivot = (column..<rows.count).max(by: {
          abs(rows[$0][column]) < abs(rows[$1][column])
        })
      else { return 0 }
      if pivot != column {
        rows.swapAt(pivot, column)
        result = -result
      }
      result *= rows[column][column]
      for row in (column + 1)..<max(rows.count, column + 1) {
        let factor = rows[row][column] / rows[column][column]
        for entry in column..<rows.count { rows[row][entry] -= factor * rows[column][entry] }
      }
    }
    return result
  }
}
