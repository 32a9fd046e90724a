import FileFixtures
import Foundation
import Learning
import Runs
import Testing
import Torch

@Suite struct ResumeTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  @Test func `a run killed without warning goes on from its last checkpoint`() async throws {
    let path = temporary.freshPath()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let folder = try RunFolder.create(at: path, recipe: ResumeTests.recipe(Tiny.optimizer(.adam)))
      var state = Tiny.state(Tiny.optimizer(.adam))
      var settings = try Tiny.settings(Tiny.optimizer(.adam), steps: 30)
      settings.checkpointInterval = 7
      settings.prefetches = false
      var task = Tiny.task
      task.batch = { step, random in
        if step == 18 { kill(getpid(), SIGKILL) }
        return TinyBatch(&random)
      }
      _ = try Trainer(settings, task).run(&state, folder: folder)
    }
    let left = try Checkpoint(path: RunPaths(path).checkpoint)
    #expect(left.metadata["training"]?.contains("\"step\":14") == true)
    let resumed = try sitting(path, Tiny.optimizer(.adam), steps: 30)
    let straight = try sitting(temporary.freshPath(), Tiny.optimizer(.adam), steps: 30)
    #expect(same(straight, resumed))
  }

  private static func recipe(_ optimizer: OptimizerRecipe) -> TinyRecipe {
    var recipe = TinyRecipe()
    recipe.optimizer = optimizer
    return recipe
  }

  /// Runs from whatever stands in the folder up to a step, as the commands do.
  private func sitting(
    _ path: String, _ optimizer: OptimizerRecipe, steps: Int, prefetches: Bool = true,
    interruptAfter: Int? = nil
  ) throws -> TrainingState<TinyNetwork> {
    let recipe = Self.recipe(optimizer)
    let isNew = !FileManager.default.fileExists(atPath: RunPaths(path).recipe)
    let folder =
      isNew
      ? try RunFolder.create(at: path, recipe: recipe)
      : try RunFolder.resume(at: path, recipe: recipe)
    var state = Tiny.state(optimizer)
    if folder.hasCheckpoint {
      try state.restore(from: Checkpoint(path: folder.paths.checkpoint))
    }
    var settings = try Tiny.settings(optimizer, steps: steps)
    settings.prefetches = prefetches
    settings.checkpointInterval = 7
    var asked = 0
    let outcome = try Trainer(settings, Tiny.task).run(&state, folder: folder) {
      asked += 1
      return interruptAfter.map { asked > $0 } ?? false
    }
    #expect(outcome.ending == (interruptAfter == nil ? .finished : .interrupted))
    return state
  }

  private func same(_ left: TrainingState<TinyNetwork>, _ right: TrainingState<TinyNetwork>) -> Bool
  {
    left.model.tensors.tensors == right.model.tensors.tensors
      && left.average?.tensors.tensors == right.average?.tensors.tensors
      && left.optimizerState.tensors.tensors == right.optimizerState.tensors.tensors
      && left.step == right.step && left.random == right.random
  }

  @Test(arguments: Tiny.kinds)
  func `a run stopped twice ends with the same bits as one that was not`(
    kind: OptimizerRecipe.Kind
  ) throws {
    let optimizer = Tiny.optimizer(kind)
    let straight = try sitting(temporary.freshPath(), optimizer, steps: 30)
    let path = temporary.freshPath()
    #expect(try sitting(path, optimizer, steps: 30, interruptAfter: 7).step == 7)
    #expect(try sitting(path, optimizer, steps: 30, interruptAfter: 6).step == 13)
    let resumed = try sitting(path, optimizer, steps: 30, prefetches: false)
    #expect(same(straight, resumed))
    #expect(straight.model.first.weight != Tiny.state(optimizer).model.first.weight)
    #expect(straight.lastEvaluation == resumed.lastEvaluation)
    #expect(straight.seconds > 0)
  }

  @Test func `a finished run that is resumed stays as it is`() throws {
    let path = temporary.freshPath()
    let finished = try sitting(path, Tiny.optimizer(.adam), steps: 9)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: RunPaths(path).checkpoint))
    let again = try sitting(path, Tiny.optimizer(.adam), steps: 9)
    #expect(same(finished, again))
    #expect(try Data(contentsOf: URL(fileURLWithPath: RunPaths(path).checkpoint)) == bytes)
  }

  @Test func `work after the last checkpoint is done again and recorded once`() throws {
    let path = temporary.freshPath()
    let optimizer = Tiny.optimizer(.sgd)
    _ = try sitting(path, optimizer, steps: 30, interruptAfter: 14)
    let kept = try Data(contentsOf: URL(fileURLWithPath: RunPaths(path).checkpoint))
    _ = try sitting(path, optimizer, steps: 30, interruptAfter: 8)
    // As after a kill: the metrics are from step 22, the checkpoint is from step 14.
    try kept.write(to: URL(fileURLWithPath: RunPaths(path).checkpoint))
    let resumed = try sitting(path, optimizer, steps: 30)
    let straightPath = temporary.freshPath()
    #expect(same(try sitting(straightPath, optimizer, steps: 30), resumed))
    let records = try [path, straightPath].map { path in
      try MetricsLog.records(at: RunPaths(path).metrics).map { record in
        MetricRecord(step: record.step, time: 0, split: record.split, values: record.values)
      }
    }
    #expect(records[0] == records[1])
  }

  @Test func `a checkpoint of another optimizer or model is refused and changes nothing`() throws {
    let path = temporary.freshPath()
    _ = try sitting(path, Tiny.optimizer(.sgd), steps: 2)
    let checkpoint = try Checkpoint(path: RunPaths(path).checkpoint)
    var state = Tiny.state(Tiny.optimizer(.adam))
    let before = state
    let error = #expect(throws: CheckpointError.self) { try state.restore(from: checkpoint) }
    #expect(error?.description.contains("missing are first.first.weight") == true)
    #expect(same(state, before))
  }
}
