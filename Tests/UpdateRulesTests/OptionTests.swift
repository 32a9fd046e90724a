import Randomness
import SwiftletTestSupport
import Testing
import Torch
import UpdateRules

/// Every option against the plain statement of the rule, and in itself.
@Suite struct OptionTests {
  static let variants: [(String, @Sendable (inout RuleOptions) -> Void)] = [
    ("plain", { _ in }),
    ("sum", { $0.averagesBatch = false }),
    ("relu tanh", { ($0.forwardActivation, $0.backwardActivation) = (.reluTanh, .reluTanh) }),
    ("multiplicative", { $0.backwardUpdate = .multiplicative }),
    ("second state", { $0.backwardUpdate = .multiplicativeSecondState }),
    ("symmetric", { $0.isSymmetric = true }),
    ("one channel", { $0.sharesChannels = true }),
    ("symmetric, one channel", { ($0.isSymmetric, $0.sharesChannels) = (true, true) }),
    ("forward senders", { $0.usesForwardActivations = true }),
    ("normalized activations", { $0.activationNormalization = .both }),
    ("normalized columns", { $0.synapseNormalization = .activations }),
    ("rescaled", { ($0.synapseNormalization, $0.rescalesNormalized) = (.activations, true) }),
    ("Oja by weights", { $0.ojaDecay = .weights }),
    ("Oja by activity", { $0.ojaDecay = .activations }),
    ("Oja, symmetric", { ($0.ojaDecay, $0.isSymmetric) = (.weights, true) }),
    ("exponential", { ($0.saturation, $0.saturationFloor) = (.exponential, 0.1) }),
    ("tanh saturation", { $0.saturation = .tanh }),
    (
      "all stabilizers",
      {
        $0.activationNormalization = .both
        $0.synapseNormalization = .activations
        $0.ojaDecay = .weights
      }
    ),
  ]

  @Test(arguments: variants.map(\.0), [2, 3])
  func `a step is that of square synapse tensors and einsums`(_ name: String, _ states: Int) throws
  {
    let change = try #require(Self.variants.first { $0.0 == name }?.1)
    var options = RuleOptions()
    change(&options)
    let rule = UpdateRule(Small.genome(states), options)
    var random = RandomSource(seed: 8)
    var network = rule.makeNetwork(
      sizes: [3, 5, 4, 2], initialization: SynapseInitialization(.uniform, scale: 0.9),
      using: &random)
    var reference = SquareReference(rule, network)
    let batch = Small.batch(6, inputs: 3, classes: 2)
    for _ in 0..<3 {
      let layers = rule.neurons(of: network, inputs: batch.inputs)
      let expected = reference.step(batch.inputs, batch.targets)
      rule.learn(&network, inputs: batch.inputs, targets: batch.targets)
      for (one, other) in zip(layers, expected.dropFirst()) {
        expectClose(one[0, 0].permuted(1, 2, 0), other, relative: 1e-11, absolute: 1e-12)
      }
    }
    for (layer, synapses) in network.synapses.enumerated() {
      expectClose(
        Small.rowMajor(synapses), reference.forward(layer), relative: 1e-10, absolute: 1e-12)
    }
  }

  @Test func `stored normalization divides columns before the step`() throws {
    var options = RuleOptions()
    options.synapseNormalization = .stored
    let rule = UpdateRule(Small.genome(), options)
    var random = RandomSource(seed: 8)
    let network = rule.makeNetwork(sizes: [3, 4, 2], using: &random)
    var unit = network
    for index in unit.synapses.indices {
      let one = network.synapses[index]
      let norm = (one.weight.squared().sum(along: 3, keepingAxes: true) + one.bias.squared() + 1e-9)
        .sqrt()
      unit.synapses[index].weight = one.weight / norm
      unit.synapses[index].bias = one.bias / norm
      unit.synapses[index].feedback = one.feedback.map {
        $0 / ($0.squared().sum(along: 3, keepingAxes: true) + 1e-9).sqrt()
      }
    }
    let batch = Small.batch(6, inputs: 3, classes: 2)
    var stored = network
    rule.learn(&stored, inputs: batch.inputs, targets: batch.targets)
    var plain = rule
    plain.options.synapseNormalization = .none
    plain.learn(&unit, inputs: batch.inputs, targets: batch.targets)
    for (one, other) in zip(stored.synapses, unit.synapses) {
      expectClose(one.weight, other.weight, relative: 1e-12)
      expectClose(
        one.feedback ?? one.weight, other.feedback ?? other.weight, relative: 1e-12)
    }
  }

