import Datasets
import Learning
import Randomness
import Torch

@testable import HyperTransformer

extension Tiny {
  /// A recipe for sequences on the smallest networks; embeddings of four numbers.
  static func continual(
    _ scenario: Scenario = .classIncremental, tasks: Int = 3, carry: Carry = .gated,
    _ change: (inout ContinualRecipe) -> Void = { _ in }
  ) -> ContinualRecipe {
    var recipe = ContinualRecipe()
    recipe.data.imageSize = 8
    recipe.sequence = SequencePlan(
      scenario: scenario, tasks: tasks, ways: 3, shots: 2, queriesPerClass: 2)
    recipe.network.family = .maxPoolThreeLayer
    recipe.network.channels = 3
    recipe.embedding = 4
    recipe.carry = carry
    recipe.generator = configuration()
    change(&recipe)
    return recipe
  }

  /// A learner in double precision, every parameter moved off its special starting value, gates too.
  static func learner<Learner: SequenceLearner>(
    _ recipe: ContinualRecipe, as type: Learner.Type = WeightGenerator.self, imageChannels: Int = 2
  ) throws -> Learner {
    var random = RandomSource(seed: 1)
    var result = try Learner(recipe, imageChannels: imageChannels, using: &random)
      .cast(to: .float64)
    result.forEachParameter { name, tensor in
      let size = name.hasSuffix("carryGate") ? 0.5 : 0.1
      tensor = tensor + Tensor(normal: tensor.shape, using: &random, .float64) * size
    }
    return result
  }

  /// Sequences of random images.
  static func sequences(
    _ plan: SequencePlan, count: Int = 2, seed: UInt64 = 3
  ) -> SequenceBatch {
    var random = RandomSource(seed: seed)
    let image = [2, 8, 8]
    let supports = (0..<plan.tasks).map { task in
      let labels = (0..<plan.ways * plan.shots).map { ($0 + task) % plan.ways }
      return SupportSet(
        images: Tensor(normal: [labels.count, count] + image, using: &random, .float64),
        labels: Tensor((0..<count).map { _ in labels.shuffled(using: &random) }))
    }
    let tasks = plan.judgedTasks(afterStep: plan.tasks - 1)
    let queries = (0..<tasks * plan.queriesPerTask).map { $0 % plan.ways }
    return SequenceBatch(
      plan: plan, supports: supports,
      query: QuerySet(
        images: Tensor(normal: [queries.count, count] + image, using: &random, .float64),
        labels: Tensor((0..<count).map { _ in queries })))
  }
}

extension SequenceBatch {
  /// One sequence as a batch of its own.
  func sequence(_ index: Int) -> SequenceBatch {
    func chosen(_ set: SupportSet) -> SupportSet {
      SupportSet(
        images: set.images.narrowed(along: 1, from: index, count: 1),
        labels: set.labels.narrowed(along: 0, from: index, count: 1))
    }
    return SequenceBatch(
      plan: plan, supports: supports.map(chosen),
      query: QuerySet(
        images: query.images.narrowed(along: 1, from: index, count: 1),
        labels: query.labels.narrowed(along: 0, from: index, count: 1)))
  }
}

extension SequenceLearner {
  /// Where the learners stand after every task.
  func states(_ batch: SequenceBatch, forgets: Bool = false) -> [SequenceState] {
    var copy = self
    var pass = Pass.inference
    var result: [SequenceState] = []
    for step in 0..<batch.plan.tasks {
      let (support, classes, update) = batch.lesson(step, isMerged: false)
      var before = result.last
      if forgets { before?.carry = nil }
      result.append(copy.learn(support, after: before, classCount: classes, update, &pass))
    }
    return result
  }

  /// The objective's loss and its gradient.
  func outcome(_ batch: SequenceBatch, _ recipe: ContinualRecipe) -> (
    loss: Double, gradient: NamedTensors
  ) {
    var copy = self
    var pass = Pass.inference
    let (loss, gradient) = valueAndGradient(at: &copy) { model in
      recipe.objective(
        &model, batch, isMerged: recipe.method == .merged, head: recipe.head, &pass
      ).loss
    }
    return (loss.scalar(), gradient)
  }
}
