import Foundation
import Learning
import Randomness
import Runs
import Torch

/// A tiny task with everything that a checkpoint must hold: running statistics, dropout, momenta, an
/// average and random batches.
struct TinyNetwork: Model {
  var first: Linear
  var norm: BatchNorm
  var last: Linear

  init(using random: inout RandomSource) {
    first = Linear(inputs: 3, outputs: 8, using: &random)
    norm = BatchNorm(channels: 8)
    last = Linear(inputs: 8, outputs: 1, using: &random)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.child("first", &first)
    walk.child("norm", &norm)
    walk.child("last", &last)
  }

  mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    let hidden = norm.forward(first(input).tanh(), &pass)
    return last(Dropout(0.2).forward(hidden, &pass))
  }
}

struct TinyBatch: Sendable {
  var inputs: Tensor
  var targets: Tensor

  init(_ random: inout RandomSource) {
    inputs = Tensor(normal: [16, 3], using: &random)
    targets = inputs.sum(along: 1, keepingAxes: true).sin()
  }
}

struct TinyRecipe: Recipe {
  static let name = "tiny"
  var optimizer = OptimizerRecipe()
}

enum Tiny {
  static let kinds = OptimizerRecipe.Kind.allCases

  static func optimizer(_ kind: OptimizerRecipe.Kind) -> OptimizerRecipe {
    var recipe = OptimizerRecipe(
      kind, learningRate: 0.01, schedule: Schedule(.cosine, warmup: 3))
    recipe.momentum = 0.9
    recipe.weightDecay = 0.01
    recipe.decaysVectors = false
    recipe.clipNorm = 1
    recipe.averageDecay = 0.9
    return recipe
  }

  static func state(_ optimizer: OptimizerRecipe) -> TrainingState<TinyNetwork> {
    var random = RandomSource(seed: 42)
    let model = TinyNetwork(using: &random)
    return TrainingState(model, optimizer: optimizer, random: random.split())
  }

  static func settings(_ optimizer: OptimizerRecipe, steps: Int) throws -> TrainerSettings {
    var settings = TrainerSettings(optimizer: optimizer, budget: try Budget(steps: steps))
    settings.logInterval = 5
    return settings
  }

  static func loss(_ model: inout TinyNetwork, _ batch: TinyBatch, _ pass: inout Pass) -> Loss {
    let output = model.forward(batch.inputs, &pass)
    let error = (output - batch.targets).abs().mean()
    return Loss(
      output.squaredError(expected: batch.targets), metrics: ["error": error, "one": 1.0])
  }

  static var task: TrainingTask<TinyNetwork, TinyBatch> {
    TrainingTask(
      batch: { _, random in TinyBatch(&random) },
      loss: { model, batch, pass in loss(&model, batch, &pass) },
      evaluate: { model, step in
        var random = RandomSource(seed: 7)
        var copy = model
        var pass = Pass.inference
        return [
          "loss": loss(&copy, TinyBatch(&random), &pass).value.scalar(),
          "test/reached": Double(step),
        ]
      })
  }

  static func metrics(_ folder: RunFolder, _ split: String) throws -> [MetricRecord] {
    try MetricsLog.records(at: folder.paths.metrics).filter { $0.split == split }
  }
}
