import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Sizes of an operator with kernels of its own, beside the parts it stands for.
protocol FusedCase: Sendable, CustomStringConvertible {
  /// Images, kernel and, if wanted, bias.
  func points(_ random: inout RandomSource) -> [Tensor]
  /// The operator.
  func fused(_ points: [Tensor]) -> Tensor
  /// The same of libtorch's operators.
  func composed(_ points: [Tensor]) -> Tensor
}

extension FusedCase {
  /// Expects the value and the gradients to be those of the parts in double precision.
  func expectAgreement(seed: UInt64, absolute: Double) {
    var random = RandomSource(seed: seed)
    let points = points(&random)
    let weights = smallIntegers(fused(points).shape, &random)
    let found = valueAndPullback(at: points, weights: weights) { fused($0) }
    let expected = valueAndPullback(
      at: points.map { $0.cast(to: .float64) }, weights: weights.cast(to: .float64)
    ) { composed($0) }
    expectClose(found.value, expected.value, relative: 1e-6, absolute: absolute)
    for (index, (own, other)) in zip(found.pullback, expected.pullback).enumerated() {
      expectClose(own, other, relative: 1e-6, absolute: absolute, "gradient \(index)")
    }
  }

  /// Expects the second derivatives to be those of the parts in double precision.
  func expectSecondDerivatives(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let points = points(&random)
    let found = curvature(at: points) { fused($0) }
    let expected = curvature(at: points.map { $0.cast(to: .float64) }) { composed($0) }
    expectSimilar(found, expected)
  }
}

/// `float32` integers from -3 to 3.
func smallIntegers(_ shape: [Int], _ random: inout RandomSource) -> Tensor {
  let count = shape.reduce(1, *)
  return Tensor((0..<count).map { _ in Float(random.index(below: 7)) - 3 }, shape: shape)
}

/// The gradient of the squared gradient of a mean square.
func curvature(at points: [Tensor], _ body: @escaping ([Tensor]) -> Tensor) -> [Tensor] {
  valueAndGradient(at: points) { outer in
    let inner = valueAndGradient(at: outer) { body($0).squared().mean() }.gradient
    return inner.dropFirst().reduce(inner[0].squared().sum()) { $0 + $1.squared().sum() }
  }.gradient
}

/// Expects tensors to agree to a millionth of their largest elements, which are not zero.
func expectSimilar(_ found: [Tensor], _ expected: [Tensor]) {
  #expect(found.count == expected.count)
  for (own, other) in zip(found, expected) {
    let size = other.toDoubles().map(abs).max() ?? 0
    #expect(size > 0)
    expectClose(own, other, relative: 0, absolute: 1e-5 * size)
  }
}

/// Expects a function and its gradient to be the same numbers with one, two and three threads.
func expectSameForAllThreadCounts(at points: [Tensor], _ body: ([Tensor]) -> Tensor) {
  let before = Engine.threadCount
  defer { Engine.threadCount = before }
  let results = [1, 2, 3].map { threads in
    Engine.threadCount = threads
    let (value, gradient) = valueAndGradient(at: points) { body($0).squared().sum() }
    return ([value] + gradient).map { $0.toDoubles() }
  }
  #expect(results[1] == results[0])
  #expect(results[2] == results[0])
}
