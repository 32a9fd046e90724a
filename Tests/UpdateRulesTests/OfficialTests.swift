import Randomness
import SwiftletTestSupport
import Testing
import Torch
import UpdateRules

/// The checks of the released code's own unit tests (`blur/blur_test.py`), on this code.
///
/// Senders hold `(x, 0)`, receivers `(0, g)`, weights are shared by channels and directions.
@Suite struct OfficialTests {
  private let x = Tensor([[0.5, -1, 2], [1.5, 0.25, -0.5]])
  private let weight = Tensor([[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]])
  private let bias = Tensor([[0.7, -0.8]])

  private func network(hidden: Tensor? = nil) -> RuleNetwork {
    func shared(_ matrix: Tensor) -> Tensor {
      matrix.broadcast(to: [1, 1, 2] + matrix.shape).rowMajor()
    }
    var synapses = [
      Synapses(
        weight: shared(weight), bias: shared(bias), feedback: shared(weight.transposed()))
    ]
    if let hidden {
      synapses.append(
        Synapses(
          weight: shared(hidden), bias: shared(Tensor([[0.0, 0]])),
          feedback: shared(hidden.transposed())))
    }
    return RuleNetwork(synapses: synapses)
  }

  private func rule(_ change: (inout RuleOptions) -> Void = { _ in }) -> UpdateRule {
    var options = RuleOptions()
    options.forwardActivation = .identity
    options.backwardActivation = .identity
    options.averagesBatch = false
    options.feedback = .label
    change(&options)
    let genome = Genome.backpropagation(learningRate: -1, .float64)
    return UpdateRule(genome, options)
  }

  @Test func `forward, both states are the affine map`() {
    let states = rule().neurons(of: network(), inputs: x)[0][0, 0]
    let expected = x.matmul(weight) + bias
    expectClose(states[0], expected, relative: 1e-15)
    expectClose(states[1], expected, relative: 1e-15)
  }

  @Test func `backward, the second state is the transposed map without bias, the first is kept`() {
    let hidden = Tensor([[0.2, -0.4], [0.6, 0.8]])
    let g = Tensor([[1.0, -1], [-1, 1]])
    let before = rule().neurons(of: network(hidden: hidden), inputs: x)[0][0, 0]
    var taught = network(hidden: hidden)
    let multiplicative = rule {
      $0.backwardUpdate = .multiplicativeSecondState
      $0.clearsNeurons = false
    }
    multiplicative.learn(&taught, inputs: x, targets: g)
    let after = taught.neurons[0][0, 0]
    expectClose(after[0], before[0], relative: 1e-15)
    expectClose(after[1], before[1] * g.matmul(hidden.transposed()), relative: 1e-14)
    // Additively, what arrives is g Wᵀ in the second state and h Wᵀ in the first.
    var added = network(hidden: hidden)
    let additive = rule { $0.clearsNeurons = false }
    additive.learn(&added, inputs: x, targets: g)
    let output = rule().neurons(of: network(hidden: hidden), inputs: x)[1][0, 0]
    expectClose(
      added.neurons[0][0, 0, 1], before[1] + g.matmul(hidden.transposed()), relative: 1e-14)
    expectClose(
      added.neurons[0][0, 0, 0], before[0] + output[0].matmul(hidden.transposed()),
      relative: 1e-14)
  }

  @Test func `the Hebbian change of the first channel is [x, 1]ᵀ g, of feedback its mirror image`()
    throws
  {
    let g = Tensor([[1.0, -1], [-1, 1]])
    var taught = network()
    rule().learn(&taught, inputs: x, targets: g)
    let change = taught.synapses[0].weight[0, 0] - weight
    expectClose(change[0], x.transposed().matmul(g), relative: 1e-14)
    let constant = taught.synapses[0].bias[0, 0] - bias
    expectClose(constant[0], g.sum(along: 0, keepingAxes: true), relative: 1e-14, absolute: 1e-14)
    // In the second channel sender and receiver exchange parts: gᵀ x lies in the feedback.
    let feedback = try #require(taught.synapses[0].feedback)
    let mirrored = feedback[0, 0] - weight.transposed()
    expectClose(mirrored[1], g.transposed().matmul(x), relative: 1e-14)
    // The second state of the input is 0, and so is what would need it.
    expectClose(change[1].abs().max().scalar(), 0)
    expectClose(mirrored[0].abs().max().scalar(), 0)
  }

  @Test func `symmetric synapses copy the forward change to the feedback`() throws {
    var random = RandomSource(seed: 2)
    var options = RuleOptions()
    options.isSymmetric = true
    options.ojaDecay = .none
    let genome = Small.genome(3)
    let rule = UpdateRule(genome, options)
    var tied = rule.makeNetwork(sizes: [3, 4, 2], using: &random)
    #expect(tied.synapses[1].feedback == nil)
    var explicit = tied
    explicit.synapses[1].feedback = tied.synapses[1].weight.transposed().rowMajor()
    let batch = Small.batch(5, inputs: 3, classes: 2)
    for _ in 0..<3 {
      rule.learn(&tied, inputs: batch.inputs, targets: batch.targets)
      rule.learn(&explicit, inputs: batch.inputs, targets: batch.targets)
    }
    let feedback = try #require(explicit.synapses[1].feedback)
    expectClose(feedback, explicit.synapses[1].weight.transposed(), relative: 1e-13)
    expectClose(tied.synapses[1].weight, explicit.synapses[1].weight, relative: 1e-13)
  }

  @Test func `with a sigmoid pair the Hebbian change is the gradient of the summed output`() {
    var random = RandomSource(seed: 6)
    var options = RuleOptions.backpropagation(.sigmoidPair)
    options.averagesBatch = false
    let rule = UpdateRule(
      .backpropagation(learningRate: -1, .float64), options,
      feedback: { output, _ in output.onesLike() })
    var network = rule.makeNetwork(sizes: [3, 4, 2], using: &random)
    let parameters = network.synapses.flatMap { [$0.weight[0, 0, 0], $0.bias[0, 0, 0]] }
    let gradient = valueAndGradient(at: parameters) { p in
      ((self.x.matmul(p[0]) + p[1]).sigmoid().matmul(p[2]) + p[3]).sum()
    }.gradient
    rule.learn(&network, inputs: x, targets: Tensor([[0.0, 0], [0, 0]]))
    let found = network.synapses.flatMap { [$0.weight[0, 0, 0], $0.bias[0, 0, 0]] }
    for index in found.indices {
      expectClose(
        found[index] - parameters[index], gradient[index], relative: 1e-12, absolute: 1e-14)
    }
  }
}
