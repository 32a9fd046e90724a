import Learning
import Randomness
import Torch

/// A rival of the HyperTransformer: one trained network whose dense layer comes from the support
/// images' means, the same for every task but for that.
///
/// Trained by the same loop on the same episodes, with the same body and the same rule for batch
/// normalization, so that what differs is the method alone.
///
/// - Paper: Snell, Swersky and Zemel, *Prototypical Networks for Few-shot Learning* (2017).
public struct PrototypicalNetwork: FewShotLearner {
  /// The network's shape.
  public let architecture: ConvNetArchitecture
  /// One per convolutional layer.
  var network: [FreeVariables]
  /// A trained dense layer before the comparison, where there is one.
  var embedding: Linear?

  /// Creates a network with fresh weights.
  public init(_ architecture: ConvNetArchitecture, using random: inout RandomSource) {
    self.architecture = architecture
    network = []
    for geometry in architecture.geometries {
      network.append(
        FreeVariables(geometry, GeneratorConfiguration(), isGenerated: false, using: &random))
    }
  }

  /// One network per episode; only their dense layers differ.
  public func generate(_ support: SupportSet) -> GeneratedNetwork {
    withoutGradients { classifiers(support) }
  }

  /// The same with gradients.
  func classifiers(_ support: SupportSet) -> GeneratedNetwork {
    let (layers, features) = body(support)
    let dense = Prototypes(
      of: features, labels: support.labels, classCount: architecture.classCount,
      ignored: support.ignored
    ).dense
    return GeneratedNetwork(
      architecture: architecture, episodeCount: support.episodeCount, layers: layers,
      headWeight: dense.weight, headBias: dense.bias)
  }

  /// The convolutional layers with the support images' statistics, and the features of these images,
  /// `[episodes, samples, features]`.
  func body(_ support: SupportSet) -> (layers: [GeneratedNetwork.Layer], features: Tensor) {
    let episodes = support.episodeCount
    var layers = network.map { $0.layer(nil, episodes) }
    var x = support.images.flattened(from: 1, through: 2)
    for index in layers.indices {
      x = layers[index].applyToSupport(index, of: architecture, x, episodes)
    }
    return (layers, GeneratedNetwork.features(x, architecture, episodes))
  }

  /// Presents the layers as `network.0`, `network.1`, ..., and the dense layer as `network.embedding`.
  public mutating func visit(_ walk: inout Walk) {
    walk.children("network", &network)
    walk.child("network.embedding", &embedding)
  }
}

extension PrototypicalNetwork: TrainableLearner {
  /// The network of a recipe with fresh weights.
  public init(
    _ recipe: FewShotRecipe, imageChannels: Int, realClassCount: Int,
    using random: inout RandomSource
  ) throws(ConfigurationError) {
    let architecture = recipe.architecture(imageChannels: imageChannels)
    try architecture.validate()
    self.init(architecture, using: &random)
  }

  /// The network itself.
  public var learner: PrototypicalNetwork { self }

  /// The queries' cross-entropy.
  public mutating func loss(
    _ batch: TrainingBatch, _ recipe: FewShotRecipe, _ pass: inout Pass
  ) -> (loss: Tensor, accuracy: Tensor) {
    let logits = classifiers(batch.support).logits(of: batch.query.images)
    return (
      recipe.objective.crossEntropy(logits, batch.query.labels), batch.query.accuracy(of: logits)
    )
  }
}
