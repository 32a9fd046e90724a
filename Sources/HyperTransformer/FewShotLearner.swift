import Learning
import Randomness
import Torch

/// A way from a support set to a network: what few-shot training trains.
///
/// A HyperTransformer writes the network's weights, a prototypical network only its dense layer, and
/// MAML finds them by a few gradient steps. What comes out is the same kind of value, so evaluation,
/// export and classification are the same for all.
public protocol FewShotLearner: Model {
  /// The networks' common shape.
  var architecture: ConvNetArchitecture { get }

  /// One network per episode.
  func generate(_ support: SupportSet) -> GeneratedNetwork
}

/// A learner with what only its training needs.
public protocol TrainableLearner: Model {
  /// What is used afterwards.
  associatedtype Learner: FewShotLearner

  /// A learner with fresh weights.
  ///
  /// - Parameters:
  ///   - recipe: The settings.
  ///   - imageChannels: Channels of the images.
  ///   - realClassCount: How many classes there are to learn from.
  ///   - random: Where the weights are drawn from.
  /// - Throws: ``ConfigurationError`` when the settings cannot work together.
  init(
    _ recipe: FewShotRecipe, imageChannels: Int, realClassCount: Int,
    using random: inout RandomSource
  ) throws(ConfigurationError)

  /// What is used afterwards.
  var learner: Learner { get }

  /// The loss of a batch of episodes and the share of queries classified rightly: two scalars.
  mutating func loss(_ batch: TrainingBatch, _ recipe: FewShotRecipe, _ pass: inout Pass)
    -> (loss: Tensor, accuracy: Tensor)
}

/// The learners a recipe can name.
public enum FewShotMethod: String, Codable, Sendable, CaseIterable {
  /// ``WeightGenerator``.
  case hyperTransformer
  /// ``PrototypicalNetwork``.
  case prototypical
  /// ``MAML``.
  case maml

  /// The learner as the training loop sees it.
  public var trainable: any TrainableLearner.Type {
    switch self {
    case .hyperTransformer: GeneratorInTraining.self
    case .prototypical: PrototypicalNetwork.self
    case .maml: MAML.self
    }
  }
}

extension WeightGenerator: FewShotLearner {}

extension GeneratorInTraining: TrainableLearner {
  /// A generator with fresh weights and, where the objective wants it, a classifier of real classes.
  public init(
    _ recipe: FewShotRecipe, imageChannels: Int, realClassCount: Int,
    using random: inout RandomSource
  ) throws(ConfigurationError) {
    let generator = try WeightGenerator(
      writing: recipe.architecture(imageChannels: imageChannels), recipe.generator, using: &random)
    self.init(
      generator, objective: recipe.objective, realClassCount: realClassCount,
      isPretraining: recipe.training.pretrainingSteps > 0, using: &random)
  }

  /// The generator.
  public var learner: WeightGenerator { generator }

  /// The objective's loss, or that of pre-training in its steps.
  public mutating func loss(
    _ batch: TrainingBatch, _ recipe: FewShotRecipe, _ pass: inout Pass
  ) -> (loss: Tensor, accuracy: Tensor) {
    let pretraining = recipe.training.pretrainingSteps
    return batch.step < pretraining
      ? recipe.objective.pretraining(&self, batch)
      : recipe.objective(&self, batch, step: batch.step - pretraining, &pass)
  }
}
