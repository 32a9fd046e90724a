import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// One transformer layer with weights given by formulas, against printed digits of an independent
/// computation.
@Suite struct JointBlockTests {
  @Test func `the attention of the first weight token has the printed weights`() {
    let block = block()
    let weights = block.encoder[0].attention.attentionWeights(tokens(block))
    expectClose(
      weights[0, 0, 0].toDoubles(), [0.234692, 0.173715, 0.196726, 0.181225, 0.213641],
      relative: 0, absolute: 5e-7)
  }

  @Test func `a joint block writes the printed slices`() {
    expectClose(
      slices(ignored: nil),
      [0.173402, 0.097420, -0.118563, 0.094260, -0.129312, -0.288542], relative: 0,
      absolute: 5e-7)
  }

  @Test func `a block that sees the slices of the step before writes the printed ones`() {
    var block = block(carrying: .plain)
    #expect(slices(&block, after: nil) == slices(ignored: nil))
    let first = Tensor(slices(ignored: nil)).reshaped(1, 2, 3)
    let expected = [0.391165, 0.147634, -0.413132, 0.351609, -0.228072, -0.662655]
    expectClose(slices(&block, after: first), expected, relative: 0, absolute: 5e-7)
    // The gate begins at 0 and multiplies what is carried.
    var gated = self.block(carrying: .gated)
    #expect(slices(&gated, after: first) == slices(ignored: nil))
    gated.carryGate = Tensor([1.0])
    expectClose(slices(&gated, after: first), expected, relative: 0, absolute: 5e-7)
    var deaf = self.block()
    #expect(slices(&deaf, after: first) == slices(ignored: nil))
  }

  private func slices(_ block: inout TokenTransformer, after previous: Tensor?) -> [Double] {
    var pass = Pass.inference
    return block(
      features: Tensor([Self.features]), labels: Tensor([[0, 1, 2]]), ignored: nil,
      after: previous, &pass
    ).flattened().toDoubles()
  }

  @Test func `ignoring the unlabelled token gives the printed slices`() {
    expectClose(
      slices(ignored: [false, false, true]),
      [0.169583, 0.062295, -0.156809, 0.090245, -0.165772, -0.328198], relative: 0,
      absolute: 5e-7)
  }

  @Test func `ignoring a token is leaving it out, to the last digit`() {
    // Products of other sizes may add up in another order; the weights themselves are exact zeros.
    expectClose(
      slices(ignored: [false, false, true]), slices(count: 2), relative: 1e-15, absolute: 1e-16)
    let block = block()
    let hidden = Tensor([[false, false, false, false, true]])
    let weights = block.encoder[0].attention.attentionWeights(tokens(block), mask: hidden)
    #expect(weights.slice(at: 4, along: 3).toDoubles() == [0, 0, 0, 0, 0])
  }

  private static let features = [[0.2, -0.4], [0.7, 0.1], [-0.3, 0.9]]

  private func slices(count: Int = 3, ignored: [Bool]? = nil) -> [Double] {
    var block = block()
    var pass = Pass.inference
    return block(
      features: Tensor([Array(Self.features.prefix(count))]),
      labels: Tensor([Array([0, 1, 2].prefix(count))]), ignored: ignored.map { Tensor([$0]) },
      &pass
    ).flattened().toDoubles()
  }

  private func tokens(_ block: TokenTransformer) -> Tensor {
    let samples = Tensor(
      concatenating: [block.labelEmbedding, Tensor(Self.features)], along: 1)
    return Tensor(concatenating: [block.weightEmbedding.widened(to: 5), samples.widened(to: 5)])
      .expandingShape(at: 0)
  }

  /// Codes of two numbers, slices of three, one head as wide as the tokens.
  private func block(carrying carry: Carry = .none) -> TokenTransformer {
    var random = RandomSource(seed: 0)
    let rows = ConvGeometry(
      layer: .init(channels: 2, kernelSize: 1), inputSide: 4, inputChannels: 3)
    var block = TokenTransformer(
      TransformerShape(layers: 1, heads: 1),
      slices: SliceLayout(rows, .output, generatesBias: false, generatesNormalization: false),
      featureWidth: 2, codeWidth: 2, labelCount: 2, carrying: carry,
      using: &random
    ).cast(to: .float64)
    block.labelEmbedding = Tensor([[1.0, 0], [0, 1], [0.5, 0.5]])
    block.weightEmbedding = Tensor([[1.0, -1], [-1, 1]])
    block.encoder[0].attention.query = linear(1)
    block.encoder[0].attention.key = linear(2)
    block.encoder[0].attention.value = linear(3)
    block.encoder[0].attention.output = linear(4)
    block.encoder[0].feedForward = [linear(5), linear(6)]
    return block
  }

  /// `M[r][c] = 0.3 sin(s + 1.7 r + 0.9 c)` in `y = x M + b`, `b[c] = 0.05 cos(s + c)`.
  private func linear(_ number: Double) -> Linear {
    let places = [0.0, 1, 2, 3, 4]
    let weight: [[Double]] = places.map { column in
      places.map { row in 0.3 * sin(number + 1.7 * row + 0.9 * column) }
    }
    let bias: [Double] = places.map { 0.05 * cos(number + $0) }
    return Linear(weight: Tensor(weight), bias: Tensor(bias))
  }
}
