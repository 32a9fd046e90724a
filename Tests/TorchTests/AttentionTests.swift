import Randomness
import SwiftletTestSupport
import Testing
import Torch

@Suite struct AttentionTests {
  private let queries, keys, values: Tensor

  init() {
    var random = RandomSource(seed: 4)
    queries = Tensor(normal: [2, 3, 5, 4], using: &random, .float64)
    keys = Tensor(normal: [2, 3, 6, 4], using: &random, .float64)
    values = Tensor(normal: [2, 3, 6, 7], using: &random, .float64)
  }

  private func steps(_ added: Tensor?, scale: Double) -> Tensor {
    var logits = Tensor.einsum("bhqd,bhkd->bhqk", queries, keys) * scale
    if let added { logits = logits + added }
    let weights = (logits - logits.logSumExp(along: -1, keepingAxes: true)).exp()
    return Tensor.einsum("bhqk,bhkv->bhqv", weights, values)
  }

  @Test func `values are averaged by the softmax of scaled products`() {
    expectClose(queries.attending(to: keys, values: values), steps(nil, scale: 0.5), absolute: 1e-9)
    expectClose(
      queries.attending(to: keys, values: values, scale: 2), steps(nil, scale: 2), absolute: 1e-9)
  }

  @Test func `a mask of truth values says who takes part`() {
    let mask = Tensor(ones: [5, 6]).lowerTriangle(offset: 1) .> 0
    let added = Tensor(zeros: [5, 6], .float64).filled(where: !mask, with: -.infinity)
    for mask in [mask, added] {
      expectClose(
        queries.attending(to: keys, values: values, mask: mask), steps(added, scale: 0.5),
        absolute: 1e-9)
    }
  }

  @Test func `attention inside nested scopes has the same value`() {
    let mask = Tensor(ones: [5, 6]).lowerTriangle(offset: 1) .> 0
    let plain = queries.attending(to: keys, values: values, mask: mask)
    _ = gradient(at: queries) { x in
      gradient(at: x) { x in
        let nested = x.attending(to: keys, values: values, mask: mask)
        expectClose(nested.detached(), plain, absolute: 1e-9)
        return nested.sum()
      }.sum()
    }
  }

  @Test func `embedding takes rows`() {
    let table = Tensor([[1, 2], [3, 4], [5, 6]] as [[Float]])
    let found = table.embedding(Tensor([[2, 0]] as [[Int]]))
    #expect(found.shape == [1, 2, 2] && found.toFloats() == [5, 6, 1, 2])
  }
}
