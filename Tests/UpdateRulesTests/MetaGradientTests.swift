import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import UpdateRules

/// Differentiation through learning.
@Suite struct MetaGradientTests {
  private func loss(
    _ genome: Genome, _ options: RuleOptions, updates: Int, replicas: Int = 1
  ) -> Tensor {
    let rule = UpdateRule(genome, options)
    var random = RandomSource(seed: 12)
    var initialization = SynapseInitialization(.normal, scale: 0.6)
    initialization.usesGenomeScale = true
    var network = rule.makeNetwork(
      sizes: [3, 4, 3, 2], replicas: replicas, initialization: initialization, using: &random)
    let inputs = Tensor(
      normal: [replicas, updates + 1, 5, 3], using: &random, .float64)
    let labels = Tensor(integers: 0..<2, [replicas, updates + 1, 5], using: &random)
    let targets = labels.oneHot(classCount: 2, .float64) * 2 - 1
    let episode = RuleEpisode(
      names: [String](repeating: "test", count: replicas), inputs: inputs, targets: targets)
    let outputs = rule.unroll(&network, over: episode)
    return MetaObjective()(outputs, expected: episode.batch(updates).targets).sum()
  }

  @Test(arguments: OptionTests.variants.map(\.0))
  func `the gradient through two updates matches finite differences in every number`(
    _ name: String
  ) throws {
    let change = try #require(OptionTests.variants.first { $0.0 == name }?.1)
    var options = RuleOptions()
    change(&options)
    // A rectifier has no derivative at 0, where the label's zero states lie.
    if name == "relu tanh" { options.backwardActivation = .tanh }
    var genome = Small.genome()
    genome.synapse.initialScale.fill(with: 0.5)
    genome.synapse.initialXavierScale.fill(with: 0.2)
    expectGradientMatchesFiniteDifferences(
      at: genome.parameters.tensors, tolerance: 1e-6, "\(name)"
    ) { leaves in
      var moved = genome
      moved.replaceParameters(leaves)
      return self.loss(moved, options, updates: 2)
    }
  }

  @Test func `the same with forward updates, numbers of their own per step and layer, replicas`() {
    var options = RuleOptions()
    options.updatesForward = true
    let genome = Small.genome(
      2, sharing: GenomeSharing(steps: 2, layers: 3), hasForwardSynapse: true)
    expectGradientMatchesFiniteDifferences(
      at: genome.parameters.tensors, tolerance: 1e-6
    ) { leaves in
      var moved = genome
      moved.replaceParameters(leaves)
      return self.loss(moved, options, updates: 2, replicas: 2)
    }
  }

  @Test func `a species' gradient does not depend on the others, nor on their explosions`() throws {
    var wild = Small.genome(seed: 8)
    wild.synapse.update.fill(with: 1e200)
    let genomes = [Small.genome(seed: 3), wild, Small.genome(seed: 5)]
    func gradient(_ genome: Genome) -> NamedTensors {
      var model = RuleInTraining(genome)
      var recipe = RuleRecipe()
      recipe.gradient.species = genome.speciesCount
      recipe.initialization = SynapseInitialization(.normal, scale: 0.5)
      var random = RandomSource(seed: 30)
      let inputs = Tensor(normal: [1, 4, 5, 3], using: &random, .float64)
      let labels = Tensor(integers: 0..<2, [1, 4, 5], using: &random)
      let targets = labels.oneHot(classCount: 2, .float64) * 2 - 1
      let batch = RuleBatch(
        episodes: [RuleEpisode(names: ["test"], inputs: inputs, targets: targets)], hidden: [4],
        synapses: RandomSource(seed: 31))
      let (value, found) = valueAndGradient(at: &model) {
        RuleTraining.loss(&$0, batch, recipe).value
      }
      #expect(value.scalar().isFinite)
      var clipped = found
      let dropped = clipped.clipEachSpecies(of: genome.speciesCount, to: 0.05)
      #expect(dropped == (genome.speciesCount > 1 ? 1 : 0))
      return clipped
    }
    let together = gradient(Genome(joining: genomes))
    for (species, genome) in genomes.enumerated() where species != 1 {
      let alone = gradient(genome)
      for (one, other) in zip(together.tensors, alone.tensors) {
        expectClose(
          one[.all, .all, species...species], other, relative: 1e-9, absolute: 1e-13)
      }
      let norm = alone.globalNorm()
      #expect(norm <= 0.05 * (1 + 1e-9))
    }
    let dropped = together.tensors.map { $0[.all, .all, 1...1].abs().max().scalar() }
    #expect(dropped.allSatisfy { $0 == 0 })
  }
}
