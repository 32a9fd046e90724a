import Randomness
import SwiftletTestSupport
import Testing
import Torch
import UpdateRules

/// What must not matter.
@Suite struct InvarianceTests {
  private let rule = UpdateRule(Small.genome(), RuleOptions())
  private let batch = Small.batch(6, inputs: 4, classes: 3)

  private func network(_ rule: UpdateRule) -> RuleNetwork {
    var random = RandomSource(seed: 21)
    return rule.makeNetwork(sizes: [4, 5, 3], using: &random)
  }

  private func taught(_ network: RuleNetwork, _ inputs: Tensor, _ targets: Tensor) -> RuleNetwork {
    var network = network
    for _ in 0..<2 { rule.learn(&network, inputs: inputs, targets: targets) }
    return network
  }

  @Test func `the order of input features, hidden neurons and examples`() throws {
    let order = Tensor([2, 0, 3, 1])
    let hidden = Tensor([4, 2, 0, 1, 3])
    let examples = Tensor([5, 3, 1, 0, 2, 4])
    let start = network(rule)
    let straight = taught(start, batch.inputs, batch.targets)
    func shuffled(_ network: RuleNetwork) -> RuleNetwork {
      var network = network
      let (first, last) = (network.synapses[0], network.synapses[1])
      network.synapses[0].weight = first.weight.gathering(order, along: 3)
        .gathering(hidden, along: 4)
      network.synapses[0].bias = first.bias.gathering(hidden, along: 4)
      network.synapses[1].weight = last.weight.gathering(hidden, along: 3)
      network.synapses[1].feedback = last.feedback?.gathering(hidden, along: 4)
      return network
    }
    let found = taught(
      shuffled(start), batch.inputs.gathering(order, along: 1).gathering(examples),
      batch.targets.gathering(examples))
    let expected = shuffled(straight)
    for (one, other) in zip(found.synapses, expected.synapses) {
      expectClose(one.weight, other.weight, relative: 1e-12, absolute: 1e-14)
      expectClose(one.bias, other.bias, relative: 1e-12, absolute: 1e-14)
    }
  }

  @Test func `the changes of two halves of a batch add up, and a mean is a sum over the batch`() {
    var sum = rule
    sum.options.averagesBatch = false
    sum.genome.synapse.keep.fill(with: 1)
    let start = network(sum)
    func change(_ rule: UpdateRule, _ rows: Range<Int>) -> [Tensor] {
      var copy = start
      rule.learn(&copy, inputs: batch.inputs[rows], targets: batch.targets[rows])
      return zip(copy.synapses, start.synapses).map { $0.weight - $1.weight }
    }
    let whole = change(sum, 0..<6)
    for (one, (first, second)) in zip(whole, zip(change(sum, 0..<2), change(sum, 2..<6))) {
      expectClose(one, first + second, relative: 1e-11, absolute: 1e-15)
    }
    var mean = sum
    mean.options.averagesBatch = true
    for (one, other) in zip(whole, change(mean, 0..<6)) {
      expectClose(one, other * 6, relative: 1e-11, absolute: 1e-15)
    }
  }

  @Test func `a genome of two blocks is two rules that do not meet`() {
    let small = Small.genome(2)
    func doubled(_ leaf: Tensor) -> Tensor {
      guard leaf.rank == 5 else { return leaf }
      let zeros = leaf.zerosLike()
      return Tensor(
        concatenating: [
          Tensor(concatenating: [leaf, zeros], along: 4),
          Tensor(concatenating: [zeros, leaf], along: 4),
        ], along: 3)
    }
    var options = RuleOptions()
    options.usesForwardActivations = false
    let one = UpdateRule(small, options)
    let two = UpdateRule(small.mapped(doubled), options)
    let start = network(one)
    var wide = start
    for index in wide.synapses.indices {
      func twice(_ tensor: Tensor) -> Tensor { Tensor(concatenating: [tensor, tensor], along: 2) }
      let part = start.synapses[index]
      wide.synapses[index] = Synapses(
        weight: twice(part.weight), bias: twice(part.bias), feedback: part.feedback.map(twice))
    }
    var narrow = start
    one.learn(&narrow, inputs: batch.inputs, targets: batch.targets)
    two.learn(&wide, inputs: batch.inputs, targets: batch.targets)
    // The second pair of states sees neither inputs nor labels; the first must not see the second.
    for (found, expected) in zip(wide.synapses, narrow.synapses) {
      expectClose(
        found.weight[.all, .all, 0..<2], expected.weight, relative: 1e-12, absolute: 1e-15)
    }
  }

  @Test func `species and replicas side by side are what each is alone`() throws {
    let genomes = [Small.genome(seed: 3), Small.genome(seed: 4), Small.genome(seed: 5)]
    let together = UpdateRule(Genome(joining: genomes), RuleOptions())
    var random = RandomSource(seed: 9)
    var network = together.makeNetwork(sizes: [4, 5, 3], replicas: 2, using: &random)
    let start = network
    let inputs = Tensor(normal: [1, 2, 6, 4], using: &random, .float64)
    let targets = Tensor(
      stacking: [batch.targets, -batch.targets]
    ).expandingShape(at: 0)
    for _ in 0..<2 { together.learn(&network, inputs: inputs, targets: targets) }
    for species in 0..<3 {
      for replica in 0..<2 {
        func part(_ network: RuleNetwork) -> RuleNetwork {
          network.mapped { $0[species...species, replica...replica].rowMajor() }
        }
        let rule = UpdateRule(genomes[species], RuleOptions())
        var alone = part(start)
        for _ in 0..<2 {
          rule.learn(&alone, inputs: inputs[0, replica], targets: targets[0, replica])
        }
        for (one, other) in zip(part(network).synapses, alone.synapses) {
          expectClose(one.weight, other.weight, relative: 1e-11, absolute: 1e-14)
        }
      }
    }
    #expect(Genome(joining: genomes).species(1).parameters.tensors == genomes[1].parameters.tensors)
  }
}
