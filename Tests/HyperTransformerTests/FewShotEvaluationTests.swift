import Datasets
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

@Suite struct FewShotEvaluationTests {
  static let set = Glyphs(classes: 40, drawers: 8, side: 14, seed: 3).imageSet()
  static let plan = EpisodePlan(ways: 5, shots: 1, queriesPerClass: 3)

  @Test func `the same seed judges on the same tasks, another seed on others`() throws {
    #expect(try queries(.none, seed: 7) == queries(.none, seed: 7))
    #expect(try queries(.none, seed: 7) != queries(.none, seed: 8))
  }

  @Test(arguments: FewShotEvaluation.Control.allCases)
  func `a control changes what is shown of the tasks, never the tasks`(
    _ control: FewShotEvaluation.Control
  ) throws {
    #expect(try queries(control) == queries(.none))
  }

  @Test func `shuffled support labels leave nothing but chance`() throws {
    let right = try nearest(.none)
    #expect(right.mean > 0.4)
    let shuffled = try nearest(.shuffledLabels)
    // Four standard errors: one false alarm in 16,000 seeds.
    #expect(abs(shuffled.mean - 0.2) < 4 / 1.96 * shuffled.halfWidth)
  }

  @Test func `a generator that has learned nothing is at chance whatever the labels`() throws {
    var random = RandomSource(seed: 1)
    let network = ConvNetFamily.maxPoolThreeLayer.architecture(
      imageSize: 14, imageChannels: 1, channels: 4, classCount: 5)
    let generator = try WeightGenerator(
      writing: network, LearningTests.configuration, using: &random)
    let found = try evaluation(tasks: 200, .shuffledLabels).accuracy(of: generator)
    #expect(abs(found.mean - 0.2) < 4 / 1.96 * found.halfWidth)
    #expect(found.count == 200)
  }

  @Test func `accuracies are those of every task by itself`() throws {
    // Whoever always answers class 2 is right for a fifth of the queries of every task.
    let found = try evaluation(tasks: 37, .none).accuracies { batch in
      Tensor([0.0, 0, 1, 0, 0]).broadcast(to: [batch.query.labels.extent(0), 15, 5])
    }
    #expect(found == [Double](repeating: 0.2, count: 37))
  }

  @Test func `unlabelled images can be left out`() throws {
    let plan = EpisodePlan(ways: 5, shots: 1, unlabelledPerClass: 2, queriesPerClass: 1)
    let evaluation = try FewShotEvaluation(
      Self.set, plan: plan, tasks: 3, control: .withoutUnlabelled)
    _ = evaluation.accuracies { batch in
      #expect(batch.support.ignored.map { $0 == (batch.support.labels .== 5) } == true)
      return Tensor(zeros: [3, 5, 5])
    }
  }

  @Test func `the nearest neighbor in pixels is found by hand`() {
    // Two classes, one unlabelled image that would be nearest to everything.
    let support = [[0.0, 0], [4, 0], [0, 3], [1, 1]]
    let query = [[1.0, 0], [3, 1], [0, 2]]
    let batch = TrainingBatch(
      support: SupportSet(
        images: Tensor(support).reshaped(4, 1, 1, 1, 2), labels: Tensor([[0, 1, 1, 2]])),
      query: QuerySet(
        images: Tensor(query).reshaped(3, 1, 1, 1, 2), labels: Tensor([[0, 1, 1]])),
      realClasses: Tensor([[0, 1, 1, 2]]))
    let found = PixelNearestNeighbor.logits(batch, ways: 2)
    let expected = [-1.0, -3, -10.squareRoot(), -2.squareRoot(), -2, -1]
    #expect(found.shape == [1, 3, 2])
    expectClose(found.flattened().toDoubles(), expected, relative: 1e-9)
  }

  @Test func `a set without enough images is refused`() {
    #expect(throws: EpisodeError.self) {
      try FewShotEvaluation(
        Self.set, plan: EpisodePlan(ways: 5, shots: 5, queriesPerClass: 4), tasks: 1)
    }
  }

  private func evaluation(
    tasks: Int, _ control: FewShotEvaluation.Control, seed: UInt64 = 7
  ) throws -> FewShotEvaluation {
    try FewShotEvaluation(Self.set, plan: Self.plan, tasks: tasks, control: control, seed: seed)
  }

  private func nearest(_ control: FewShotEvaluation.Control) throws -> MeanInterval {
    MeanInterval(
      of: try evaluation(tasks: 200, control).accuracies {
        PixelNearestNeighbor.logits($0, ways: 5)
      })
  }

  /// The sums of all query images of every task.
  private func queries(
    _ control: FewShotEvaluation.Control, seed: UInt64 = 7
  ) throws -> [Double] {
    var result: [Double] = []
    _ = try evaluation(tasks: 40, control, seed: seed).accuracies { batch in
      result += batch.query.images.sum(along: 0, 2, 3, 4).toDoubles()
      return Tensor(zeros: [batch.query.labels.extent(0), 15, 5])
    }
    return result
  }
}
