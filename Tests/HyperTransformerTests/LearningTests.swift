import Datasets
import Learning
import Randomness
import Runs
import Testing
import Torch

@testable import HyperTransformer

/// Learning to write networks, at the smallest size where it can be seen.
///
/// The bounds leave room for the seed: over five seeds, one at a time, the dense layer alone reached
/// 0.63 to 0.72 after 400 steps, and all layers a loss of 0.97 to 1.17 after 300.
@Suite struct LearningTests {
  /// The generator of the small experiments: one transformer layer.
  static let configuration: GeneratorConfiguration = {
    var result = GeneratorConfiguration()
    result.shared = SharedFeatures(layers: 3, width: 32)
    result.transformer = TransformerShape(layers: 1, heads: 2)
    return result
  }()

  /// 5-way 1-shot glyphs of 14x14 pixels, three layers of 8 channels, 8 episodes per step.
  static let recipe: FewShotRecipe = {
    var recipe = FewShotRecipe()
    recipe.data.imageSize = 14
    recipe.episode = EpisodePlan(ways: 5, shots: 1, queriesPerClass: 5)
    recipe.augmentation = .none
    recipe.network.family = .maxPoolThreeLayer
    recipe.generator = configuration
    recipe.training.episodesPerStep = 8
    recipe.training.optimizer = OptimizerRecipe(.adam, learningRate: 1e-3)
    recipe.evaluation.validationTasks = 4
    return recipe
  }()

  static let data = FewShotData(
    Glyphs(classes: 1000, drawers: 10, side: 14, seed: 3).imageSet(), splitSeed: 1)

  @Test func `a written dense layer tells classes apart that were never seen`() throws {
    let (loss, generator) = try learned(trainedLayers: 3, steps: 500)
    #expect(loss < 1.1)  // ln 5 = 1.61
    #expect(try accuracy(generator).mean > 0.6)
    // The labels of the support are all it can have learned from.
    let shuffled = try accuracy(generator, .shuffledLabels)
    #expect(abs(shuffled.mean - 0.2) < 4 / 1.96 * shuffled.halfWidth)
  }

  @Test func `whole written networks learn, too`() throws {
    let (loss, generator) = try learned(trainedLayers: 0, steps: 300)
    #expect(loss < 1.35)
    #expect(try accuracy(generator).mean > 0.35)
  }

  /// The mean loss of the last 50 steps, and the generator.
  private func learned(
    trainedLayers: Int, steps: Int
  ) throws -> (loss: Double, generator: WeightGenerator) {
    var recipe = Self.recipe
    recipe.generator.trainedLayers = trainedLayers
    recipe.training.steps = steps
    let training = try FewShotTraining<GeneratorInTraining>(recipe, data: Self.data)
    var state = try training.initialState()
    let log = LossLog(training.task)
    _ = try Trainer(try training.trainerSettings(), log.task).run(&state)
    return (log.losses.suffix(50).reduce(0, +) / 50, state.model.generator)
  }

  private func accuracy(
    _ generator: WeightGenerator, _ control: FewShotEvaluation.Control = .none
  ) throws -> MeanInterval {
    try FewShotEvaluation(
      Self.data.test, plan: Self.recipe.evaluationPlan, tasks: 100, control: control
    ).accuracy(of: generator)
  }
}

/// Remembers the loss of every step.
final class LossLog {
  private(set) var losses: [Double] = []
  private let inner: TrainingTask<GeneratorInTraining, TrainingBatch>

  init(_ task: TrainingTask<GeneratorInTraining, TrainingBatch>) { inner = task }

  var task: TrainingTask<GeneratorInTraining, TrainingBatch> {
    var result = inner
    result.loss = { model, batch, pass in
      let loss = try self.inner.loss(&model, batch, &pass)
      self.losses.append(loss.value.detached().scalar())
      return loss
    }
    return result
  }
}
