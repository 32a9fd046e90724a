import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// The operators of learning rules in single precision, against libtorch's own in double.
@Suite struct RuleKernelTests {
  /// Value and gradients in both precisions must agree; double precision takes the composed way.
  private func expectAgreement(
    _ points: [Tensor], _ comment: Comment, _ kernel: ([Tensor]) -> Tensor,
    _ plain: ([Tensor]) -> Tensor
  ) {
    var random = RandomSource(seed: 5)
    let doubles = points.map { $0.cast(to: .float64) }
    let weights = Tensor(normal: plain(doubles).shape, using: &random, .float64)
    let expected = valueAndPullback(at: doubles, weights: weights, plain)
    let found = valueAndPullback(at: points, weights: weights.cast(to: .float32), kernel)
    expectClose(found.value, expected.value, relative: 1e-5, absolute: 1e-5, comment)
    expectClose(withoutGradients { kernel(points) }, expected.value, relative: 1e-5, absolute: 1e-5)
    for (one, other) in zip(found.pullback, expected.pullback) {
      expectClose(one, other, relative: 1e-4, absolute: 1e-4, comment)
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 9], [1, 3])
  func `mixing states is a product over states, in any order of memory`(
    _ states: Int, _ outputs: Int
  ) {
    var random = RandomSource(seed: UInt64(states))
    for (groups, matrices) in [(1, 1), (3, 3), (1, 3), (3, 1)] {
      let ordered = Tensor(normal: [groups, 2, states, 6, 19], using: &random)
      let batchFirst = ordered.transposed(2, 3).rowMajor().transposed(2, 3)
      let strided = Tensor(normal: [groups, 2, states, 6, 38], using: &random)[
        .rest, .stride(by: 2)]
      let matrix = Tensor(normal: [matrices, 1, states, outputs], using: &random)
      let species = max(groups, matrices)
      for input in [ordered, batchFirst, strided] {
        expectAgreement(
          [input, matrix], "\(groups) groups, \(matrices) matrices",
          { $0[0].mixingStates(by: $0[1]) },
          { points in
            Tensor.einsum(
              "grkbj,gkl->grlbj",
              points[0].broadcast(to: [species, 2, states, 6, 19]),
              points[1][.all, 0].broadcast(to: [species, states, outputs]))
          })
      }
    }
  }

  @Test func `a decayed sum has the gradients of its formula`() {
    var random = RandomSource(seed: 2)
    let change = Tensor(normal: [1, 2, 5, 7], using: &random)
    let weight = Tensor(normal: [1, 2, 5, 7], using: &random)
    let turned = Tensor(normal: [1, 5, 2, 7], using: &random).transposed(1, 2)
    for decay in [[1, 1, 1, 1], [1, 2, 1, 7], []] {
      let factor = Tensor(normal: decay, using: &random)
      for kept in [weight, turned] {
        expectAgreement(
          [change, kept, factor], "decay \(decay)",
          { $0[0].adding($0[1], decayedBy: $0[2]) }, { $0[0] + $0[1] * $0[2] })
      }
    }
  }

  @Test func `addcmul is a sum with a product`() {
    var random = RandomSource(seed: 2)
    let left = Tensor(normal: [9, 5], using: &random)
    let rows = Tensor(normal: [9, 1], using: &random)
    let columns = Tensor(normal: [1, 5], using: &random)
    expectAgreement(
      [left, rows, columns], "addcmul", { $0[0].adding(productOf: $0[1], $0[2]) },
      { $0[0] + $0[1] * $0[2] })
  }
}
