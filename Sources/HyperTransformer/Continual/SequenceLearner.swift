import Learning
import Randomness
import Torch

/// A network for one task, written after those of earlier tasks.
public struct WrittenStep: Sendable {
  /// The networks, one per sequence.
  public var network: GeneratedNetwork
  /// What the next step may see of them.
  var carry: WeightSlices?
  /// The support images as the networks embed them, `[sequences, samples, width]`.
  var supportEmbeddings: Tensor
}

/// A way to learn tasks one after the other: what continual training trains.
public protocol SequenceLearner: Model {
  /// A learner with fresh weights.
  ///
  /// - Throws: ``ConfigurationError`` when the settings cannot work together.
  init(_ recipe: ContinualRecipe, imageChannels: Int, using random: inout RandomSource)
    throws(ConfigurationError)

  /// The shape of the networks, whose outputs are embeddings.
  var architecture: ConvNetArchitecture { get }

  /// Learns one more task, in every sequence.
  ///
  /// - Parameters:
  ///   - support: The task's images.
  ///   - previous: What was written for the task before; `nil` for the first.
  ///   - pass: Mode and randomness.
  /// - Returns: The networks and what belongs to them.
  mutating func write(
    _ support: SupportSet, after previous: WeightSlices?, _ pass: inout Pass
  ) -> WrittenStep
}

/// The learners a recipe can name.
public enum ContinualMethod: String, Codable, Sendable, CaseIterable {
  /// A ``WeightGenerator`` that may see the network it wrote before.
  case hyperTransformer
  /// The same, which instead of the network gets the images of all tasks so far: not continual, an
  /// upper reference.
  case merged
  /// A ``PrototypicalNetwork``: one embedding for all tasks.
  case prototypical

  /// The learner as the training loop sees it.
  public var learner: any SequenceLearner.Type {
    switch self {
    case .hyperTransformer, .merged: WeightGenerator.self
    case .prototypical: PrototypicalNetwork.self
    }
  }
}

extension WeightGenerator: SequenceLearner {
  /// A generator with fresh weights.
  public init(
    _ recipe: ContinualRecipe, imageChannels: Int, using random: inout RandomSource
  ) throws(ConfigurationError) {
    try self.init(
      writing: recipe.architecture(imageChannels: imageChannels), recipe.generator,
      labelCount: recipe.labelCount, carrying: recipe.effectiveCarry, using: &random)
  }

  /// Writes the next network.
  public mutating func write(
    _ support: SupportSet, after previous: WeightSlices?, _ pass: inout Pass
  ) -> WrittenStep {
    let made = generation(support, after: previous, &pass)
    let features = GeneratedNetwork.features(
      made.activations, architecture, support.episodeCount)
    return WrittenStep(
      network: made.network, carry: made.written, supportEmbeddings: made.network.dense(features))
  }
}

extension PrototypicalNetwork: SequenceLearner {
  /// A network with fresh weights.
  public init(
    _ recipe: ContinualRecipe, imageChannels: Int, using random: inout RandomSource
  ) throws(ConfigurationError) {
    let architecture = recipe.architecture(imageChannels: imageChannels)
    try architecture.validate()
    self.init(architecture, using: &random)
    if recipe.prototypicalDense {
      embedding = Linear(
        inputs: architecture.featureCount, outputs: architecture.classCount, using: &random)
    }
  }

  /// The same network again, with the support images' statistics.
  public mutating func write(
    _ support: SupportSet, after previous: WeightSlices?, _ pass: inout Pass
  ) -> WrittenStep {
    let (layers, features) = body(support)
    let episodes = support.episodeCount
    let identity = Linear(
      weight: Tensor(identity: architecture.featureCount, features.elementType, on: features.device),
      bias: nil)
    let dense = DenseWeights(embedding ?? identity, episodes: episodes)
    let network = GeneratedNetwork(
      architecture: architecture, episodeCount: episodes, layers: layers,
      headWeight: dense.weight, headBias: dense.bias)
    return WrittenStep(
      network: network, carry: nil,
      supportEmbeddings: embedding == nil ? features : network.dense(features))
  }
}
