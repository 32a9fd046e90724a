import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

private struct LayerFixture: Decodable {
  struct Block: Decodable {
    var parameters: [String: Flat]
    var tokens: Flat
    var memory: Flat?
    var mask: Flat
    var output: Flat
  }
  struct BatchNormCase: Decodable {
    var parameters: [String: Flat]
    var inputs: [Flat]
    var outputs: [Flat]
    var after: [String: Flat]
    var inference: Flat
  }
  var encoderPost: Block
  var encoderPre: Block
  var decoderPost: Block
  var decoderPre: Block
  var batchNorm: BatchNormCase

  static func read() throws -> LayerFixture { try Fixture.read("layers", as: LayerFixture.self) }
}

/// Outputs are compared with PyTorch's own layers; see `Tests/Reference/layers_reference.py`.
@Suite struct LayerTests {
  private func settings(_ norm: NormPlacement, _ activation: Activation)
    -> TransformerLayerSettings
  {
    TransformerLayerSettings(width: 4, innerWidth: 6, heads: 2, activation: activation, norm: norm)
  }

  @Test(arguments: NormPlacement.allCases)
  func `an encoder layer agrees with PyTorch's`(norm: NormPlacement) throws {
    let fixture = try LayerFixture.read()
    let block = norm == .post ? fixture.encoderPost : fixture.encoderPre
    var random = RandomSource(seed: 1)
    var layer = TransformerEncoderLayer(settings(norm, .gelu), using: &random).cast(to: .float64)
    try loadParameters(into: &layer, from: block.parameters.tensors)
    var pass = Pass.inference
    let output = layer.forward(block.tokens.tensor, mask: block.mask.tensor, &pass)
    expectClose(output, block.output.tensor, relative: 1e-9, absolute: 1e-9)
  }

  @Test(arguments: NormPlacement.allCases)
  func `a decoder layer agrees with PyTorch's`(norm: NormPlacement) throws {
    let fixture = try LayerFixture.read()
    let block = norm == .post ? fixture.decoderPost : fixture.decoderPre
    var random = RandomSource(seed: 1)
    var layer = TransformerDecoderLayer(settings(norm, .relu), using: &random).cast(to: .float64)
    try loadParameters(into: &layer, from: block.parameters.tensors)
    var pass = Pass.inference
    let memory = try #require(block.memory).tensor
    let output = layer.forward(
      block.tokens.tensor, memory: memory, memoryMask: block.mask.tensor .> 0, &pass)
    expectClose(output, block.output.tensor, relative: 1e-9, absolute: 1e-9)
  }

  @Test func `batch normalization keeps PyTorch's statistics`() throws {
    let fixture = try LayerFixture.read().batchNorm
    var layer = BatchNorm(channels: 3).cast(to: .float64)
    // The reference script keeps every number as a double; the count is whole.
    var parameters = fixture.parameters.tensors
    parameters["num_batches_tracked"] = parameters["num_batches_tracked"]?.cast(to: .int64)
    try loadParameters(into: &layer, from: parameters)
    var pass = Pass.training(using: RandomSource(seed: 1))
    for (input, output) in zip(fixture.inputs, fixture.outputs) {
      let before = layer
      let found = layer.forward(input.tensor, &pass)
      expectClose(found, output.tensor, relative: 1e-9, absolute: 1e-12)
      #expect(before.batchCount != layer.batchCount)
    }
    let found = layer.tensors
    for (name, tensor) in zip(found.names, found.tensors) {
      let expected = try #require(fixture.after[name]).tensor
      expectClose(tensor, expected, relative: 1e-9, absolute: 1e-9, "\(name)")
    }
    expectClose(
      layer(fixture.inputs[0].tensor), fixture.inference.tensor, relative: 1e-8, absolute: 1e-9)
  }

  @Test func `attention weights add up to one and hidden keys get none`() {
    var random = RandomSource(seed: 2)
    let attention = MultiHeadAttention(
      width: 8, queryWidth: 4, valueWidth: 6, heads: 2, using: &random)
    let tokens = Tensor(normal: [3, 5, 8], using: &random)
    let mask = Tensor([
      [true, false, false, true, false], [false, false, false, false, false],
      [true, true, true, true, true],
    ])
    let weights = attention.attentionWeights(tokens, mask: mask)
    #expect(weights.shape == [3, 2, 5, 5])
    expectClose(
      weights.sum(along: -1).flattened().toDoubles(), [Double](repeating: 1, count: 30),
      relative: 1e-6)
    #expect(weights[0, .all, .all, 0].max().scalar() == 0)
    #expect(weights[1].min().scalar() > 0)
    expectClose(weights[2], attention.attentionWeights(tokens)[2], relative: 1e-2)
  }

