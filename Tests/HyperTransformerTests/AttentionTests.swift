import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@Suite struct AttentionTests {
  @Test func `attention picks values as the released unit test says`() {
    // One head of width 2 whose maps do nothing: softmax(q k / sqrt 2) v.
    var attention = attention(width: 3, memoryWidth: 5, queryWidth: 2, valueWidth: 3)
    attention.query.weight = Tensor([[1.0, 0, 0], [0, 1, 0]])
    attention.key.weight = Tensor([[1.0, 0, 0, 0, 0], [0, 1, 0, 0, 0]])
    attention.value.weight = Tensor([[0.0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
    attention.output.weight = Tensor(identity: 3, .float64)
    let tokens = Tensor([[[1.0, 0, 0], [0, 1, 0]]])
    let memory = Tensor([[[0.0, 2, 1, 2, 3], [15, 2, 5, 6, 7]]])
    let found = attention(tokens, attendingTo: memory)
    expectClose(found[0, 0].toDoubles(), [5, 6, 7], relative: 0, absolute: 1e-3)
    expectClose(found[0, 1].toDoubles(), [3, 4, 5], relative: 1e-15)
  }

  /// Weight tokens carry one-hot codes of their class in the second half of the code, samples in the
  /// first; queries look from one half to the other (section A11 of the specification).
  @Test(arguments: [0.5, 3.0])
  func `codes alone make attention average the samples of a class`(_ sharpness: Double) {
    let labels = [0, 1, 1, 2, 2, 2]
    let (ways, features) = (3, 4)
    var random = RandomSource(seed: 5)
    let values = Tensor(normal: [labels.count, features], using: &random, .float64)
    let found = classMeans(values, labels, ways: ways, sharpness: sharpness)
    let samples = Double(labels.count)
    let e = exp(sharpness / Double(ways).squareRoot())
    for label in 0..<ways {
      let members = Double(labels.count { $0 == label })
      let weight = { (other: Int) in
        (other == label ? e : 1) / (members * e + samples - members)
      }
      let expected = (0..<features).map { column in
        labels.indices.reduce(0) { $0 + weight(labels[$1]) * values[$1, column].scalar() }
      }
      expectClose(found[label].toDoubles(), expected, relative: 1e-12)
    }
  }

  @Test func `sharp attention is the dot-product prototype classifier`() {
    let labels = [0, 1, 1, 2, 2, 2]
    var random = RandomSource(seed: 6)
    let values = Tensor(normal: [labels.count, 4], using: &random, .float64)
    let query = Tensor(normal: [1, 4], using: &random, .float64)
    let weights = classMeans(values, labels, ways: 3, sharpness: 1e3)
    let prototypes = Tensor(stacking: [
      values[0], values[1..<3].mean(along: 0), values[3..<6].mean(along: 0),
    ])
    expectClose(weights, prototypes, relative: 1e-12)
    expectClose(query.linear(weight: weights), query.matmul(prototypes.transposed()))
  }

  /// What weight tokens read from sample tokens when maps only select parts of tokens.
  private func classMeans(
    _ values: Tensor, _ labels: [Int], ways: Int, sharpness: Double
  ) -> Tensor {
    let features = values.extent(1)
    let width = 2 * ways + features
    let unit = Tensor(identity: width, .float64)
    var attention = attention(
      width: width, memoryWidth: width, queryWidth: ways, valueWidth: features)
    attention.query.weight = unit[ways..<2 * ways] * sharpness
    attention.key.weight = unit[0..<ways]
    attention.value.weight = unit[(2 * ways)...]
    attention.output.weight = unit[0..<features].transposed()
    let codes = Tensor(labels).oneHot(classCount: 2 * ways, .float64)
    let samples = Tensor(concatenating: [codes, values], along: 1)
    let tokens = unit[ways..<2 * ways]
    return attention(tokens.expandingShape(at: 0), attendingTo: samples.expandingShape(at: 0))[0]
      .narrowed(along: 1, from: 0, count: features)
  }

  /// One head without biases, maps to be filled in.
  private func attention(
    width: Int, memoryWidth: Int, queryWidth: Int, valueWidth: Int
  ) -> MultiHeadAttention {
    var random = RandomSource(seed: 0)
    return MultiHeadAttention(
      width: width, memoryWidth: memoryWidth, queryWidth: queryWidth, valueWidth: valueWidth,
      heads: 1, using: &random
    ).mapped { $0.zerosLike().cast(to: .float64) }
  }
}
