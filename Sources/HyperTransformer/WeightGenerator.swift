import Learning
import Randomness
import Torch

/// A HyperTransformer: transformers that read a few labelled images and write a small network.
///
/// Weights are written layer by layer. The transformer of a layer sees the support images as the
/// layers before it, already written, have transformed them; beside it come features of the whole
/// images and codes of the labels. One pass, no inner loop; everything is differentiable, so the
/// generator is trained by the written network's loss on other images of the same classes.
///
/// - Paper: Zhmoginov, Sandler and Vladymyrov, *HyperTransformer: Model Generation for Supervised
///   and Semi-Supervised Few-Shot Learning* (2022), section 3.
public struct WeightGenerator: Model {
  /// What is written.
  public let architecture: ConvNetArchitecture
  /// How it is written.
  public let configuration: GeneratorConfiguration
  var shared: SharedExtractor?
  /// One per convolutional layer; `nil` for trained layers.
  var layers: [LayerGenerator?]
  var head: LayerGenerator
  /// One per convolutional layer.
  var network: [FreeVariables]
  var headVariables: FreeVariables
  var warmUp: [WarmUpHead]

  /// Creates a generator with fresh weights.
  ///
  /// - Parameters:
  ///   - architecture: What is written.
  ///   - configuration: How it is written.
  ///   - labelCount: How many labels support images may have; without, the network's outputs.
  ///   - carry: How the network written last is seen when one network follows another.
  ///   - random: Where the weights are drawn from.
  /// - Throws: ``ConfigurationError`` when the settings cannot work together.
  public init(
    writing architecture: ConvNetArchitecture, _ configuration: GeneratorConfiguration = .init(),
    labelCount: Int? = nil, carrying carry: Carry = .none,
    using random: inout RandomSource
  ) throws(ConfigurationError) {
    try configuration.validate(for: architecture, carrying: carry)
    self.architecture = architecture
    self.configuration = configuration
    let labelCount = labelCount ?? architecture.classCount
    let geometries = architecture.geometries
    if configuration.shared.layers > 0 {
      shared = SharedExtractor(
        configuration.shared, imageChannels: architecture.imageChannels, using: &random)
    }
    layers = []
    network = []
    for (index, geometry) in geometries.enumerated() {
      let isGenerated = configuration.generates(layer: index, of: geometries.count)
      layers.append(
        isGenerated
          ? LayerGenerator(
            geometry, configuration, labelCount: labelCount, carrying: carry, using: &random) : nil)
      network.append(
        FreeVariables(geometry, configuration, isGenerated: isGenerated, using: &random))
    }
    head = LayerGenerator(
      side: architecture.finalSide, channels: architecture.finalChannels,
      slices: SliceLayout(outputs: architecture.classCount, features: architecture.featureCount),
      configuration, labelCount: labelCount, carrying: carry, using: &random)
    headVariables = FreeVariables(headOf: architecture, configuration, using: &random)
    warmUp = []
    for geometry in geometries.dropLast() where configuration.warmUpHeads != .none {
      warmUp.append(
        WarmUpHead(
          geometry, configuration, classCount: architecture.classCount, using: &random))
    }
  }

  /// Everything one generation yields.
  struct Generation {
    var network: GeneratedNetwork
    /// The raw slices per convolutional layer, `nil` where trained.
    var slices: [Tensor?]
    var headSlices: Tensor
    /// What leaves the last convolutional layer for the support images,
    /// `[samples, episodes x channels, height, width]`.
    var activations: Tensor
    /// Weights of the generated warm-up heads, `[episodes, features, classes]` and bias.
    var warmUp: [DenseWeights] = []
    /// `[episodes, samples, width]`.
    var sharedFeatures: Tensor?
  }

  /// Writes one network per episode.
  public func generate(_ support: SupportSet) -> GeneratedNetwork {
    var copy = self
    var pass = Pass.inference
    return withoutGradients { copy.generation(support, &pass).network }
  }

  /// Writes one network per episode, with everything the objective needs.
  ///
  /// - Parameters:
  ///   - support: What the networks are written from.
  ///   - previous: What was written at an earlier step of a sequence.
  ///   - pass: Mode and randomness.
  ///   - warmsUp: Whether the warm-up heads are written, too.
  ///   - record: Sees every map of attention.
  /// - Returns: The networks and what they were made from.
  mutating func generation(
    _ support: SupportSet, after previous: WeightSlices? = nil, _ pass: inout Pass,
    warmsUp: Bool = false,
    record: ((AttentionMap) -> Void)? = nil
  ) -> Generation {
    func look(_ layer: String) -> AttentionLook? {
      record.map { record in
        { block, isMemory, weights in
          record(AttentionMap(layer: layer, block: block, isMemory: isMemory, weights: weights))
        }
      }
    }
    let episodes = support.episodeCount
    var x = support.images.flattened(from: 1, through: 2)
    let sharedFeatures = imageFeatures(support, &pass)
    var slices: [Tensor?] = []
    var written: [GeneratedNetwork.Layer] = []
    var warmUpWeights: [DenseWeights] = []
    for index in layers.indices {
      let own = layers[index]?.slices(
        activations: x, shared: sharedFeatures, support: support,
        after: previous?.layers[index], &pass, look("layers.\(index)"))
      slices.append(own)
      let weights = own.map { configuration.weights(of: $0, architecture.geometries[index]) }
      var layer = network[index].layer(weights, episodes)
      x = layer.applyToSupport(index, of: architecture, x, episodes)
      written.append(layer)
      if warmsUp, index < warmUp.count {
        warmUpWeights.append(
          warmUp[index].weights(
            activations: x, shared: sharedFeatures, support: support, &pass))
      }
    }
    let headSlices = head.slices(
      activations: x, shared: sharedFeatures, support: support, after: previous?.head, &pass,
      look("logits"))
    let dense = DenseWeights(
      slices: headSlices, base: headVariables.base, scale: configuration.headScale)
    let network = GeneratedNetwork(
      architecture: architecture, episodeCount: episodes, layers: written,
      headWeight: dense.weight, headBias: dense.bias)
    return Generation(
      network: network, slices: slices, headSlices: headSlices, activations: x,
      warmUp: warmUpWeights, sharedFeatures: sharedFeatures)
  }

  private mutating func imageFeatures(_ support: SupportSet, _ pass: inout Pass) -> Tensor? {
    let images = support.images.flattened(from: 0, through: 1)
    let features = shared?.forward(images)
      .unflattened(0, into: [support.sampleCount, support.episodeCount])
      .transposed(0, 1)
    guard pass.mode == .training else { return features }
    return features?.dropout(probability: configuration.sharedDropout, using: &pass.random)
  }

  /// Presents every tensor; generators of layer `l` stand under `layers.l`, what is not generated
  /// under `network.l`, the dense layer's under `logits`.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("shared", &shared)
    for index in layers.indices { walk.child("layers.\(index)", &layers[index]) }
    walk.child("layers.logits", &head)
    walk.children("network", &network)
    walk.child("network.logits", &headVariables)
    walk.children("warmUp", &warmUp)
  }
}

extension ConvWeights {
  mutating func add(_ base: BaseWeights) {
    kernel = kernel + base.weight
    bias = Self.sum(bias, base.bias)
    scale = Self.sum(scale, base.scale)
    offset = Self.sum(offset, base.offset)
  }

  private static func sum(_ generated: Tensor?, _ base: Tensor?) -> Tensor? {
    guard let generated, let base else { return generated }
    return generated + base
  }
}
