import Datasets
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

@Suite struct ContinualEvaluationTests {
  static let set = Glyphs(classes: 40, drawers: 8, side: 14, seed: 3).imageSet()
  static let plan = SequencePlan(tasks: 3, ways: 4, shots: 1, queriesPerClass: 3)

  private func evaluation(
    _ plan: SequencePlan = plan, sequences: Int = 20,
    _ statistics: GeneratedNetwork.Statistics = .batch, seed: UInt64 = 7
  ) throws -> ContinualEvaluation {
    try ContinualEvaluation(
      [Self.set], plan: plan, sequences: sequences, statistics: statistics, seed: seed)
  }

  private func learner(_ change: (inout ContinualRecipe) -> Void = { _ in }) throws
    -> WeightGenerator
  {
    var recipe = ContinualTrainingTests.recipe
    recipe.sequence = Self.plan
    change(&recipe)
    var random = RandomSource(seed: 1)
    return try WeightGenerator(recipe, imageChannels: 1, using: &random)
  }

  @Test func `whoever knows the answers is always right, whoever says one thing rarely`() throws {
    let right = try evaluation().accuracies { batch, report in
      for step in 0..<3 {
        let tasks = Array(0...step)
        let labels = batch.queries(ofTasks: tasks).labels.global(tasks, ways: 4)
        report(step, labels.oneHot(classCount: 4 * (step + 1)))
      }
    }
    #expect(right.taskIncremental.rows.joined().allSatisfy { $0.mean == 1 })
    #expect(right.classIncremental.rows.joined().allSatisfy { $0.mean == 1 })
    let stubborn = try evaluation(sequences: 37).accuracies { batch, report in
      for step in 0..<3 {
        let known = 4 * (step + 1)
        let wish = Tensor((0..<known).map { $0 == 5 ? 1.0 : 0 })
        report(step, wish.broadcast(to: [batch.sequenceCount, 12 * (step + 1), known]))
      }
    }
    // Class 5 is the second of task 1; where it is not to be had, all are alike and the first wins.
    #expect(stubborn.classIncremental.rows.map { $0.map(\.mean) } == [[0.25], [0, 0.25], [0, 0.25, 0]])
    #expect(stubborn.taskIncremental.rows[2].map(\.mean) == [0.25, 0.25, 0.25])
    #expect(stubborn.classIncremental.averageAccuracy.count == 37)
  }

  @Test func `the same seed judges on the same sequences`() throws {
    func sums(_ seed: UInt64) throws -> [Double] {
      var result: [Double] = []
      _ = try evaluation(seed: seed).accuracies { batch, report in
        result += batch.query.images.sum(along: 0, 2, 3, 4).toDoubles()
        for step in 0..<3 {
          report(step, Tensor(zeros: [batch.sequenceCount, 12 * (step + 1), 4 * (step + 1)]))
        }
      }
      return result
    }
    #expect(try sums(7) == sums(7))
    #expect(try sums(7) != sums(8))
  }

