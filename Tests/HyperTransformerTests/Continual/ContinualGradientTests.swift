import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Differentiation through chains of three tasks.
@Suite struct ContinualGradientTests {
  typealias Change = @Sendable (inout ContinualRecipe) -> Void

  static let variants: [String: Change] = [
    "gated": { _ in },
    "plain": { $0.carry = .plain },
    "none": { $0.carry = .none },
    "task-incremental": { $0.sequence.scenario = .taskIncremental },
    "mini-batch": { $0.sequence.scenario = .miniBatch },
    "mini-batch with class outputs": {
      $0.sequence.scenario = .miniBatch
      $0.head = .classes
    },
    "merged": { $0.method = .merged },
    "prototypical": { $0.method = .prototypical },
    "prototypical with a dense layer": {
      $0.method = .prototypical
      $0.prototypicalDense = true
    },
    "separate, everything generated": {
      $0.generator.transformer.layout = .separate
      Tiny.setAbsoluteWidths(&$0.generator)
      $0.generator.generatesBias = true
      $0.generator.generatesNormalization = true
    },
    "base weights, sums": {
      $0.generator.usesBaseWeights = true
      $0.objective.distances = .sum
      $0.objective.labelSmoothing = 0.1
    },
  ]

  @Test(arguments: variants.keys.sorted())
  func `every parameter's gradient matches finite differences`(_ name: String) throws {
    let recipe = Tiny.continual(.classIncremental, try #require(Self.variants[name]))
    try recipe.check()
    if recipe.method == .prototypical {
      try expectRight(Tiny.learner(recipe, as: PrototypicalNetwork.self), recipe)
    } else {
      try expectRight(Tiny.learner(recipe, as: WeightGenerator.self), recipe)
    }
  }

  private func expectRight(_ learner: some SequenceLearner, _ recipe: ContinualRecipe) throws {
    let batch = Tiny.sequences(recipe.sequence, count: 1)
    let gradient = learner.outcome(batch, recipe).gradient
    var random = RandomSource(seed: 8)
    for (index, (parameter, slope)) in zip(gradient.names, gradient.tensors).enumerated() {
      let direction = Tensor(normal: slope.shape, using: &random, .float64)
      let step = 1e-5 / direction.norm().scalar()
      func loss(_ steps: Double) -> Double {
        var moved = learner
        var tensors = learner.parameters.tensors
        tensors[index] = tensors[index] + direction * (steps * step)
        moved.replaceParameters(tensors)
        var pass = Pass.inference
        return withoutGradients {
          recipe.objective(
            &moved, batch, isMerged: recipe.method == .merged, head: recipe.head, &pass
          ).loss.scalar()
        }
      }
      let numeric = (loss(1) - loss(-1)) / (2 * step)
      expectClose(
        (slope * direction).sum().scalar(), numeric, relative: 1e-5, absolute: 1e-6, "\(parameter)")
    }
  }

  @Test func `the gate learns from what it carries`() throws {
    let recipe = Tiny.continual()
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let gradient = learner.outcome(Tiny.sequences(recipe.sequence), recipe).gradient
    for layer in ["0", "1", "2", "logits"] {
      let slope = try #require(gradient["layers.\(layer).carryGate"])
      #expect(slope.shape == [1])
      #expect(abs(slope.scalar()) > 1e-9, "layer \(layer)")
    }
  }

  @Test func `truncated gradients are those of every task with the past as a constant`() throws {
    var recipe = Tiny.continual(.taskIncremental, carry: .plain)
    recipe.objective.truncation = 1
    recipe.objective.stopsPrototypeGradients = true
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let found = learner.outcome(batch, recipe)
    let states = learner.states(batch)
    var total = 0.0
    var sums: [Tensor] = []
    for step in 0..<3 {
      var copy = learner
      var pass = Pass.inference
      let tasks = Array(0...step)
      let (loss, gradient) = valueAndGradient(at: &copy) { model in
        var next = model.learn(
          batch.supports[step], after: step == 0 ? nil : states[step - 1], classCount: 3, .append,
          &pass)
        next.prototypes.centers = next.prototypes.centers.detached()
        let query = batch.queries(ofTasks: tasks)
        let (logits, labels) = next.logits(query, tasks, batch.plan, .prototypes, .mean)
        return logits.flattened(from: 0, through: 1)
          .softmaxCrossEntropy(expected: labels.flattened()) * (Double(step + 1) / 6)
      }
      total += loss.scalar()
      sums = sums.isEmpty ? gradient.tensors : zip(sums, gradient.tensors).map { $0 + $1 }
    }
    expectClose(found.loss, total, relative: 1e-12)
    for (name, (left, right)) in zip(found.gradient.names, zip(found.gradient.tensors, sums)) {
      expectClose(left, right, relative: 1e-9, absolute: 1e-12, "\(name)")
    }
  }

  @Test func `truncation and constant prototypes leave the loss alone and change the gradient`()
    throws
  {
    let recipe = Tiny.continual(carry: .plain)
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let full = learner.outcome(batch, recipe)
    for change: Change in [
      { $0.objective.truncation = 1 }, { $0.objective.truncation = 2 },
      { $0.objective.stopsPrototypeGradients = true },
    ] {
      var other = recipe
      change(&other)
      let found = learner.outcome(batch, other)
      #expect(found.loss == full.loss)
      #expect(found.gradient.tensors != full.gradient.tensors)
    }
    var late = recipe
    late.objective.truncation = 3
    #expect(learner.outcome(batch, late).gradient.tensors == full.gradient.tensors)
  }

  @Test func `judging fewer tasks a step is right on average`() throws {
    var recipe = Tiny.continual(.taskIncremental)
    let learner: WeightGenerator = try Tiny.learner(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    recipe.objective.judgedTasks = 3
    let full = learner.outcome(batch, recipe).loss
    recipe.objective.judgedTasks = 1
    var random = RandomSource(seed: 5)
    var found: [Double] = []
    for _ in 0..<200 {
      var copy = learner
      var pass = Pass.training(using: random.split())
      found.append(
        withoutGradients { recipe.objective(&copy, batch, &pass).loss.scalar() })
    }
    let interval = MeanInterval(of: found)
    #expect(interval.halfWidth > 0)
    // Queries of a task alone are normalized alone, so the mean is near and not the same.
    expectClose(interval.mean, full, relative: 0.1)
  }
}
