import Learning
import Randomness
import SwiftletTestSupport
import Testing

import Torch

private struct OptimizerFixture: Decodable {
  var start: [Double]
  var quadratic: [String: [[Double]]]
  var tensorflow: [[[Double]]]
  var parameters: [String: Flat]
  var inputs: Flat
  var targets: Flat
  var network: [String: [String: [Double]]]

  static func read() throws -> OptimizerFixture {
    try Fixture.read("optimizers", as: OptimizerFixture.self)
  }
}

private struct Point: Model {
  var point: Tensor

  mutating func visit(_ walk: inout Walk) { walk.parameter("point", &point) }
}

private struct Network: Model {
  var hidden: Linear
  var output: Linear

  mutating func visit(_ walk: inout Walk) {
    walk.child("hidden", &hidden)
    walk.child("output", &output)
  }
}

/// What the reference script calls each optimizer, with its settings.
private let cases: [(name: String, optimizer: any Optimizer, rate: Double)] = [
  ("sgd", SGD(), 0.1),
  ("momentum", SGD(momentum: 0.9, dampening: 0.1, weightDecay: WeightDecay(0.01)), 0.05),
  ("nesterov", SGD(momentum: 0.9, isNesterov: true), 0.05),
  ("adam", Adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: WeightDecay(0.02)), 0.05),
  ("adamw", AdamW(weightDecay: WeightDecay(0.1)), 0.05),
  ("rmsprop", RMSProp(epsilon: 1e-3, weightDecay: WeightDecay(0.01)), 0.02),
  ("rmspropMomentum", RMSProp(momentum: 0.9, epsilon: 1e-3), 0.02),
]

/// Trajectories are compared with PyTorch's; see `Tests/Reference/optimizers_reference.py`.
@Suite struct OptimizerTests {
  private let scales = Tensor([1.0, 4, 0.25])

  private func descend(
    _ start: [Double], _ optimizer: any Optimizer, rate: (Int) -> Double
  ) -> [[Double]] {
    var model = Point(point: Tensor(start))
    var state = optimizer.initialState(for: model.parameters)
    return (0..<10).map { step in
      let (_, gradient) = valueAndGradient(at: &model) { model in
        0.5 * (scales * model.point * model.point).sum()
      }
      optimizer.update(&model, with: gradient, learningRate: rate(step), state: &state)
      return model.point.toDoubles()
    }
  }

  @Test(arguments: cases.indices)
  func `ten steps on a quadratic follow PyTorch`(index: Int) throws {
    let fixture = try OptimizerFixture.read()
    let (name, optimizer, rate) = cases[index]
    let expected = try #require(fixture.quadratic[name])
    let found = descend(fixture.start, optimizer) { _ in rate }
    expectClose(found.flatMap { $0 }, expected.flatMap { $0 }, relative: 1e-6, "\(name)")
  }

  @Test(arguments: cases.indices)
  func `ten steps of a network follow PyTorch`(index: Int) throws {
    let fixture = try OptimizerFixture.read()
    let (name, optimizer, rate) = cases[index]
    var random = RandomSource(seed: 1)
    var model = Network(
      hidden: Linear(inputs: 3, outputs: 4, using: &random),
      output: Linear(inputs: 4, outputs: 2, using: &random)
    ).cast(to: .float64)
    try loadParameters(into: &model, from: fixture.parameters.tensors)
    var state = optimizer.initialState(for: model.parameters)
    for _ in 0..<10 {
      let (_, gradient) = valueAndGradient(at: &model) { model in
        model.output(model.hidden(fixture.inputs.tensor).tanh())
          .squaredError(expected: fixture.targets.tensor)
      }
      optimizer.update(&model, with: gradient, learningRate: rate, state: &state)
    }
    let found = model.parameters
    for (parameter, tensor) in zip(found.names, found.tensors) {
      let expected = try #require(fixture.network[name]?[parameter])
      expectClose(tensor.toDoubles(), expected, relative: 1e-5, "\(name) \(parameter)")
    }
  }

