import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// What must be the same: one task and a HyperTransformer, a closed gate and no carry, sequences side
/// by side and alone.
@Suite struct SequenceEquivalenceTests {
  @Test(arguments: Carry.allCases)
  func `a single task is a HyperTransformer with a prototype head, bit for bit`(
    _ carry: Carry
  ) throws {
    let recipe = Tiny.continual(tasks: 1, carry: carry)
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let support = batch.supports[0]
    // The plain generator: the same tensors, without gates.
    var random = RandomSource(seed: 9)
    var plain = try WeightGenerator(
      writing: learner.architecture, recipe.generator, labelCount: 3, using: &random
    ).cast(to: .float64)
    let tensors = learner.tensors
    plain.forEachTensor { name, _, tensor in tensor = tensors[name] ?? Tensor(0) }
    let network = plain.generate(support)
    let prototypes = Prototypes(
      of: network.logits(of: support.images), labels: support.labels, classCount: 3)
    let expected = prototypes.logits(of: network.logits(of: batch.query.images)) * (1.0 / 4)
    let state = learner.states(batch)[0]
    let found = state.logits(batch.query, [0], batch.plan, .prototypes, .mean).logits
    #expect(found == expected)
    #expect(state.prototypes.centers == prototypes.centers)
  }

  @Test func `a single mini-batch with class outputs is a HyperTransformer, bit for bit`() throws {
    let recipe = Tiny.continual(.miniBatch, tasks: 1) { $0.head = .classes }
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let state = learner.states(batch)[0]
    let found = state.logits(batch.query, [0], batch.plan, .classes, .mean).logits
    #expect(found == learner.generate(batch.supports[0]).logits(of: batch.query.images))
  }

  @Test func `a closed gate is learning every task alone, and an open one is not`() throws {
    let recipe = Tiny.continual()
    var learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let alone = learner.states(batch, forgets: true)
    let open = learner.states(batch)
    #expect(logits(open[0], batch, 0) == logits(alone[0], batch, 0))
    #expect(logits(open[1], batch, 1) != logits(alone[1], batch, 1))
    learner.forEachParameter { name, tensor in
      if name.hasSuffix("carryGate") { tensor = tensor.zerosLike() }
    }
    for (step, state) in learner.states(batch).enumerated() {
      #expect(logits(state, batch, step) == logits(alone[step], batch, step))
      #expect(state.prototypes.centers == alone[step].prototypes.centers)
    }
  }

  @Test func `a fresh gated generator begins like one without carry`() throws {
    var random = RandomSource(seed: 4)
    let gated = try WeightGenerator(Tiny.continual(), imageChannels: 2, using: &random)
    var other = RandomSource(seed: 4)
    let none = try WeightGenerator(Tiny.continual(carry: .none), imageChannels: 2, using: &other)
    let batch = Tiny.sequences(Tiny.continual().sequence)
    let states = gated.cast(to: .float64).states(batch)
    for (step, state) in none.cast(to: .float64).states(batch).enumerated() {
      #expect(logits(state, batch, step) == logits(states[step], batch, step))
    }
  }

  @Test func `carried zeros are nothing carried`() throws {
    let recipe = Tiny.continual(carry: .plain)
    var learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    var pass = Pass.inference
    let first = learner.write(batch.supports[0], after: nil, &pass)
    let zeros = first.carry?.mapped { $0.zerosLike() }
    let second = learner.write(batch.supports[1], after: zeros, &pass)
    let alone = learner.write(batch.supports[1], after: nil, &pass)
    #expect(second.supportEmbeddings == alone.supportEmbeddings)
  }

  @Test(arguments: Scenario.allCases, [true, false])
  func `sequences side by side do not see each other`(
    _ scenario: Scenario, _ isPrototypical: Bool
  ) throws {
    let recipe = Tiny.continual(scenario) {
      if isPrototypical { $0.method = .prototypical }
    }
    if isPrototypical {
      try expectApart(Tiny.learner(recipe, as: PrototypicalNetwork.self), recipe)
    } else {
      try expectApart(Tiny.learner(recipe, as: WeightGenerator.self), recipe)
    }
  }

  private func expectApart(_ learner: some SequenceLearner, _ recipe: ContinualRecipe) throws {
    let batch = Tiny.sequences(recipe.sequence)
    let together = learner.outcome(batch, recipe)
    let alone = (0..<2).map { learner.outcome(batch.sequence($0), recipe) }
    expectClose(together.loss, (alone[0].loss + alone[1].loss) / 2, relative: 1e-11)
    for (index, name) in together.gradient.names.enumerated() {
      let mean = (alone[0].gradient.tensors[index] + alone[1].gradient.tensors[index]) * 0.5
      expectClose(
        together.gradient.tensors[index], mean, relative: 1e-8, absolute: 1e-10, "\(name)")
    }
  }

  @Test func `with one image of each class a prototype is that image's embedding`() throws {
    let recipe = Tiny.continual { $0.sequence.shots = 1 }
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let state = learner.states(batch)[0]
    let embedded = state.network.logits(of: batch.supports[0].images)
    for sequence in 0..<2 {
      for (sample, label) in batch.supports[0].labels[sequence].toInts().enumerated() {
        expectClose(
          state.prototypes.centers[sequence, label], embedded[sequence, sample], relative: 1e-12)
      }
    }
  }

  @Test func `knowing the only task changes nothing`() throws {
    let learner: WeightGenerator = try Tiny.learner(Tiny.continual(tasks: 1))
    let losses = [Scenario.taskIncremental, .classIncremental].map { scenario in
      let recipe = Tiny.continual(scenario, tasks: 1)
      return learner.outcome(Tiny.sequences(recipe.sequence), recipe).loss
    }
    #expect(losses[0] == losses[1])
  }

  @Test func `pieces have the running mean of their images as prototypes`() throws {
    let recipe = Tiny.continual(.miniBatch, carry: .none)
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let apart = batch.supports.map { support in
      var copy = learner
      var pass = Pass.inference
      return copy.learn(support, after: nil, classCount: 3, .append, &pass).prototypes.centers
    }
    let states = learner.states(batch)
    expectClose(
      states[1].prototypes.centers, (apart[0] + apart[1]) * 0.5, relative: 1e-12, absolute: 1e-14)
    expectClose(
      states[2].prototypes.centers, (apart[0] + apart[1] + apart[2]) * (1.0 / 3),
      relative: 1e-12, absolute: 1e-14)
  }

  private func logits(_ state: SequenceState, _ batch: SequenceBatch, _ step: Int) -> Tensor {
    let tasks = Array(0...step)
    return state.logits(
      batch.queries(ofTasks: tasks), tasks, batch.plan, .prototypes, .mean
    ).logits
  }
}
