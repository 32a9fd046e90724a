import Datasets
import Foundation
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch
import Vision

@testable import MultiHashing

/// Training with pools as the only weights.
@Suite struct CompressionTrainingTests {
  /// Two classes that one look tells apart: dark and bright squares.
  private var squares: ClassificationData {
    let count = 24
    let pixels = (0..<2 * count).flatMap { index -> [UInt8] in
      let shade = index % 40
      return [UInt8](repeating: UInt8(index < count ? shade : 255 - shade), count: 64)
    }
    return ClassificationData(
      ImageSet(
        name: "squares", height: 8, width: 8, channels: 1, classNames: ["dark", "bright"],
        counts: [count, count], pixels: pixels), heldBackShare: 0.25, seed: 1)
  }

  private func recipe(_ change: (inout CompressionRecipe) -> Void = { _ in }) -> CompressionRecipe {
    var recipe = CompressionRecipe()
    recipe.network.name = "resnet20_cifar"
    recipe.data.side = 8
    recipe.data.scaling = .symmetric
    recipe.data.workers = 0
    recipe.augmentation.padding = 1
    recipe.training.batchSize = 8
    recipe.training.steps = 16
    recipe.training.optimizer = OptimizerRecipe(.sgd, learningRate: 0.02)
    change(&recipe)
    return recipe
  }

  private static let changes: [@Sendable (inout CompressionRecipe) -> Void] = [
    { $0.hashing.budget = SizeBudget(fraction: 0.1) },
    {
      $0.hashing = .kronecker
      $0.hashing.convention = .released
    },
    {
      $0.hashing = .hashedNets
      $0.weightPenalty = 1e-4
    },
    { $0.method = .narrow },
    { $0.method = .dense },
    {
      $0.training.optimizer = OptimizerRecipe(.adam, learningRate: 0.01)
      $0.training.optimizer.averageDecay = 0.5
    },
  ]

  @Test(arguments: changes.indices)
  func `what can be learned is learned within the budget`(number: Int) throws {
    let recipe = recipe(Self.changes[number])
    let job = try CompressionTraining(recipe, data: squares)
    var state = job.initialState()
    let outcome = try Trainer(job.trainerSettings(), job.task).run(&state)
    #expect(outcome.lastEvaluation?.values["accuracy"] == 1)
    if recipe.method != .dense {
      #expect(Double(state.model.parameterCount) <= 0.25 * 269_722)
    }
  }

  @Test func `a run that goes on from a checkpoint has the variables of one that never stopped`()
    throws
  {
    let folder = ScratchFolder()
    let recipe = recipe { $0.training.optimizer.momentum = 0.9 }
    let job = try CompressionTraining(recipe, data: squares)
    func trained(from start: TrainingState<HashedNetwork<Backbone>>, to steps: Int) throws
      -> TrainingState<HashedNetwork<Backbone>>
    {
      var settings = try job.trainerSettings()
      settings.budget = try Budget(steps: steps)
      var state = start
      _ = try Trainer(settings, job.task).run(&state)
      return state
    }
    let straight = try trained(from: job.initialState(), to: 6)
    let half = try trained(from: job.initialState(), to: 3)
    let path = folder.path + "/checkpoint.safetensors"
    try half.checkpoint().write(to: path)
    var restored = job.initialState()
    try restored.restore(from: Checkpoint(path: path))
    let resumed = try trained(from: restored, to: 6)
    for (a, b) in zip(straight.model.tensors.tensors, resumed.model.tensors.tensors) {
      #expect(a.toDoubles() == b.toDoubles())
    }
  }

  @Test func `scales move by the part that was asked for, and variables as before`() throws {
    func moved(_ factor: Double) throws -> (scales: [Double], pool: [Double]) {
      let job = try CompressionTraining(recipe { $0.scaleRate = factor }, data: squares)
      var settings = try job.trainerSettings()
      settings.budget = try Budget(steps: 1)
      var state = job.initialState()
      let before = state.model.tensors
      _ = try Trainer(settings, job.task).run(&state)
      func step(_ name: String) -> [Double] {
        zip(before.names, zip(before.tensors, state.model.tensors.tensors))
          .first { $0.0 == name }.map { ($0.1.1 - $0.1.0).toDoubles() } ?? []
      }
      return (step("scales"), step("pool.left"))
    }
    let (whole, tenth) = (try moved(1), try moved(0.1))
    #expect(whole.pool == tenth.pool && whole.scales.contains { abs($0) > 1e-5 })
    for (large, small) in zip(whole.scales, tenth.scales) {
      // Steps are differences from scales near 1, so they carry a rounding error of those.
      #expect(abs(large / 10 - small) < 2e-7)
    }
  }

  @Test func `the penalty is half the squares of the weights, not of the variables`() throws {
    var random = RandomSource(seed: 1)
    let hashed = try HashedNetwork(SmallNetwork(), smallSettings(), using: &random)
    let task = TrainingTask<SmallNetwork, Int>(
      batch: { step, _ in step },
      loss: { network, _, _ in Loss((network.norm.weight * 0).sum()) })
    var (model, pass) = (hashed, Pass.inference)
    let found = try task.hashed(weightDecay: 0.5).loss(&model, 0, &pass).value.scalar()
    let squares = hashed.hashedWeights().reduce(0.0) { $0 + ($1 * $1).sum().scalar() }
    expectClose(found, 0.25 * squares, relative: 1e-5)
  }

  @Test func `fitting a trained network begins near it`() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/dense.safetensors"
    let first = recipe { $0.method = .dense }
    let job = try CompressionTraining(first, data: squares)
    var state = job.initialState()
    _ = try Trainer(job.trainerSettings(), job.task).run(&state)
    try job.compressed(state.model).imageModel().write(to: path)
    let warm = try CompressionTraining(
      recipe {
        $0.network.weights = path
        $0.start = .fitted
        $0.hashing.budget = SizeBudget(fraction: 1)
      }, data: squares)
    let dense = state.model.network()
    let fitted = warm.start.network()
    let (a, b) = (
      dense.parameters["layer1.0.conv1.weight"], fitted.parameters["layer1.0.conv1.weight"]
    )
    let (x, y) = (try #require(a), try #require(b))
    let error = ((x - y) * (x - y)).sum().scalar() / (x * x).sum().scalar()
    // Half of the ranks hold all but the smallest singular values.
    #expect(error < 0.25, "\(error)")
    #expect(
      fitted.tensors["bn1.running_mean"]?.toFloats()
        == dense.tensors["bn1.running_mean"]?.toFloats())
  }
}
