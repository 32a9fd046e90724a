import FileFixtures
import Foundation
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch
import UpdateRules

@Suite struct GenomeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ name: String, _ text: String) throws -> String {
    try folder.write(Data(text.utf8), to: name)
  }

  @Test func `a rule has 20 numbers of two states that the paper counts, 68 of four`() {
    // Four matrices, f, η, f̃, η̃; the others are those of stabilizers and of initial weights.
    for (states, count) in [(2, 20), (4, 68)] {
      let coordinates = GenomeCoordinates(Small.genome(states), options: RuleOptions())
      #expect(coordinates.start.count == count)
    }
  }

  @Test func `a genome file gives back every digit, options and provenance`() throws {
    var options = RuleOptions()
    options.ojaDecay = .weights
    options.forwardActivation = .reluTanh
    let genome = Small.genome(
      3, sharing: GenomeSharing(steps: 2, layers: 2, species: 2), hasForwardSynapse: true)
    var written = GenomeFile(genome, species: 1, options: options)
    written.hidden = [7, 5]
    written.description = "a rule: for \"tests\""
    written.provenance.tasks = ["xor", "mnist:0-4"]
    written.provenance.curve = [0.25, 0.5]
    written.provenance.curveSteps = [1, 2]
    let path = try file("genome.yaml", written.text)
    let read = try GenomeFile(readingFrom: path)
    #expect(read == written)
    let numbers = read.genome(.float64)
    #expect(numbers.parameters.names == genome.parameters.names)
    for (one, other) in zip(numbers.parameters.tensors, genome.species(1).parameters.tensors) {
      #expect(one == other)
    }
    #expect(throws: RuleError.states(origin: path, found: 3, expected: 4)) {
      try GenomeFile(readingFrom: path, states: 4)
    }
  }

  @Test func `damaged genome files are refused in one sentence`() throws {
    let good = GenomeFile(Small.genome(), options: RuleOptions()).text
    let damages = [
      (
        "neuronKep",
        good.replacing("    - {forward", with: "    - {neuronKep: 1, forward")
          .replacing("  - {forward", with: "  - {neuronKep: 1, forward")
      ),
      ("states", good.replacing("states: 2", with: "states: 3")),
      ("states", good.replacing("states: 2", with: "states: 1")),
      ("finite", good.replacing("keep: 0.9,", with: "keep: .inf,")),
      ("layers", good.replacing("layers: 1", with: "layers: 2")),
      ("ojaDecay", good.replacing("ojaDecay: none", with: "ojaDecay: sideways")),
    ]
    for (word, text) in damages {
      #expect(text != good, "\(word)")
      let path = try file("damaged.yaml", text)
      let error = #expect(throws: RecipeError.self) { try GenomeFile(readingFrom: path) }
      #expect(error?.description.contains(word) == true, "\(error?.description ?? "none")")
    }
  }

  @Test func `slash names are those of the released code, with its transform in blocks`() throws {
    let genome = Small.genome(2)
    let named = genome.slashNamed()
    #expect(
      named.keys.sorted() == [
        "neuron/keep", "neuron/norm_multiplier", "neuron/norm_shift", "neuron/transform",
        "neuron/update", "synapse/ceiling", "synapse/keep", "synapse/rescale_to",
        "synapse/saturation", "synapse/synapse_init_std", "synapse/synapse_init_xavier_std",
        "synapse/transform/ojas_multiplier", "synapse/transform/post", "synapse/transform/pre",
        "synapse/update",
      ])
    let descent = Genome.backpropagation(learningRate: 0.1, .float64).slashNamed()
    #expect(
      descent["neuron/transform"]?.toDoubles() == [
        0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0,
      ])
    var other = Small.genome(2, seed: 99)
    var part = named
    part["synapse/saturation"] = nil
    #expect(try other.take(part) == ["synapse/saturation"])
    #expect(other.neuron.backward == genome.neuron.backward)
    #expect(other.synapse.update == genome.synapse.update)
  }

  @Test func `an unknown scalar, another number of states and infinities are refused`() throws {
    var genome = Small.genome(2)
    let before = genome.parameters.tensors
    func refusal(_ values: [String: Tensor]) -> String {
      let error = #expect(throws: RuleError.self) { try genome.take(values, origin: "rule.yaml") }
      return error?.description ?? ""
    }
    #expect(refusal(["synapse/kep": Tensor(1, .float64)]).contains("synapse/kep"))
    #expect(refusal(["synapse/keep": Tensor(.infinity, .float64)]).contains("not finite"))
    #expect(refusal(["synapse/keep": Tensor([1.0, 2])]).contains("[2]"))
    let wide = Small.genome(4).slashNamed()
    #expect(refusal(wide).contains("genome of 4 states, 2 were expected"))
    #expect(genome.parameters.tensors == before)
  }

  @Test func `coordinates leave out what the options never read, and carry natural steps`() {
    let genome = Small.genome(2)
    var options = RuleOptions()
    let plain = GenomeCoordinates(genome, options: options)
    options.ojaDecay = .weights
    options.activationNormalization = .both
    let more = GenomeCoordinates(genome, options: options)
    #expect(more.start.count == plain.start.count + 3)
    #expect(
      Set(more.names).subtracting(plain.names) == [
        "neuron.normScale", "neuron.normShift", "synapse.oja",
      ])
    #expect(plain.scales.count == plain.start.count)
    let moved = plain.genome(at: zip(plain.start, plain.scales).map { $0 + $1 })
    #expect(abs(moved.synapse.keep.toDoubles()[0] - 0.99) < 1e-12)
    #expect(abs(moved.neuron.keep.toDoubles()[0] - 1.2) < 1e-12)
    #expect(moved.synapse.saturation == genome.synapse.saturation)
    #expect(plain.genome(at: plain.start).parameters.tensors == genome.parameters.tensors)
  }

  @Test func `bringing a population together copies one genome over all`() {
    let genomes = Genome(joining: [Small.genome(seed: 1), Small.genome(seed: 2)])
    let together = genomes.synchronized(to: 1)
    #expect(together.speciesCount == 2)
    for species in 0..<2 {
      #expect(together.species(species).parameters.tensors == genomes.species(1).parameters.tensors)
    }
  }

  @Test(arguments: [
    "digits-stable", "digits-columns", "digits-oja", "digits-normalized", "digits-plain",
    "digits-28-stable", "digits-paper", "gradient-descent", "plane",
  ])
  func `trained genomes can be read and used, and know where they come from`(_ name: String) throws
  {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Genomes/\(name).yaml").path
    let file = try GenomeFile(readingFrom: path, states: 2)
    #expect(!file.description.isEmpty && !file.provenance.tasks.isEmpty)
    #expect(file.provenance.curve.count == file.provenance.curveSteps.count)
    var random = RandomSource(seed: 1)
    let rule = file.rule()
    var network = rule.makeNetwork(
      sizes: [9, 6, 3], initialization: file.initialization, using: &random)
    let inputs = Tensor(normal: [8, 9], using: &random)
    let labels = Tensor(integers: 0..<3, [8], using: &random)
    for _ in 0..<3 {
      let outputs = rule.learn(
        &network, inputs: inputs, targets: labels.oneHot(classCount: 3) * 2 - 1)
      #expect(outputs.isFinite().allTrue())
    }
  }

  @Test func `shared scalars serve all species`() {
    var random = RandomSource(seed: 1)
    let genome = Genome(
      random: 2, sharing: GenomeSharing(species: 3, sharesScalars: true), using: &random)
    #expect(genome.speciesCount == 3 && genome.neuron.keep.shape == [1, 1, 1])
    #expect(genome.species(2).neuron.keep.shape == [1, 1, 1])
    let rule = UpdateRule(genome, RuleOptions())
    var network = rule.makeNetwork(sizes: [2, 3, 1], using: &random)
    let outputs = rule.learn(
      &network, inputs: Tensor(ones: [4, 2]), targets: Tensor(ones: [4, 1]))
    #expect(outputs.shape == [3, 1, 4, 1])
  }
}
