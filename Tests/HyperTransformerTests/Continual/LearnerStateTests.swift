import Datasets
import Files
import Foundation
import Images
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// A learner's state: learned, written down, read back and continued.
@Suite struct LearnerStateTests {
  static func recipe(_ scenario: Scenario = .classIncremental) -> ContinualRecipe {
    Tiny.continual(scenario)
  }

  /// A run with fresh weights, as if it had been opened.
  static func run(_ recipe: ContinualRecipe = recipe(), seed: UInt64 = 1) throws -> ContinualRun {
    var random = RandomSource(seed: seed)
    var learner = try WeightGenerator(recipe, imageChannels: 2, using: &random)
    learner.forEachParameter { name, tensor in
      if name.hasSuffix("carryGate") { tensor = tensor + 0.7 }
    }
    return ContinualRun(recipe: recipe, learner: learner, imageChannels: 2)
  }

  static let names = [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]]

  static func batch(_ recipe: ContinualRecipe) -> SequenceBatch {
    let batch = Tiny.sequences(recipe.sequence, count: 1)
    return SequenceBatch(
      plan: batch.plan,
      supports: batch.supports.map {
        SupportSet(images: $0.images.cast(to: .float32), labels: $0.labels)
      },
      query: QuerySet(
        images: batch.query.images.cast(to: .float32), labels: batch.query.labels))
  }

  private func learned(
    _ tasks: Range<Int>, _ run: ContinualRun, from state: LearnerState? = nil
  ) throws -> LearnerState {
    var state = try state ?? LearnerState(of: run)
    let batch = Self.batch(run.recipe)
    for task in tasks {
      let names = run.recipe.sequence.scenario == .miniBatch ? Self.names[0] : Self.names[task]
      try state.learn(batch.supports[task], classNames: names, with: run)
    }
    return state
  }

  @Test(arguments: Scenario.allCases)
  func `a state says what the training's own sequence says`(_ scenario: Scenario) throws {
    let run = try Self.run(Self.recipe(scenario))
    let batch = Self.batch(run.recipe)
    let generator = try #require(run.learner as? WeightGenerator)
    let expected = generator.states(batch)
    var state = try LearnerState(of: run)
    for task in 0..<3 {
      state = try learned(task..<task + 1, run, from: state)
      #expect(state.prototypes?.centers == expected[task].prototypes.centers)
      let images = batch.query.images.squeezed(at: 1)
      for statistics in GeneratedNetwork.Statistics.allCases {
        let logits = DistanceScale.mean.logits(
          of: expected[task].network.logits(of: batch.query.images, statistics: statistics),
          expected[task].prototypes)
        expectClose(
          try state.logits(of: images, statistics: statistics), logits[0], relative: 1e-4,
          absolute: 1e-4, "\(statistics) after task \(task)")
      }
    }
  }

  @Test(arguments: Scenario.allCases, [Carry.gated, .plain, .none])
  func `a state that was written and read goes on with the same bits`(
    _ scenario: Scenario, _ carry: Carry
  ) throws {
    var recipe = Self.recipe(scenario)
    recipe.carry = carry
    let run = try Self.run(recipe)
    let straight = try learned(0..<3, run)
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    for task in 0..<3 {
      let state = task == 0 ? nil : try LearnerState(readingFrom: path)
      try learned(task..<task + 1, run, from: state).write(to: path)
    }
    let found = try LearnerState(readingFrom: path)
    let images = Self.batch(recipe).query.images.squeezed(at: 1)
    #expect(try found.logits(of: images) == straight.logits(of: images))
    #expect(found.tasks == straight.tasks)
    #expect(found.prototypes?.centers == straight.prototypes?.centers)
    #expect(found.carry?.head == (carry == .none ? nil : straight.carry?.head))
  }

  @Test func `a file holds weights, prototypes and names, and no image`() throws {
    let run = try Self.run()
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let state = try learned(0..<3, run)
    try state.write(to: path)
    let checkpoint = try Checkpoint(path: path)
    let sections = Set(checkpoint.tensors.keys.map { String($0.prefix { $0 != "." }) })
    #expect(sections == ["network", "prototypes", "carry"])
    let network = try #require(state.network)
    let carried = try #require(state.carry).tensors.tensors.reduce(0) { $0 + $1.count }
    let numbers = checkpoint.tensors.values.reduce(0) { $0 + $1.count }
    #expect(
      numbers == network.tensors.tensors.reduce(0) { $0 + $1.count } + carried + 9 * 4)
  }

  @Test func `questions about one task are answered among its classes`() throws {
    let run = try Self.run()
    let state = try learned(0..<3, run)
    let image = Image(
      height: 8, width: 8, channels: 3,
      pixels: (0..<192).map { UInt8(($0 * 37) % 256) })
    let columns = try state.columns(of: "task-2")
    #expect(columns.first == 3)
    #expect(columns.names.map(\.label) == ["d", "e", "f"])
    #expect(try state.columns(of: nil).names.count == 9)
    #expect(throws: ContinualError.unknownTask(
      name: "x", known: ["task-1", "task-2", "task-3"])
    ) {
      try state.predictions(for: [image], task: "x")
    }
  }

  @Test func `probabilities are those of the logits`() throws {
    var recipe = Self.recipe()
    recipe.data.imageSize = 8
    var random = RandomSource(seed: 1)
    let learner = try WeightGenerator(recipe, imageChannels: 1, using: &random)
    let run = ContinualRun(recipe: recipe, learner: learner, imageChannels: 1)
    let set = Glyphs(classes: 6, drawers: 3, side: 8, seed: 3).imageSet()
    var state = try LearnerState(of: run)
    for task in 0..<2 {
      let chosen = (0..<6).map { set.image(set.samples(ofClass: 3 * task + $0 / 2).lowerBound + $0 % 2) }
      let images = state.preparation.tensor(of: chosen).expandingShape(at: 1)
      try state.learn(
        SupportSet(images: images, labels: Tensor([[0, 0, 1, 1, 2, 2]])), named: "t\(task)",
        classNames: Self.names[task], with: run)
    }
    let asked = (0..<6).map { set.image(set.samples(ofClass: $0).lowerBound + 2) }
    let all = try state.predictions(for: asked)
    let logits = try state.logits(of: state.preparation.tensor(of: asked))
    expectClose(
      all.flatMap(\.probabilities), logits.softmax(along: 1).flattened().toDoubles(),
      relative: 1e-6)
    let own = try state.predictions(for: asked, task: "t1")
    let second = logits.narrowed(along: 1, from: 3, count: 3).softmax(along: 1)
    expectClose(own.flatMap(\.probabilities), second.flattened().toDoubles(), relative: 1e-6)
    for (row, prediction) in own.enumerated() {
      let best = second[row].argmax(along: 0).toInts()[0]
      #expect(prediction.label == Self.names[1][best] && prediction.task == "t1")
      expectClose(prediction.probability, prediction.probabilities.max() ?? 0)
    }
    // Every picture is judged alone.
    #expect(try state.predictions(for: [asked[4]])[0].label == all[4].label)
  }

  @Test func `a state of another learner, and tasks that do not fit, are refused`() throws {
    let run = try Self.run()
    let batch = Self.batch(run.recipe)
    var state = try learned(0..<1, run)
    let before = try #require(state.prototypes)
    func expectRefusal(
      _ error: ContinualError, _ support: SupportSet? = nil, named name: String? = nil,
      _ names: [String] = Self.names[1], run other: ContinualRun? = nil,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(throws: error, sourceLocation: sourceLocation) {
        try state.learn(
          support ?? batch.supports[1], named: name, classNames: names, with: other ?? run)
      }
    }
    let stranger = try Self.run(seed: 2)
    expectRefusal(
      .otherLearner(state: run.fingerprint, learner: stranger.fingerprint), run: stranger)
    var large = batch.supports[1]
    large.images = Tensor(zeros: [6, 1, 2, 10, 10])
    expectRefusal(.imageSize(found: [2, 10, 10], expected: [2, 8, 8]), large)
    expectRefusal(.tooManyClasses(count: 4, ways: 3), nil, ["p", "q", "r", "s"])
    var hollow = batch.supports[1]
    hollow.labels = Tensor([[0, 0, 0, 2, 2, 2]])
    expectRefusal(.emptyClass(name: "e"), hollow)
    expectRefusal(.nameTaken(task: "task-1"), named: "task-1")
    #expect(state.prototypes?.centers == before.centers && state.tasks.count == 1)
  }

  @Test func `more tasks than prototypes allow are refused`() throws {
    let run = try Self.run()
    var state = try LearnerState(of: run, maximumPrototypes: 7)
    state = try learned(0..<2, run, from: state)
    #expect(throws: ContinualError.full(count: 9, maximum: 7)) {
      try learned(2..<3, run, from: state)
    }
  }

  @Test func `pieces must have the same classes`() throws {
    let run = try Self.run(Self.recipe(.miniBatch))
    var state = try learned(0..<2, run)
    #expect(state.tasks.map(\.counts) == [[4, 4, 4]])
    #expect(throws: ContinualError.otherClasses(found: ["x", "y", "z"], expected: Self.names[0])) {
      try state.learn(
        Self.batch(run.recipe).supports[2], classNames: ["x", "y", "z"], with: run)
    }
  }

  @Test func `learners without a state say so`() throws {
    for change: @Sendable (inout ContinualRecipe) -> Void in [
      { $0.method = .merged },
      {
        $0.sequence.scenario = .miniBatch
        $0.head = .classes
      },
    ] {
      var recipe = Self.recipe()
      change(&recipe)
      let run = try Self.run(recipe)
      #expect(throws: ContinualError.self) { try LearnerState(of: run) }
    }
    let run = try Self.run()
    let empty = try LearnerState(of: run)
    #expect(throws: ContinualError.self) { try empty.logits(of: Tensor(zeros: [1, 2, 8, 8])) }
  }

  @Test func `damaged files and files of another kind are refused`() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try learned(0..<2, try Self.run()).write(to: path)
    let good = try Checkpoint(path: path)
    let changes: [(String, (inout Checkpoint) -> Void)] = [
      ("kind", { $0.metadata["kind"] = "few-shot-classifier" }),
      ("learner", { $0.metadata["learner"] = "{}" }),
      ("prototypes", { $0.tensors["prototypes.centers"] = Tensor(zeros: [1, 5, 4]) }),
      ("carry", { $0.tensors["carry.logits"] = Tensor(zeros: [1, 4, 9]) }),
      ("network", { $0.tensors["network.head.weight"] = nil }),
      (
        "architecture",
        {
          $0.metadata["architecture"] = $0.metadata["architecture"]?
            .replacingOccurrences(of: "\"imageSize\":8", with: "\"imageSize\":16")
        }
      ),
    ]
    for (what, change) in changes {
      var damaged = good
      change(&damaged)
      try damaged.write(to: path)
      #expect(throws: (any Error).self, "\(what)") { try LearnerState(readingFrom: path) }
    }
    try good.write(to: path)
    #expect(try LearnerState(readingFrom: path).tasks.count == 2)
  }

  private func temporaryPath() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).safetensors").path
  }
}