  @Test(arguments: [true, false])
  func `the output is made of the weights that are shown`(isMasked: Bool) {
    var random = RandomSource(seed: 2)
    let attention = MultiHeadAttention(
      width: 8, queryWidth: 4, valueWidth: 6, heads: 2, using: &random
    ).cast(to: .float64)
    let tokens = Tensor(normal: [3, 5, 8], using: &random, .float64)
    let memory = Tensor(normal: [3, 7, 8], using: &random, .float64)
    let mask = isMasked ? Tensor(uniform: [3, 7], using: &random) .< 0.4 : nil
    let weights = attention.attentionWeights(tokens, attendingTo: memory, mask: mask)
    let values = attention.value(memory).unflattened(-1, into: [2, 3])
    let mixed = Tensor.einsum("bhtk,bkhv->bthv", weights, values).flattened(from: 2)
    expectClose(
      attention(tokens, attendingTo: memory, mask: mask), attention.output(mixed),
      relative: 1e-9, absolute: 1e-12)
  }

  @Test func `sigmoid attention is not normalized and ignores hidden keys`() {
    var random = RandomSource(seed: 2)
    let attention = MultiHeadAttention(width: 4, heads: 1, weighting: .sigmoid, using: &random)
    let tokens = Tensor(normal: [1, 3, 4], using: &random)
    let weights = attention.attentionWeights(tokens, mask: Tensor([[Float(0), 1, 0]]))
    let logits = attention.query(tokens).matmul(attention.key(tokens).transposed()) / 2
    expectClose(
      weights[0, 0, .all, 0], (1 / (1 + (-logits[0, .all, 0]).exp())), relative: 1e-5)
    #expect(weights[0, 0, .all, 1].max().scalar() == 0)
  }

  @Test func `a layer without feed-forward part ends at its attention`() {
    var random = RandomSource(seed: 3)
    let settings = TransformerLayerSettings(width: 4, innerWidth: 0, heads: 2)
    let layer = TransformerEncoderLayer(settings, using: &random)
    #expect(!layer.parameters.names.contains { $0.hasPrefix("feedForward") || $0 == "norm2" })
    let tokens = Tensor(normal: [2, 3, 4], using: &random)
    var pass = Pass.inference
    let expected = layer.norm1(tokens + layer.attention(tokens))
    #expect(layer.forward(tokens, &pass) == expected)
  }

  @Test func `the parameter count of an encoder layer is the specification's`() {
    var random = RandomSource(seed: 3)
    let (width, inner) = (104, 52)
    let layer = TransformerEncoderLayer(
      TransformerLayerSettings(
        width: width, queryWidth: inner, valueWidth: inner, innerWidth: inner, heads: 2),
      using: &random)
    #expect(layer.parameterCount == 6 * width * inner + 4 * inner + 6 * width)
  }

  @Test func `gradients of an encoder layer match finite differences`() {
    var random = RandomSource(seed: 4)
    let layer = TransformerEncoderLayer(
      TransformerLayerSettings(width: 4, innerWidth: 3, heads: 2, activation: .tanh),
      using: &random
    ).cast(to: .float64)
    let tokens = Tensor(normal: [2, 3, 4], using: &random, .float64)
    let mask = Tensor([[false, true, false], [false, false, false]])
    expectGradientMatchesFiniteDifferences(at: [tokens] + layer.parameters.tensors) { points in
      var moved = layer
      moved.replaceParameters(Array(points.dropFirst()))
      var pass = Pass.inference
      return moved.forward(points[0], mask: mask, &pass)
    }
  }

  @Test func `dropout keeps the mean and is off in inference`() {
    let layer = Dropout(0.25)
    let input = Tensor(ones: [200, 100])
    var pass = Pass.training(using: RandomSource(seed: 5))
    let output = layer.forward(input, &pass)
    // The standard error of the mean is sqrt(0.25 / 0.75 / 20000) = 0.0041.
    #expect(abs(output.mean().scalar() - 1) < 0.0165)
    #expect(abs((output .== 0).cast(to: .float32).mean().scalar() - 0.25) < 0.0125)
    #expect(layer(input) == input)
    #expect(layer.forward(input, &pass) != output)
  }

  @Test func `an embedding gives its rows`() {
    let table = Embedding(weight: Tensor([[1, 2], [3, 4], [5, 6]] as [[Float]]))
    #expect(table(Tensor([2, 0] as [Int])) == Tensor([[5, 6], [1, 2]] as [[Float]]))
  }

  @Test func `a convolution has torchvision's names and shapes`() {
    var random = RandomSource(seed: 6)
    let layer = Convolution(
      inputs: 4, outputs: 6, window: 3, stride: 2, padding: .same, groups: 2, using: &random)
    #expect(layer.parameters.names == ["weight", "bias"])
    #expect(layer.weight.shape == [6, 2, 3, 3])
    #expect(layer(Tensor(ones: [1, 4, 7, 7])).shape == [1, 6, 4, 4])
  }
}
