import Randomness
import SwiftletTestSupport
import Testing
import Torch
import UpdateRules

/// Gradient descent as a special case.
@Suite struct BackpropagationTests {
  /// `0.1 (i + 1) - 0.05 (j + 1)² / (1 + i)`, the last row being the bias.
  private func printedNetwork() -> RuleNetwork {
    func synapses(_ senders: Int, _ receivers: Int) -> Synapses {
      Small.synapses(senders, receivers, channels: 2, feedback: nil) { i, j, _ in
        let (i, j) = (Double(i), Double(j))
        return 0.1 * (i + 1) - 0.05 * (j + 1) * (j + 1) / (1 + i)
      }
    }
    return RuleNetwork(synapses: [synapses(2, 3), synapses(3, 2)])
  }

  private let inputs = Tensor([[0.5, -1], [1.5, 0.25]])
  private let targets = Tensor([[1.0, -1], [-1, 1]])

  @Test func `one step gives the printed weights`() {
    let rule = UpdateRule(
      .backpropagation(learningRate: 0.1, .float64), .backpropagation(.tanhPair))
    var network = printedNetwork()
    let logits = rule.learn(&network, inputs: inputs, targets: targets)[0, 0]
    expectClose(
      logits.toDoubles(), [0.408677109, 0.345059218, 0.322396471, 0.237733214], relative: 0,
      absolute: 5.1e-10)
    expectClose(
      logits.softmaxCrossEntropy(expected: Tensor([0, 1])).scalar(), 0.6991092895, relative: 0,
      absolute: 5.1e-11)
    let printed = [
      [
        0.046774850, -0.101995935, -0.351090553, 0.170598261, 0.097714279, -0.026492865,
        0.283561212, 0.233204596, 0.150079799,
      ],
      [
        0.043261356, -0.093261356, 0.174200509, 0.100799491, 0.292812915, 0.223853752, 0.385647385,
        0.351852615,
      ],
    ]
    for (synapses, expected) in zip(network.synapses, printed) {
      let found = Small.rowMajor(synapses)
      for channel in 0..<2 {
        expectClose(
          stride(from: channel, to: found.count, by: 2).map { found[$0] }, expected, relative: 0,
          absolute: 5.1e-10)
      }
    }
  }

  /// Logits of a perceptron with weights `[w0, b0, w1, b1, ...]`.
  private func logits(_ parameters: [Tensor], _ activation: (Tensor) -> Tensor) -> Tensor {
    var value = inputs
    for layer in stride(from: 0, to: parameters.count, by: 2) {
      if layer > 0 { value = activation(value) }
      value = value.matmul(parameters[layer]) + parameters[layer + 1]
    }
    return value
  }

  @Test(arguments: [StateActivation.tanhPair, .sigmoidPair, .reluPair], [0, 1, 3])
  func `three steps equal gradient descent in every digit`(
    _ activation: StateActivation, _ hidden: Int
  ) {
    let function: (Tensor) -> Tensor =
      switch activation {
      case .sigmoidPair: { $0.sigmoid() }
      case .reluPair: { $0.relu() }
      default: { $0.tanh() }
      }
    var random = RandomSource(seed: 4)
    let rule = UpdateRule(
      .backpropagation(learningRate: 0.3, .float64), .backpropagation(activation))
    var network = rule.makeNetwork(
      sizes: [2] + [Int](repeating: 5, count: hidden) + [2],
      initialization: SynapseInitialization(.normal, scale: 0.8), using: &random)
    var parameters = network.synapses.flatMap { [$0.weight[0, 0, 0], $0.bias[0, 0, 0]] }
    for _ in 0..<3 {
      rule.learn(&network, inputs: inputs, targets: targets)
      let gradient = valueAndGradient(at: parameters) {
        self.logits($0, function).softmaxCrossEntropy(expected: Tensor([0, 1]))
      }.gradient
      parameters = zip(parameters, gradient).map { $0 - $1 * 0.3 }
      let found = network.synapses.flatMap { [$0.weight[0, 0, 0], $0.bias[0, 0, 0]] }
      for (one, other) in zip(found, parameters) {
        // The order of sums differs, hence not the last bit.
        expectClose(one, other, relative: 1e-14, absolute: 1e-16)
      }
    }
  }

  @Test func `a squared error descends its gradient too`() {
    var options = RuleOptions.backpropagation()
    options.feedback = .squaredErrorGradient
    var random = RandomSource(seed: 4)
    let rule = UpdateRule(.backpropagation(learningRate: 0.1, .float64), options)
    var network = rule.makeNetwork(sizes: [2, 4, 2], using: &random)
    let parameters = network.synapses.flatMap { [$0.weight[0, 0, 0], $0.bias[0, 0, 0]] }
    let gradient = valueAndGradient(at: parameters) {
      (self.logits($0) { $0.tanh() } - self.targets).squared().sum() / 4
    }.gradient
    rule.learn(&network, inputs: inputs, targets: targets)
    let found = network.synapses.flatMap { [$0.weight[0, 0, 0], $0.bias[0, 0, 0]] }
    for index in found.indices {
      expectClose(
        found[index], parameters[index] - gradient[index] * 0.1, relative: 1e-13, absolute: 1e-15)
    }
  }

  @Test func `without symmetric synapses the second step leaves gradient descent`() {
    var options = RuleOptions.backpropagation()
    options.isSymmetric = false
    options.sharesChannels = false
    let genome = Genome.backpropagation(learningRate: 0.1, .float64)
    let (free, tied) = (UpdateRule(genome, options), UpdateRule(genome, .backpropagation()))
    var one = printedNetwork()
    var other = printedNetwork()
    one.synapses[1].feedback = one.synapses[1].weight.transposed().rowMajor()
    func difference() -> Double {
      // The channel that the first state is computed with.
      zip(one.synapses, other.synapses)
        .map { ($0.weight[0, 0, 0] - $1.weight[0, 0, 0]).abs().max().scalar() }.max() ?? 0
    }
    var found: [Double] = []
    for _ in 0..<3 {
      free.learn(&one, inputs: inputs, targets: targets)
      tied.learn(&other, inputs: inputs, targets: targets)
      found.append(difference())
    }
    #expect(found[0] < 1e-15)
    expectClose(Array(found.dropFirst()), [5.6e-5, 1.6e-4], relative: 0.03)
  }
}
