import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

private struct TwoNames: Layer {
  var inner: Linear

  mutating func visit(_ walk: inout Walk) {
    walk.child(walk.naming == Naming(rawValue: "other") ? "head" : "", &inner)
  }

  func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor { inner.forward(input, &pass) }
}

@Suite struct NamingTests {
  private let model: TwoNames
  private let other = Naming(rawValue: "other")

  init() {
    var random = RandomSource(seed: 1)
    model = TwoNames(inner: Linear(inputs: 3, outputs: 2, using: &random))
  }

  @Test func `a model presents the names that are asked for`() {
    #expect(model.tensors.names == ["weight", "bias"])
    #expect(model.tensors(other).names == ["head.weight", "head.bias"])
    #expect(model.tensors(Naming(rawValue: "unknown")).names == ["weight", "bias"])
  }

  @Test func `tensors are loaded under the names they have`() throws {
    var loaded = model
    let tensors = ["head.weight": Tensor(ones: [2, 3]), "head.bias": Tensor(ones: [2])]
    try loadParameters(into: &loaded, from: tensors, naming: other)
    #expect(loaded.inner.weight == Tensor(ones: [2, 3]))
    #expect(throws: CheckpointError.self) { try loadParameters(into: &loaded, from: tensors) }
  }

  @Test func `a trace tells layers, shapes and products`() {
    var random = RandomSource(seed: 2)
    let convolution = Convolution(
      inputs: 4, outputs: 6, window: 3, padding: .same, groups: 2, using: &random)
    var pass = Pass.inference
    pass.trace = Trace()
    _ = convolution.forward(Tensor(ones: [2, 4, 5, 7]), &pass)
    _ = model.forward(Tensor(ones: [2, 3]), &pass)
    let steps = pass.trace?.steps ?? []
    #expect(steps.map(\.kind) == ["convolution", "linear"])
    #expect(steps.map(\.outputShape) == [[2, 6, 5, 7], [2, 2]])
    // Each of 2 x 6 x 35 results has 2 channels of 9 products.
    #expect(steps.map(\.multiplyAdds) == [2 * 6 * 35 * 18, 2 * 2 * 3])
    #expect(pass.trace?.layerNames(in: model, other) == [nil, "head"])
    #expect(Pass.inference.trace == nil)
  }

  @Test func `a window may have other rows than columns`() {
    var random = RandomSource(seed: 5)
    let layer = Convolution(
      inputs: 1, outputs: 2, window: 1, windowWidth: 7, stride: 2, padding: .same, using: &random)
    #expect(layer.weight.shape == [2, 1, 1, 7])
    let input = Tensor(normal: [1, 1, 3, 9], using: &random)
    // TensorFlow's border: the output has ceil(9 / 2) columns, so 6 zeros are added, 3 on each side.
    let padded = input.padded([3, 3, 0, 0])
    let expected = padded.convolved(with: layer.weight, bias: layer.bias, stride: 2)
    #expect(layer(input).shape == [1, 2, 2, 5])
    expectClose(layer(input), expected, relative: 1e-6)
  }

  @Test func `stochastic depth leaves out whole samples and keeps the mean`() {
    let layer = StochasticDepth(0.4)
    let input = Tensor(ones: [5000, 2, 3])
    var pass = Pass.training(using: RandomSource(seed: 3))
    let output = layer.forward(input, &pass)
    let perSample = output.flattened(from: 1)
    expectClose(perSample.min(along: 1), perSample.max(along: 1), relative: 0)
    let kept = (perSample[.all, 0] .> 0).cast(to: .float64).mean().scalar()
    // The standard error of the part kept is sqrt(0.24 / 5000) = 0.007.
    #expect(abs(kept - 0.6) < 0.028)
    expectClose(perSample.max().scalar(), 1 / 0.6, relative: 1e-6)
    #expect(layer(input) == input)
    #expect(StochasticDepth(0).forward(input, &pass) == input)
  }

  @Test(arguments: [
    Activation.relu6, .geluTanh, .hardSwish, .leakyRelu(slope: 0.2), .silu, .identity,
  ])
  func `an activation is read back from its name`(activation: Activation) {
    #expect(Activation(activation.description) == activation)
  }

  @Test func `the new activations are their formulas`() {
    let x = Tensor(linearFrom: -8, through: 8, count: 33, .float64)
    expectClose(Activation.relu6(x), x.clamped(to: 0...6), relative: 1e-12)
    expectClose(Activation.hardSwish(x), x * (x + 3).clamped(to: 0...6) / 6, relative: 1e-12)
    let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
    expectClose(
      Activation.geluTanh(x), 0.5 * x * (1 + inner.tanh()), relative: 1e-9, absolute: 1e-12)
  }

  @Test func `initializers by outputs, of a deviation and between limits`() {
    var random = RandomSource(seed: 4)
    let shape = [64, 32, 3, 3]
    func deviation(_ tensor: Tensor) -> Double { (tensor * tensor).mean().scalar().squareRoot() }
    // 18,432 draws: the standard error of a deviation is about half a percent.
    let byOutputs = deviation(Initializer.heNormalFanOut.tensor(shape, using: &random))
    expectClose(byOutputs, (2.0 / (64 * 9)).squareRoot(), relative: 0.025)
    expectClose(
      deviation(Initializer.normal(0.3).tensor(shape, using: &random)), 0.3, relative: 0.025)
    let even = Initializer.uniform(0.2).tensor(shape, using: &random)
    #expect(even.abs().max().scalar() <= 0.2)
    expectClose(deviation(even), 0.2 / 3.0.squareRoot(), relative: 0.025)
    #expect(Initializer.unset.tensor([2, 3], using: &random).shape == [2, 3])
  }
}
