import Datasets
import Learning
import Randomness
import Runs
import Testing
import Torch

@testable import HyperTransformer

/// Learning to write networks, at the smallest size where it can be seen.
@Suite struct LearningTests {
  /// The generator of the small experiments: two transformer layers.
  static let configuration: GeneratorConfiguration = {
    var result = GeneratorConfiguration()
    result.shared = SharedFeatures(layers: 3, width: 32)
    result.transformer = TransformerShape(layers: 2, heads: 2)
    return result
  }()

  /// 5-way 1-shot glyphs of 14x14 pixels, three layers of 8 channels, 8 episodes per step.
  static let recipe: FewShotRecipe = {
    var recipe = FewShotRecipe()
    recipe.data.imageSize = 14
    recipe.episode = EpisodePlan(ways: 5, shots: 1, queriesPerClass: 5)
    recipe.augmentation = .none
    recipe.network.family = .maxPoolThreeLayer
    recipe.network.channels = 8
    recipe.generator = configuration
    recipe.generator.trainedLayers = 3
    recipe.training.episodesPerStep = 8
    recipe.training.steps = 400
    recipe.training.optimizer = OptimizerRecipe(.adam, learningRate: 1e-3)
    recipe.training.evaluationInterval = 1_000_000
    recipe.evaluation.validationTasks = 4
    return recipe
  }()

  static let data = FewShotData(
    Glyphs(classes: 300, drawers: 12, side: 14, seed: 3).imageSet(), splitSeed: 1)

  @Test func `a trained generator writes networks for classes it has never seen`() throws {
    let training = try FewShotTraining(Self.recipe, data: Self.data)
    var state = try training.initialState()
    let log = LossLog(training.task)
    let trainer = Trainer(try training.trainerSettings(), log.task)
    _ = try trainer.run(&state)
    let losses = log.losses
    print("losses", losses.prefix(5).map { $0 }, losses.suffix(50).reduce(0, +) / 50)
    let accuracy = try FewShotEvaluation(
      Self.data.test, plan: Self.recipe.evaluationPlan, tasks: 100
    ).accuracy(of: state.model.generator)
    print("accuracy", accuracy)
    #expect(losses.suffix(50).reduce(0, +) / 50 < 1.1)  // ln 5 = 1.61
    #expect(accuracy.mean > 0.6)
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
