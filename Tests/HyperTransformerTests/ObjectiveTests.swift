import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Every term of the objective against its formula.
@Suite struct ObjectiveTests {
  static let warmUp: [(step: Int, heads: [Double], main: Double)] = [
    (0, [1, 0, 0], 0), (250, [0.75, 0.25, 0], 0), (1000, [0, 1, 0], 0), (1500, [0, 0.5, 0.5], 0),
    (2500, [0, 0, 0.5], 0.5), (3000, [0, 0, 0], 1), (9000, [0, 0, 0], 1),
  ]

  @Test func `warm-up heads are written only where they count`() throws {
    var generator = try Tiny.generator(Tiny.configuration { $0.warmUpHeads = .generated })
    var pass = Pass.inference
    let support = Tiny.batch().support
    #expect(generator.generation(support, &pass).warmUp.isEmpty)
    #expect(generator.generation(support, &pass, warmsUp: true).warmUp.count == 1)
  }

  @Test(arguments: warmUp)
  func `warm-up heads hand over to each other and then to the network`(
    _ step: Int, _ heads: [Double], _ main: Double
  ) {
    let weights = objective { $0.warmUpSteps = 3000 }.warmUpWeights(step: step, headCount: 3)
    expectClose(weights.heads + [weights.main], heads + [main], relative: 1e-12)
  }

  @Test(arguments: [1, 2, 3, 7])
  func `warm-up weights add up to one at every step`(_ heads: Int) {
    let objective = objective { $0.warmUpSteps = 40 }
    for step in 0..<60 {
      let weights = objective.warmUpWeights(step: step, headCount: heads)
      expectClose(weights.heads.reduce(weights.main, +), 1, relative: 1e-12)
    }
  }

  static let rates: [(step: Int, rate: Double)] = [
    (50_000, 0.019494), (100_000, 0.019), (1_000_000, 0.011975), (4_000_000, 0.002570),
  ]

  @Test(arguments: rates)
  func `the released learning rate decays continuously`(_ step: Int, _ expected: Double) {
    let optimizer = FewShotRecipe().training.optimizer
    let rate = optimizer.learningRate * optimizer.schedule.factor(step: step, horizon: .init())
    expectClose(rate, expected, relative: 0, absolute: 5e-7)
  }

  @Test func `the loss is the mean cross-entropy of queries, smoothed labels included`() throws {
    let model = try Tiny.model()
    let batch = Tiny.batch()
    let logs = model.generator.generate(batch.support).logits(of: batch.query.images)
      .logSoftmax(along: 2)
    let right = (logs * batch.query.labels.oneHot(classCount: 3, .float64)).sum(along: 2).mean()
    let even = logs.mean()  // over classes too
    for smoothing in [0.0, 0.2] {
      let found = loss(model, batch, objective { $0.labelSmoothing = smoothing })
      expectClose(
        found, -(1 - smoothing) * right.scalar() - smoothing * even.scalar(), relative: 1e-11)
    }
  }