  @Test func `labels every other step leave the others to the forward update`() {
    var options = RuleOptions()
    options.supervisedEvery = 2
    let genome = Small.genome(hasForwardSynapse: true)
    let batch = Small.batch(6, inputs: 3, classes: 2)
    func taught(_ options: RuleOptions, steps: Int) -> Tensor {
      let rule = UpdateRule(genome, options)
      var random = RandomSource(seed: 8)
      var network = rule.makeNetwork(sizes: [3, 4, 2], using: &random)
      for _ in 0..<steps { rule.learn(&network, inputs: batch.inputs, targets: batch.targets) }
      return network.synapses[0].weight
    }
    #expect(taught(options, steps: 1) == taught(options, steps: 2))
    #expect(taught(options, steps: 2) != taught(options, steps: 3))
    options.updatesForward = true
    #expect(taught(options, steps: 1) != taught(options, steps: 2))
    // Without labels the unsupervised part cannot know them.
    options.supervisedEvery = 1000
    let rule = UpdateRule(genome, options)
    var random = RandomSource(seed: 8)
    var one = rule.makeNetwork(sizes: [3, 4, 2], using: &random)
    var other = one
    for targets in [batch.targets, -batch.targets] {
      rule.learn(&one, inputs: batch.inputs, targets: targets)
      rule.learn(&other, inputs: batch.inputs, targets: batch.targets)
      if targets == batch.targets { other = one }
    }
    #expect(one.synapses[0].weight == other.synapses[0].weight)
  }

  @Test func `neurons that are not cleared carry on into the next forward sweep`() {
    var options = RuleOptions()
    options.clearsNeurons = false
    let rule = UpdateRule(Small.genome(), options)
    var random = RandomSource(seed: 8)
    var network = rule.makeNetwork(sizes: [3, 4, 2], using: &random)
    let batch = Small.batch(6, inputs: 3, classes: 2)
    rule.learn(&network, inputs: batch.inputs, targets: batch.targets)
    let carried = rule.neurons(of: network, inputs: batch.inputs)[0]
    let kept = network.neurons[0]
    network.neurons = []
    var linear = rule
    linear.options.forwardActivation = .identity
    let fresh = linear.neurons(of: network, inputs: batch.inputs)[0]
    expectClose(carried, (fresh + kept * 0.9).tanh(), relative: 1e-12)
  }

  @Test func `numbers per layer and per step are used where they belong`() {
    let sharing = GenomeSharing(steps: 2, layers: 2)
    let genome = Small.genome(2, sharing: sharing)
    let batch = Small.batch(6, inputs: 3, classes: 2)
    let rule = UpdateRule(genome, RuleOptions())
    var random = RandomSource(seed: 8)
    var network = rule.makeNetwork(sizes: [3, 4, 2], using: &random)
    for step in 0..<3 {
      // A genome whose only step is the one wanted must do the same; later steps take the last.
      let part = genome.mapped {
        $0.narrowed(along: 0, from: min(step, 1), count: 1).rowMajor()
      }
      var copy = network
      UpdateRule(part, RuleOptions()).learn(
        &copy, inputs: batch.inputs, targets: batch.targets)
      rule.learn(&network, inputs: batch.inputs, targets: batch.targets)
      #expect(copy.synapses[0].weight == network.synapses[0].weight)
    }
    // Equal numbers in all layers are one shared genome.
    let shared = Small.genome(2)
    let spread = shared.expanded(to: GenomeSharing(layers: 2))
    var one = network
    var other = network
    UpdateRule(shared, RuleOptions()).learn(&one, inputs: batch.inputs, targets: batch.targets)
    UpdateRule(spread, RuleOptions()).learn(&other, inputs: batch.inputs, targets: batch.targets)
    #expect(one.synapses[1].weight == other.synapses[1].weight)
    // A change of the first layer's numbers leaves the last synapses' own change alone.
    var changed = spread
    changed.synapse.update[0, 0, 0] = Tensor(0.5, .float64)
    var third = network
    UpdateRule(changed, RuleOptions()).learn(&third, inputs: batch.inputs, targets: batch.targets)
    #expect(third.synapses[1].weight == other.synapses[1].weight)
    #expect(third.synapses[0].weight != other.synapses[0].weight)
  }
}
