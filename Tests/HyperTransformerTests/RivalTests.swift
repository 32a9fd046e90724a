import Datasets
import Foundation
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Prototypical networks and MAML++: what the HyperTransformer is compared with.
@Suite struct RivalTests {
  @Test func `a prototypical network compares embeddings of queries with class means`() {
    let network = Self.prototypical
    let batch = Tiny.batch(isMasked: true)
    let logits = network.generate(batch.support).logits(of: batch.query.images)
    let embedded = { (images: Tensor) in
      var x = images.flattened(from: 1, through: 2)
      for index in network.network.indices {
        var layer = network.network[index].layer(nil, 2)
        x = layer.applyToSupport(index, of: network.architecture, x, 2)
      }
      return GeneratedNetwork.features(x, network.architecture, 2)
    }
    let (support, query) = (embedded(batch.support.images), embedded(batch.query.images))
    for episode in 0..<2 {
      let members = batch.support.labels[episode].toDoubles()
      let hidden = batch.support.ignored?[episode].toDoubles() ?? []
      let centers = (0..<3).map { label in
        let own = members.indices.filter { members[$0] == Double(label) && hidden[$0] == 0 }
        return own.isEmpty
          ? query[episode, 0].zerosLike()
          : Tensor(stacking: own.map { support[episode, $0] }).mean(along: 0)
      }
      for sample in 0..<3 {
        let distances = centers.map { (query[episode, sample] - $0).squared().sum().scalar() }
        expectClose(
          logits[episode, sample].softmax().toDoubles(),
          Tensor(distances.map { -$0 }).softmax().toDoubles(), relative: 1e-9)
      }
    }
  }

  @Test(arguments: [FewShotMethod.prototypical, .maml])
  func `every parameter's gradient matches finite differences`(_ method: FewShotMethod) throws {
    switch method {
    case .prototypical: try expectRightGradients(Self.prototypical)
    default: try expectRightGradients(Self.maml())
    }
  }

  @Test func `one step of MAML is one step of gradient descent`() {
    // Without convolutions the cross-entropy's gradient is known: xᵀ (p - y) / examples.
    let maml = Self.dense(steps: 1)
    let (x, y, p) = Self.linearModel(maml.headWeight, maml.headBias)
    let slope = x.transposed().matmul(p - y) / 4
    let adapted = maml.generate(Self.linearSupport)
    expectClose(adapted.headWeight[0], maml.headWeight - slope * 0.1, relative: 1e-12)
    expectClose(
      adapted.headBias[0], maml.headBias - (p - y).mean(along: 0, keepingAxes: true) * 0.1,
      relative: 1e-12)
  }

  @Test func `without the gradient through the steps it is that at their end`() {
    var maml = Self.dense(steps: 1, isFirstOrder: true)
    var recipe = FewShotRecipe()
    recipe.maml = maml.configuration
    let batch = TrainingBatch(
      support: Self.linearSupport,
      query: QuerySet(images: Self.linearSupport.images * 2, labels: Self.linearSupport.labels),
      realClasses: Self.linearSupport.labels)
    let end = maml.generate(Self.linearSupport)
    var pass = Pass.inference
    let gradient = valueAndGradient(at: &maml) { $0.loss(batch, recipe, &pass).loss }.gradient
    let (x, y, p) = Self.linearModel(end.headWeight[0], end.headBias[0], scale: 2)
    let expected = x.transposed().matmul(p - y) / 4
    expectClose(gradient["head.weight"] ?? Tensor(0), expected, relative: 1e-10)
    var second = Self.dense(steps: 1)
    let through = valueAndGradient(at: &second) { $0.loss(batch, recipe, &pass).loss }.gradient
    #expect(gradient["head.weight"] != through["head.weight"])
  }

  @Test func `episodes of a batch adapt each on its own`() {
    let maml = Self.maml()
    let batch = Tiny.batch(isMasked: true)
    let together = maml.generate(batch.support).logits(of: batch.query.images)
    for episode in 0..<2 {
      let alone = batch.episode(episode)
      expectClose(
        maml.generate(alone.support).logits(of: alone.query.images)[0], together[episode],
        relative: 1e-9, absolute: 1e-10)
    }
  }

  @Test func `the weights of the losses move to the last step`() {
    var configuration = MAMLConfiguration()
    configuration.steps = 4
    configuration.perStepLossSteps = 100
    expectClose(configuration.lossWeights(step: 0), [0.25, 0.25, 0.25, 0.25])
    expectClose(configuration.lossWeights(step: 50), [0.125, 0.125, 0.125, 0.625])
    expectClose(configuration.lossWeights(step: 99), [0.0075, 0.0075, 0.0075, 0.9775])
    expectClose(configuration.lossWeights(step: 100), [0, 0, 0, 1])
  }

