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
  /// - Throws: ``ConfigurationError`` when the settings cannot work together.
  public init(
    writing architecture: ConvNetArchitecture, _ configuration: GeneratorConfiguration = .init(),
    using random: inout RandomSource
  ) throws(ConfigurationError) {
    try configuration.validate(for: architecture)
    self.architecture = architecture
    self.configuration = configuration
    let classCount = architecture.classCount
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
          ? LayerGenerator(geometry, configuration, classCount: classCount, using: &random) : nil)
      network.append(
        FreeVariables(geometry, configuration, isGenerated: isGenerated, using: &random))
    }
    head = LayerGenerator(
      side: architecture.finalSide, channels: architecture.finalChannels,
      slices: SliceLayout(outputs: classCount, features: architecture.featureCount),
      configuration, classCount: classCount, using: &random)
    headVariables = FreeVariables(headOf: architecture, configuration, using: &random)
    warmUp = []
    for geometry in geometries.dropLast() where configuration.warmUpHeads != .none {
      warmUp.append(
        WarmUpHead(geometry, configuration, classCount: classCount, using: &random))
    }
  }

  /// Everything one generation yields.
  struct Generation {
    var network: GeneratedNetwork
    /// The raw slices per convolutional layer, `nil` where trained.
    var slices: [Tensor?]
    var headSlices: Tensor
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
  mutating func generation(_ support: SupportSet, _ pass: inout Pass) -> Generation {
    let episodes = support.episodeCount
    var x = support.images.flattened(from: 1, through: 2)
    let sharedFeatures = imageFeatures(support, &pass)
    var slices: [Tensor?] = []
    var written: [GeneratedNetwork.Layer] = []
    var warmUpWeights: [DenseWeights] = []
    for index in layers.indices {
      let own = layers[index]?.slices(
        activations: x, shared: sharedFeatures, support: support, &pass)
      slices.append(own)
      var layer = assembled(index, own, episodes)
      x = Self.supportPass(x, &layer, architecture, index, episodes)
      written.append(layer)
      if index < warmUp.count {
        warmUpWeights.append(
          warmUp[index].weights(
            activations: x, shared: sharedFeatures, support: support, &pass))
      }
    }
    let headSlices = head.slices(
      activations: x, shared: sharedFeatures, support: support, &pass)
    let dense = DenseWeights(slices: headSlices, base: headVariables.base)
    let network = GeneratedNetwork(
      architecture: architecture, episodeCount: episodes, layers: written,
      headWeight: dense.weight, headBias: dense.bias)
    return Generation(
      network: network, slices: slices, headSlices: headSlices, warmUp: warmUpWeights,
      sharedFeatures: sharedFeatures)
  }

  private mutating func imageFeatures(_ support: SupportSet, _ pass: inout Pass) -> Tensor? {
    let images = support.images.flattened(from: 0, through: 1)
    let features = shared?.forward(images)
      .unflattened(0, into: [support.sampleCount, support.episodeCount])
      .transposed(0, 1)
    guard pass.mode == .training else { return features }
    return features?.dropout(probability: configuration.sharedDropout, using: &pass.random)
  }

  /// Puts generated and free variables of a layer together.
  private func assembled(_ index: Int, _ slices: Tensor?, _ episodes: Int)
    -> GeneratedNetwork.Layer
  {
    let free = network[index]
    var weights: ConvWeights?
    if let slices {
      weights = configuration.allocation.weights(
        of: slices, architecture.geometries[index], generatesBias: configuration.generatesBias,
        generatesNormalization: configuration.generatesNormalization)
      if let base = free.base { weights?.add(base) }
    }
    let tiled = { (tensor: Tensor?) in tensor.map { $0.tiled([episodes]) } }
    let scale = weights?.scale?.flattened() ?? tiled(free.norm?.weight) ?? Tensor(ones: [0])
    let offset = weights?.offset?.flattened() ?? tiled(free.norm?.bias) ?? Tensor(zeros: [0])
    let kernel =
      weights?.kernel.flattened(from: 0, through: 1) ?? free.convolution?.weight ?? Tensor(0)
    return GeneratedNetwork.Layer(
      kernel: kernel,
      bias: weights.map { $0.bias?.flattened() } ?? free.convolution?.bias,
      isShared: slices == nil, supportScale: scale, supportOffset: offset,
      queryScale: tiled(free.queryNorm?.weight) ?? scale,
      queryOffset: tiled(free.queryNorm?.bias) ?? offset, mean: scale, variance: scale)
  }

  /// Runs a written layer on the support images and keeps their statistics.
  private static func supportPass(
    _ x: Tensor, _ layer: inout GeneratedNetwork.Layer, _ architecture: ConvNetArchitecture,
    _ index: Int, _ episodes: Int
  ) -> Tensor {
    let written = layer
    return written.apply(index, of: architecture, to: x, episodes) { input in
      let result = input.batchNormalized(
        scale: layer.supportScale, offset: layer.supportOffset,
        epsilon: ConvNetArchitecture.normalizationEpsilon)
      layer.mean = result.mean
      layer.variance = result.variance
      return result.output
    }
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
