import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Compares whole sequences with an independent implementation in double precision; see
/// `Tests/Reference/continual_reference.py`.
@Suite struct ContinualReferenceTests {
  static let reference = Result { try ReferenceFile<Variant>(named: "continual") }

  @Test func `the reference is there`() throws {
    #expect(try Self.reference.get().variants.count == 12)
  }

  @Test(arguments: (try? reference.get())?.variants.keys.sorted() ?? [])
  func `slices, logits, loss and gradients equal the reference`(_ name: String) throws {
    let reference = try Self.reference.get()
    let expected = try #require(reference.variants[name])
    let setting = reference.base.merging(expected.changes) { $1 }
    var learner = try setting.sequenceLearner()
    #expect(learner.parameterCount == expected.parameterCount)
    let batch = setting.sequences()
    let objective = setting.continualObjective
    let isMerged = setting["merged"].flag
    let head = try #require(ContinualHead(rawValue: setting["head"].text))
    expectSteps(expected.steps, learner, batch, isMerged: isMerged, head, objective.distances)
    var pass = Pass.inference
    let (loss, gradient) = valueAndGradient(at: &learner) { learner in
      objective(&learner, batch, isMerged: isMerged, head: head, &pass).loss
    }
    expectClose(loss.scalar(), expected.loss, relative: 1e-9, "loss")
    try expectGradient(gradient, norm: expected.gradientNorm, expected.gradients)
  }

  private func expectSteps(
    _ expected: [Step], _ learner: WeightGenerator, _ batch: SequenceBatch,
    isMerged: Bool, _ head: ContinualHead, _ distances: DistanceScale
  ) {
    var learner = learner
    var pass = Pass.inference
    var state: SequenceState?
    for (step, values) in expected.enumerated() {
      let (support, classes, update) = batch.lesson(step, isMerged: isMerged)
      let next = learner.learn(support, after: state, classCount: classes, update, &pass)
      for (layer, slices) in values.slices {
        let found = layer == "logits" ? next.carry?.head : next.carry?.layers[Int(layer) ?? 0]
        expectClose(
          found?.flattened().toDoubles() ?? [], slices.flatMap { $0 }, relative: 1e-9,
          absolute: 1e-10, "slices of layer \(layer) after task \(step)")
      }
      let tasks = Array(0..<batch.plan.judgedTasks(afterStep: step))
      let logits = next.logits(batch.queries(ofTasks: tasks), tasks, batch.plan, head, distances)
        .logits
      expectClose(
        logits.flattened().toDoubles(), values.logits.flatMap { $0 }, relative: 1e-9,
        absolute: 1e-9, "logits after task \(step)")
      state = next
    }
  }

  struct Step: Decodable {
    var slices: [String: [[Double]]]
    var logits: [[Double]]
  }

  struct Variant: Decodable {
    var changes: ReferenceSetting
    var steps: [Step]
    var loss: Double
    var parameterCount: Int
    var gradientNorm: Double
    var gradients: [String: ReferenceGradient]
  }
}

extension ReferenceSetting {
  fileprivate var plan: SequencePlan {
    SequencePlan(
      scenario: Scenario(rawValue: self["scenario"].text) ?? .classIncremental,
      tasks: int("tasks"), ways: int("ways"), shots: 2, queriesPerClass: 2)
  }

  fileprivate var continualObjective: ContinualObjective {
    var result = ContinualObjective()
    result.distances = DistanceScale(rawValue: self["distances"].text) ?? .mean
    result.labelSmoothing = self["labelSmoothing"].number
    return result
  }

  fileprivate func sequenceLearner() throws -> WeightGenerator {
    var random = RandomSource(seed: 0)
    var architecture = architecture
    architecture.classCount = int("outputs")
    var result = try WeightGenerator(
      writing: architecture, configuration,
      labelCount: int("ways") * (self["merged"].flag ? int("tasks") : 1),
      carrying: Carry(rawValue: self["carry"].text) ?? .none, using: &random
    ).cast(to: .float64)
    result.forEachParameter { name, tensor in tensor = formulaTensor(name, tensor.shape) }
    return result
  }

  /// One sequence.
  fileprivate func sequences() -> SequenceBatch {
    let image = [int("imageChannels"), int("side"), int("side")]
    let labels = ints("supportLabels")
    let queryLabels = ints("queryLabels")
    let supports = (0..<int("tasks")).map { task in
      // Rolled to the right by the task's number.
      let own = labels.indices.map { labels[($0 - task + labels.count) % labels.count] }
      return SupportSet(
        images: formulaTensor("support.\(task)", [labels.count] + image).expandingShape(at: 1),
        labels: Tensor(own).expandingShape(at: 0))
    }
    let plan = plan
    let tasks = plan.judgedTasks(afterStep: plan.tasks - 1)
    let queries = (0..<tasks).map { task in
      formulaTensor("queries.\(task)", [queryLabels.count] + image).expandingShape(at: 1)
    }
    return SequenceBatch(
      plan: plan, supports: supports,
      query: QuerySet(
        images: Tensor(concatenating: queries, along: 0),
        labels: Tensor((0..<tasks).flatMap { _ in queryLabels }).expandingShape(at: 0)))
  }
}