  @Test(arguments: [FewShotMethod.prototypical, .maml])
  func `rivals learn from the same recipe and are opened like any run`(
    _ method: FewShotMethod
  ) throws {
    var recipe = LearningTests.recipe
    recipe.method = method
    recipe.maml.steps = 2
    recipe.training.steps = method == .maml ? 60 : 150
    recipe.training.optimizer.learningRate = 3e-3
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = try RunFolder.create(at: path, recipe: recipe)
    let trained = try train(method.trainable, recipe, folder)
    let run = try FewShotRun(folder: path)
    #expect(run.learner.tensors.names == trained)
    #expect(run.generator == nil)
    let accuracy = try FewShotEvaluation(
      LearningTests.data.test, plan: recipe.evaluationPlan, tasks: 64
    ).accuracy(of: run.learner)
    #expect(accuracy.mean > (method == .maml ? 0.35 : 0.6))  // chance is 0.2
  }

  private func train<Trained: TrainableLearner>(
    _ type: Trained.Type, _ recipe: FewShotRecipe, _ folder: RunFolder
  ) throws -> [String] {
    let training = try FewShotTraining<Trained>(recipe, data: LearningTests.data)
    var state = try training.initialState()
    _ = try Trainer(try training.trainerSettings(), training.task).run(&state, folder: folder)
    return state.model.tensors.names
  }

  private func expectRightGradients<Trained: TrainableLearner>(_ trained: Trained) throws {
    var model = trained
    var recipe = FewShotRecipe()
    recipe.objective.labelSmoothing = 0.1
    let batch = Tiny.batch(isMasked: true)
    var pass = Pass.inference
    let gradient = valueAndGradient(at: &model) { $0.loss(batch, recipe, &pass).loss }.gradient
    var random = RandomSource(seed: 8)
    for (index, (parameter, slope)) in zip(gradient.names, gradient.tensors).enumerated() {
      let direction = Tensor(normal: slope.shape, using: &random, .float64)
      let step = 1e-5 / direction.norm().scalar()
      func loss(_ steps: Double) -> Double {
        var moved = model
        var tensors = model.parameters.tensors
        tensors[index] = tensors[index] + direction * (steps * step)
        moved.replaceParameters(tensors)
        return withoutGradients { moved.loss(batch, recipe, &pass).loss.scalar() }
      }
      let numeric = (loss(1) - loss(-1)) / (2 * step)
      expectClose(
        (slope * direction).sum().scalar(), numeric, relative: 1e-5, absolute: 1e-6, "\(parameter)")
    }
  }

  /// In double precision, every parameter moved off its special starting value.
  private static func moved<M: Model>(_ model: M) -> M {
    var random = RandomSource(seed: 5)
    return model.cast(to: .float64).mapped {
      $0 + Tensor(normal: $0.shape, using: &random, .float64) * 0.1
    }
  }

  static var prototypical: PrototypicalNetwork {
    var random = RandomSource(seed: 1)
    return moved(PrototypicalNetwork(Tiny.network(), using: &random))
  }

  static func maml() -> MAML {
    var random = RandomSource(seed: 1)
    var configuration = MAMLConfiguration()
    configuration.steps = 2
    return moved(MAML(Tiny.network(), configuration, using: &random))
  }

  static func dense(steps: Int, isFirstOrder: Bool = false) -> MAML {
    var random = RandomSource(seed: 1)
    var configuration = MAMLConfiguration()
    configuration.steps = steps
    configuration.isFirstOrder = isFirstOrder
    let architecture = ConvNetFamily.denseOnly.architecture(
      imageSize: 1, imageChannels: 3, channels: 1, classCount: 2)
    var result = MAML(architecture, configuration, using: &random).cast(to: .float64)
    result.rates = result.rates.map { _ in Tensor([0.1]) }
    return result
  }

  /// Four embeddings of three numbers.
  static let linearSupport = SupportSet(
    images: Tensor([[1.0, 0, 2], [0, 1, 1], [2, 2, 0], [-1, 1, 0]]).reshaped(4, 1, 3, 1, 1),
    labels: Tensor([[0, 1, 1, 0]]))

  /// The embeddings, the labels as probabilities, and a linear model's probabilities.
  static func linearModel(_ weight: Tensor, _ bias: Tensor, scale: Double = 1) -> (
    x: Tensor, y: Tensor, p: Tensor
  ) {
    let x = linearSupport.images.reshaped(4, 3) * scale
    let y = Tensor([[1.0, 0], [0, 1], [0, 1], [1, 0]])
    return (x, y, (x.matmul(weight) + bias).softmax())
  }
}