  @Test func `where the task is known the answer is the best of its own classes`() {
    // Two tasks of two classes with one query each.
    let logits = Tensor([[[0.1, 0.3, 0.9, 0.0], [0.8, 0.0, 0.2, 0.4]]])
    expectClose(
      logits.ownTask([0, 1], ways: 2), Tensor([[[0.1, 0.3], [0.2, 0.4]]]), relative: 1e-15)
    expectClose(logits.ownTask([1, 0], ways: 2), Tensor([[[0.9, 0.0], [0.8, 0.0]]]), relative: 1e-15)
    #expect(
      Tensor([[1, 0, 1, 1]]).global([2, 0], ways: 3) == Tensor([[7, 6, 1, 1]]))
  }

  @Test func `queries are normalized together with those of other tasks, or one by one`() throws {
    let learner = try learner()
    let mixed = try evaluation()
    let alone = try evaluation(Self.plan, .support)
    var random = RandomSource(seed: 1)
    let batch = try SequenceSampler([Self.set], plan: Self.plan).batch(of: 2, using: &random)
    let state = learner.states(batch)[2]
    func first(_ evaluation: ContinualEvaluation, _ step: Int) -> Tensor {
      evaluation.embeddings(batch, step, of: state.network).narrowed(along: 1, from: 0, count: 12)
    }
    #expect(first(mixed, 0) != first(mixed, 2))
    expectClose(first(alone, 0), first(alone, 2), relative: 1e-4, absolute: 1e-5)
  }

  @Test func `a control without carry is a learner that carries nothing`() throws {
    let open = try learner { $0.carry = .plain }
    let found = try evaluation().accuracies(of: open, forgets: true)
    #expect(found == (try evaluation().accuracies(of: open.deaf)))
    #expect(found != (try evaluation().accuracies(of: open)))
  }

  @Test func `a network kept for every task cannot forget, whatever it learned`() throws {
    let found = try evaluation(Self.plan, .support).accuracies(
      of: .networkPerTask, beginningWith: try learner())
    for task in 0..<3 {
      let column = found.taskIncremental.rows.filter { task < $0.count }.map { $0[task].mean }
      #expect(Set(column).count == 1, "\(column)")
    }
  }

  @Test func `fine-tuning by no step is the first network for ever`() throws {
    let learner = try learner()
    var settings = FineTuning()
    settings.steps = 0
    let still = try evaluation().accuracies(
      of: .fineTuning, beginningWith: learner, fineTuning: settings)
    let fixed = try evaluation().accuracies { batch, report in
      var copy = learner
      var pass = Pass.inference
      let network = copy.write(batch.supports[0], after: nil, &pass).network
      var centers: [Tensor] = []
      for step in 0..<3 {
        let support = batch.supports[step]
        centers.append(
          Prototypes(
            of: network.logits(of: support.images), labels: support.labels, classCount: 4
          ).centers)
        let tasks = Array(0...step)
        report(
          step,
          Prototypes(centers: Tensor(concatenating: centers, along: 1))
            .logits(of: network.logits(of: batch.queries(ofTasks: tasks).images)))
      }
    }
    #expect(still == fixed)
    settings.steps = 3
    settings.rate = 0.5
    let moved = try evaluation().accuracies(
      of: .fineTuning, beginningWith: learner, fineTuning: settings)
    #expect(moved.classIncremental.rows[0] == still.classIncremental.rows[0])
    #expect(moved != still)
  }

  @Test func `the nearest pixels tell glyphs apart better than chance`() throws {
    let found = try evaluation().accuracies(of: .pixelNeighbor, beginningWith: try learner())
    #expect(found.taskIncremental.averageAccuracy.mean > 0.4)  // chance is a quarter
    #expect(found.classIncremental.averageAccuracy.mean > 0.2)  // chance is a twelfth
  }

  @Test func `an untrained learner is near what chance and its random features give`() throws {
    let found = try evaluation(sequences: 40).accuracies(of: try learner())
    #expect(found.classIncremental.rows.map(\.count) == [1, 2, 3])
    #expect(found.classIncremental.rows[0] == found.taskIncremental.rows[0])
    for (own, all) in zip(
      found.taskIncremental.rows.joined(), found.classIncremental.rows.joined())
    {
      #expect(own.mean >= all.mean)
    }
  }

  @Test func `a merged learner sees the images of all tasks so far`() throws {
    var recipe = ContinualTrainingTests.recipe
    recipe.sequence = Self.plan
    recipe.method = .merged
    var random = RandomSource(seed: 1)
    let learner = try WeightGenerator(recipe, imageChannels: 1, using: &random)
    let batch = try SequenceSampler([Self.set], plan: Self.plan).batch(of: 2, using: &random)
    let (support, classes, _) = batch.lesson(1, isMerged: true)
    #expect(classes == 8)
    #expect(support.labels[0].toInts().sorted() == Array(0..<8))
    #expect(
      support.images.narrowed(along: 0, from: 4, count: 4) == batch.supports[1].images)
    let found = try evaluation().accuracies(of: learner, isMerged: true)
    #expect(found.classIncremental.rows.map(\.count) == [1, 2, 3])
  }
}

extension WeightGenerator {
  /// The same generator with carry `none`.
  fileprivate var deaf: WeightGenerator {
    get throws {
      var recipe = ContinualTrainingTests.recipe
      recipe.sequence = ContinualEvaluationTests.plan
      recipe.carry = .none
      var random = RandomSource(seed: 1)
      var result = try WeightGenerator(recipe, imageChannels: 1, using: &random)
      result.replaceParameters(parameters.tensors)
      return result
    }
  }
}
