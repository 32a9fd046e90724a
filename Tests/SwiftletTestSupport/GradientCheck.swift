import Randomness
import Testing
import Torch

/// Expects the gradient of a function to match central finite differences.
///
/// Every element of every point is moved by a small step both ways, in `float64`, and the change of
/// a fixed random weighting of the function's elements is compared with what differentiation gives.
/// `points` are `float64`; `tolerance` is the largest difference, relative to the larger of 1 and the
/// gradient's largest element; `body` may return any shape.
public func expectGradientMatchesFiniteDifferences(
  at points: [Tensor], tolerance: Double = 1e-7, _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: ([Tensor]) -> Tensor
) {
  var random = RandomSource(seed: 17)
  let weights = Tensor(uniform: body(points).shape, in: 0.5...1.5, using: &random, .float64)
  let weighted = { (points: [Tensor]) in (body(points) * weights).sum() }
  let gradients = valueAndGradient(at: points, weighted).gradient
  for (number, gradient) in gradients.enumerated() {
    let numeric = differences(weighted, at: points, of: number)
    let found = gradient.toDoubles()
    let size = numeric.map(abs).max() ?? 0
    expectClose(
      found, numeric, relative: 0, absolute: tolerance * max(1, size),
      "\(comment.map { "\($0), " } ?? "")gradient \(number)", sourceLocation: sourceLocation)
  }
}

/// Expects the gradient of a function of one tensor to match central finite differences; see
/// ``expectGradientMatchesFiniteDifferences(at:tolerance:_:sourceLocation:_:)``.
public func expectGradientMatchesFiniteDifferences(
  at point: Tensor, tolerance: Double = 1e-7, _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: (Tensor) -> Tensor
) {
  expectGradientMatchesFiniteDifferences(
    at: [point], tolerance: tolerance, comment, sourceLocation: sourceLocation
  ) { body($0[0]) }
}

/// Central differences of fourth order, whose own error is far below the tolerance.
private func differences(
  _ function: ([Tensor]) -> Tensor, at points: [Tensor], of number: Int
) -> [Double] {
  let start = points[number].toDoubles()
  let shape = points[number].shape
  return start.indices.map { index in
    let step = 1e-3 * max(1, abs(start[index]))
    func value(_ steps: Double) -> Double {
      var moved = start
      moved[index] += steps * step
      var all = points
      all[number] = Tensor(moved, shape: shape)
      return function(all).scalar()
    }
    return (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * step)
  }
}
