import FileFixtures
import Foundation
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Synchronization
import Testing
import Torch

@Suite struct TrainerTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private struct Failure: Error, Equatable {
    var step: Int
  }

  private func newFolder() throws -> RunFolder {
    try RunFolder.create(at: temporary.freshPath(), recipe: TinyRecipe())
  }

  @Test func `training makes the loss smaller`() throws {
    let optimizer = OptimizerRecipe(.adam, learningRate: 0.01)
    var state = Tiny.state(optimizer)
    let folder = try newFolder()
    let settings = try Tiny.settings(optimizer, steps: 200)
    let outcome = try Trainer(settings, Tiny.task).run(&state, folder: folder)
    #expect(outcome.step == 200 && outcome.ending == .finished)
    let records = try Tiny.metrics(folder, "train")
    let first = try #require(records.first?.values["loss"])
    let last = try #require(records.last?.values["loss"])
    #expect(last < first / 3)
    #expect(records.count == 40 && records[3].step == 20 && records[3].values["one"] == 1)
  }

  @Test func `recorded values are means since the last record`() throws {
    let optimizer = OptimizerRecipe(.sgd, learningRate: 0.1, schedule: Schedule(.linear))
    var state = Tiny.state(optimizer)
    let folder = try newFolder()
    _ = try Trainer(try Tiny.settings(optimizer, steps: 10), Tiny.task).run(&state, folder: folder)
    let rates = try Tiny.metrics(folder, "train").compactMap { $0.values["learningRate"] }
    expectClose(rates, [0.1 * 0.8, 0.1 * 0.3], relative: 1e-12)
  }

  @Test func `evaluations come when asked for and the best model is kept`() throws {
    let optimizer = OptimizerRecipe(.sgd, learningRate: 0.05)
    var settings = try Tiny.settings(optimizer, steps: 11)
    settings.evaluationInterval = 4
    settings.best = .largest("score")
    settings.metadata = ["kind": "tiny"]
    let seen = Mutex<[Int: TinyNetwork]>([:])
    var task = Tiny.task
    task.evaluate = { model, step in
      seen.withLock { $0[step] = model }
      return ["score": step == 8 ? 2 : 1]
    }
    var state = Tiny.state(optimizer)
    let folder = try newFolder()
    let outcome = try Trainer(settings, task).run(&state, folder: folder)
    #expect(try Tiny.metrics(folder, "validation").map(\.step) == [4, 8, 11])
    #expect(outcome.bestEvaluation == Evaluation(step: 8, values: ["score": 2]))
    #expect(outcome.lastEvaluation == Evaluation(step: 11, values: ["score": 1]))
    let best = try Checkpoint(path: folder.paths.best)
    var model = Tiny.state(optimizer).model
    try best.restore(&model)
    let expected = try #require(seen.withLock { $0[8] })
    #expect(model.tensors.tensors == expected.tensors.tensors)
    #expect(best.metadata == ["kind": "tiny", "step": "8"])
    #expect(throws: CheckpointError.self) { try state.restore(from: best) }
  }

  @Test func `a loss that is not finite stops the run and leaves the good checkpoint`() throws {
    let optimizer = Tiny.optimizer(.adam)
    var settings = try Tiny.settings(optimizer, steps: 30)
    settings.checkpointInterval = 4
    var task = Tiny.task
    task.batch = { step, random in
      var batch = TinyBatch(&random)
      if step == 9 { batch.targets = batch.targets * Double.nan }
      return batch
    }
    var state = Tiny.state(optimizer)
    let folder = try newFolder()
    let error = #expect(throws: NonFiniteError.self) {
      try Trainer(settings, task).run(&state, folder: folder)
    }
    #expect(error?.step == 10 && error?.loss.isNaN == true && error?.parameters == [])
    #expect(error?.gradients.contains("first.weight") == true)
    #expect(error?.description.hasPrefix("step 10: the loss is nan, not finite are the") == true)
    var kept = Tiny.state(optimizer)
    try kept.restore(from: Checkpoint(path: folder.paths.checkpoint))
    #expect(kept.step == 8 && kept.model.parameters.nonFiniteNames().isEmpty)
  }

  @Test func `parameters that are not finite are never written`() throws {
    let optimizer = OptimizerRecipe(.sgd, learningRate: 1)
    var settings = try Tiny.settings(optimizer, steps: 6)
    settings.checkpointInterval = 1
    var task = Tiny.task
    // The root's slope at 0 is infinite although the loss is finite.
    task.loss = { model, batch, pass in
      let loss = Tiny.loss(&model, batch, &pass).value
      return Loss(loss + (model.last.bias ?? loss).sqrt().sum() * 0)
    }
    var state = Tiny.state(optimizer)
    let folder = try newFolder()
    let error = #expect(throws: NonFiniteError.self) {
      try Trainer(settings, task).run(&state, folder: folder)
    }
    #expect(error?.parameters == ["last.bias"])
    #expect(!folder.hasCheckpoint)
  }

  @Test func `a signal ends the run after its step with a checkpoint`() throws {
    let optimizer = Tiny.optimizer(.sgd)
    let interruption = Interruption()
    var task = Tiny.task
    task.batch = { step, random in
      if step == 4 {
        kill(getpid(), SIGTERM)
        for _ in 0..<1000 where !interruption.isRequested { usleep(10_000) }
      }
      return TinyBatch(&random)
    }
    var settings = try Tiny.settings(optimizer, steps: 1000)
    settings.prefetches = false
    var state = Tiny.state(optimizer)
    let folder = try newFolder()
    let outcome = try Trainer(settings, task).run(&state, folder: folder) {
      interruption.isRequested
    }
    #expect(outcome.ending == .interrupted && outcome.step == 5)
    var kept = Tiny.state(optimizer)
    try kept.restore(from: Checkpoint(path: folder.paths.checkpoint))
    #expect(kept.step == 5)
  }

  @Test func `a time budget ends the run and counts earlier sittings`() throws {
    let optimizer = OptimizerRecipe(.sgd, learningRate: 0.01, schedule: Schedule(.linear))
    var settings = TrainerSettings(
      optimizer: optimizer, budget: try Budget(minutes: 0.3 / 60))
    settings.logInterval = 1
    var state = Tiny.state(optimizer)
    state.seconds = 0.2
    let folder = try newFolder()
    let outcome = try Trainer(settings, Tiny.task).run(&state, folder: folder)
    #expect(outcome.ending == .finished && outcome.step > 0)
    #expect(outcome.seconds >= 0.3)
    let rates = try Tiny.metrics(folder, "train").compactMap { $0.values["learningRate"] }
    #expect(try #require(rates.first) <= 0.01 / 3 * 1.0001)
    #expect(rates == rates.sorted(by: >))
  }

  @Test(arguments: [true, false])
  func `a batch that cannot be made fails its own step`(prefetches: Bool) throws {
    let optimizer = OptimizerRecipe()
    var settings = try Tiny.settings(optimizer, steps: 9)
    settings.prefetches = prefetches
    var task = Tiny.task
    task.batch = { step, random in
      if step == 3 { throw Failure(step: step) }
      return TinyBatch(&random)
    }
    var state = Tiny.state(optimizer)
    #expect(throws: Failure(step: 3)) { try Trainer(settings, task).run(&state) }
    #expect(state.step == 3)
  }

  @Test func `no batch beyond the budget is drawn`() throws {
    let drawn = Mutex<[Int]>([])
    var task = Tiny.task
    task.batch = { step, random in
      drawn.withLock { $0.append(step) }
      return TinyBatch(&random)
    }
    let optimizer = OptimizerRecipe()
    var state = Tiny.state(optimizer)
    _ = try Trainer(try Tiny.settings(optimizer, steps: 5), task).run(&state)
    #expect(drawn.withLock { $0 } == [0, 1, 2, 3, 4])
  }
}