  @Test(arguments: ["plain", "first trained", "base weights"])
  func `weight decay is the mean square norm of kernels in use`(_ name: String) throws {
    let model = try Tiny.model(Tiny.configuration(try #require(generatorVariants[name])))
    let batch = Tiny.batch()
    let network = model.generator.generate(batch.support)
    let squares = (0..<2).map { episode in
      let named = network.classifier(episode: episode).tensors
      let kernels = ["layers.0.convolution.weight", "layers.1.convolution.weight", "head.weight"]
      return kernels.reduce(0) { $0 + (named[$1]?.squared().sum().scalar() ?? .nan) }
    }
    let extra =
      loss(model, batch, objective { $0.weightDecay = 0.3 }) - loss(model, batch, objective())
    expectClose(extra, 0.3 * (squares[0] + squares[1]) / 2, relative: 1e-9)
  }

  @Test func `the variation penalty compares generated kernels with base kernels`() throws {
    let model = try Tiny.model(
      Tiny.configuration(try #require(generatorVariants["base weights"])))
    let batch = Tiny.batch()
    let generation = model.generator.generating(batch.support)
    let named = model.tensors
    var expected = 0.0
    for (index, filterSize) in [(0, 18), (1, 27)] {
      let slices = try #require(generation.slices[index])
      let kernels = slices.narrowed(along: 2, from: 0, count: filterSize)
      let base = try #require(named["network.\(index).base.weight"]).squared().sum().scalar()
      expected += kernels.squared().sum().scalar() / 2 / (1e-8 + base)
    }
    let extra =
      loss(model, batch, objective { $0.variationPenalty = 0.3 }) - loss(model, batch, objective())
    expectClose(extra, 0.3 * expected, relative: 1e-9)
  }

  @Test func `the real-class term is a linear classifier on shared features`() throws {
    let objective = objective { $0.realClassWeight = 0.7 }
    let model = try Tiny.model(objective: objective)
    let batch = Tiny.batch()
    let named = model.tensors
    let features = try #require(model.generator.generating(batch.support).sharedFeatures)
    let logs = features.linear(
      weight: try #require(named["realClasses.weight"]), bias: named["realClasses.bias"]
    ).logSoftmax(along: 2)
    let right = (logs * batch.realClasses.oneHot(classCount: 4, .float64)).sum(along: 2).mean()
    let extra = loss(model, batch, objective) - loss(model, batch, self.objective())
    expectClose(extra, -0.7 * right.scalar(), relative: 1e-9)
  }

  @Test(arguments: ["warm-up heads", "trained warm-up heads"], [0, 2, 4, 6])
  func `warm-up losses are those of dense layers on mean activations`(
    _ name: String, _ step: Int
  ) throws {
    let objective = objective { $0.warmUpSteps = 6 }
    // Three layers, so two heads.
    var network = Tiny.network()
    network.layers.append(.init(channels: 4))
    let model = try Tiny.model(
      Tiny.configuration(try #require(generatorVariants[name])), writing: network,
      objective: objective)
    let batch = Tiny.batch(of: network)
    let generation = model.generator.generating(batch.support)
    #expect(generation.warmUp.count == 2)
    var pass = Pass.inference
    var losses: [Double] = []
    let logits = generation.network.logits(of: batch.query.images, headDropout: 0, &pass) {
      index, activations in
      guard index < 2 else { return }
      let means = activations.mean(along: 2, 3).unflattened(1, into: [2, 3])  // one per channel
      let logits = (0..<2).map { episode in
        means.slice(at: episode, along: 1).matmul(generation.warmUp[index].weight[episode])
          + generation.warmUp[index].bias[episode]
      }
      losses.append(crossEntropy(Tensor(stacking: logits), batch))
    }
    losses.append(crossEntropy(logits, batch))
    let weights = objective.warmUpWeights(step: step, headCount: 2)
    let expected = zip(weights.heads + [weights.main], losses).reduce(0) { $0 + $1.0 * $1.1 }
    expectClose(loss(model, batch, objective, step: step), expected, relative: 1e-10)
  }

  @Test func `pre-training reaches the shared features and the real-class head alone`() throws {
    var model = try Tiny.model(isPretraining: true)
    let batch = Tiny.batch()
    let gradient = valueAndGradient(at: &model) { model in
      Objective().pretraining(&model, batch).loss
    }.gradient
    for (name, slope) in zip(gradient.names, gradient.tensors) {
      let isTrained = name.hasPrefix("shared.") || name.hasPrefix("realClasses.")
      #expect(slope.toDoubles().contains { $0 != 0 } == isTrained, "\(name)")
    }
  }

  @Test func `pre-training's loss is the real-class term`() throws {
    let objective = objective { $0.realClassWeight = 1 }
    var model = try Tiny.model(objective: objective, isPretraining: true)
    let batch = Tiny.batch()
    let term = loss(model, batch, objective) - loss(model, batch, self.objective())
    expectClose(objective.pretraining(&model, batch).loss.scalar(), term, relative: 1e-9)
  }

  private func objective(_ change: (inout Objective) -> Void = { _ in }) -> Objective {
    var result = Objective()
    change(&result)
    return result
  }

  private func loss(
    _ model: GeneratorInTraining, _ batch: TrainingBatch, _ objective: Objective, step: Int = 0
  ) -> Double {
    var model = model
    var pass = Pass.inference
    return objective(&model, batch, step: step, &pass).loss.scalar()
  }

  private func crossEntropy(_ logits: Tensor, _ batch: TrainingBatch) -> Double {
    let right = batch.query.labels.oneHot(classCount: 3, .float64)
    return -(logits.logSoftmax(along: 2) * right).sum(along: 2).mean().scalar()
  }
}