  @Test(arguments: [0.0, 0.9])
  func `TensorFlow's RMSProp follows its formula`(momentum: Double) throws {
    let fixture = try OptimizerFixture.read()
    let rule = RMSProp(momentum: momentum, epsilon: 1e-2, isTensorFlowStyle: true)
    let found = descend(fixture.start, rule) { 0.02 / Double(1 + $0) }
    let expected = fixture.tensorflow[momentum == 0 ? 0 : 1]
    expectClose(found.flatMap { $0 }, expected.flatMap { $0 }, relative: 1e-9)
  }

  @Test func `plain descent on a quadratic is a geometric sequence`() {
    let found = descend([1, 1, 1], SGD()) { _ in 0.1 }
    let expected = (1...10).map { power($0, of: [0.9, 0.6, 0.975]) }
    expectClose(found.flatMap { $0 }, expected.flatMap { $0 }, relative: 1e-12)
  }

  private func power(_ exponent: Int, of bases: [Double]) -> [Double] {
    bases.map { base in (0..<exponent).reduce(1.0) { value, _ in value * base } }
  }

  @Test(arguments: cases.indices)
  func `parameters nobody else holds are changed where they lie`(index: Int) {
    let (name, optimizer, rate) = cases[index]
    var random = RandomSource(seed: 2)
    var model = Network(
      hidden: Linear(inputs: 3, outputs: 4, using: &random),
      output: Linear(inputs: 4, outputs: 2, using: &random))
    var state = optimizer.initialState(for: model.parameters)
    func step() {
      let (_, gradient) = valueAndGradient(at: &model) { model in
        model.output(model.hidden(Tensor(ones: [5, 3]))).squared().mean()
      }
      optimizer.update(&model, with: gradient, learningRate: rate, state: &state)
    }
    step()
    let addresses = model.tensors.tensors.map(\.address) + state.tensors.tensors.map(\.address)
    step()
    step()
    #expect(
      addresses == model.tensors.tensors.map(\.address) + state.tensors.tensors.map(\.address),
      "\(name)")
    let kept = model
    let before = kept.hidden.weight.toFloats()
    step()
    #expect(kept.hidden.weight.toFloats() == before)
    #expect(kept.hidden.weight.address != model.hidden.weight.address)
  }

  @Test func `weight decay can leave out vectors`() {
    var random = RandomSource(seed: 3)
    var model = Linear(inputs: 3, outputs: 2, using: &random)
    model.bias = Tensor(ones: [2])
    let before = model
    let rule = SGD(momentum: 0.5, weightDecay: .kernels(0.1))
    var state = rule.initialState(for: model.parameters)
    let zero = model.parameters.mapped { $0.zerosLike() }
    rule.update(&model, with: zero, learningRate: 1, state: &state)
    #expect(model.bias == before.bias)
    expectClose(model.weight, before.weight * 0.9, relative: 1e-6)
    #expect(state.moments[0].tensors["weight"]?.abs().max().scalar() ?? 0 > 0)
    #expect(state.moments[0].tensors["bias"]?.abs().max().scalar() == 0)
  }

  @Test func `clipping by norm keeps the direction and clipping by value does not`() {
    var gradient = NamedTensors(
      names: ["a", "b"], tensors: [Tensor([3.0, 0]), Tensor([0.0, 4])])
    #expect(gradient.clip(toGlobalNorm: 10) == 5)
    #expect(gradient.tensors[0].toDoubles() == [3, 0])
    #expect(gradient.clip(toGlobalNorm: 1) == 5)
    expectClose(gradient.tensors.flatMap { $0.toDoubles() }, [0.6, 0, 0, 0.8], relative: 1e-12)
    gradient.clip(toValue: 0.7)
    expectClose(gradient.tensors.flatMap { $0.toDoubles() }, [0.6, 0, 0, 0.7], relative: 1e-12)
  }

  @Test func `an average follows its recursion and takes buffers over`() {
    var model = BatchNorm(channels: 1)
    var average = model
    let rule = ExponentialMovingAverage(decay: 0.5)
    var expected = 1.0
    for step in 0..<8 {
      model.weight = Tensor([Float(step)])
      model.runningMean = Tensor([Float(step)])
      rule.update(&average, towards: model, step: step)
      let kept = min(0.5, Double(1 + step) / Double(10 + step))
      expected = kept * expected + (1 - kept) * Double(step)
    }
    expectClose(average.weight.scalar(), expected, relative: 1e-6)
    #expect(average.runningMean == model.runningMean)
  }
}
