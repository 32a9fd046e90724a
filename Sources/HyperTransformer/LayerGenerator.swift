import Learning
import Randomness
import Torch

/// Writes the weights of one layer: local features, tokens, transformer.
///
/// Nothing is shared between layers except the image-level features.
struct LayerGenerator: Model {
  var features: LocalExtractor?
  var tokens: TokenTransformer
  let dropout: Double

  /// For a convolutional layer.
  init(
    _ geometry: ConvGeometry, _ configuration: GeneratorConfiguration, labelCount: Int,
    carrying carry: Carry = .none, using random: inout RandomSource
  ) {
    let slices = SliceLayout(
      geometry, configuration.allocation, generatesBias: configuration.generatesBias,
      generatesNormalization: configuration.generatesNormalization)
    let width = configuration.localWidth ?? max(geometry.inputChannels, geometry.layer.channels)
    let local =
      width == 0
      ? nil
      : LocalExtractor(
        side: geometry.inputSide, inputs: geometry.inputChannels, width: width, using: &random)
    self.init(
      local, slices, configuration, labelCount: labelCount, carrying: carry, using: &random)
  }

  /// For a dense layer with `outputs` outputs on a map of the given side and channels.
  init(
    side: Int, channels: Int, slices: SliceLayout, _ configuration: GeneratorConfiguration,
    labelCount: Int, carrying carry: Carry = .none, using random: inout RandomSource
  ) {
    let width = configuration.localWidth ?? channels
    let local =
      width == 0
      ? nil
      : LocalExtractor(
        headSide: side, inputs: channels, width: width, form: configuration.headFeatures.form,
        using: &random)
    self.init(
      local, slices, configuration, labelCount: labelCount, carrying: carry, using: &random)
  }

  private init(
    _ local: LocalExtractor?, _ slices: SliceLayout, _ configuration: GeneratorConfiguration,
    labelCount: Int, carrying carry: Carry = .none, using random: inout RandomSource
  ) {
    features = local
    tokens = TokenTransformer(
      configuration.transformer, slices: slices,
      featureWidth: (local?.width ?? 0) + configuration.shared.count,
      codeWidth: configuration.codeWidth, labelCount: labelCount, carrying: carry, using: &random)
    dropout = configuration.localDropout
  }

  /// Writes the layer's slices.
  ///
  /// - Parameters:
  ///   - activations: What enters the layer, `[samples, episodes x channels, height, width]`.
  ///   - shared: Image-level features, `[episodes, samples, width]`.
  ///   - support: Labels, and which samples to ignore.
  ///   - previous: This layer's slices of an earlier step of a sequence.
  ///   - pass: Mode and randomness.
  ///   - look: Sees the transformer's attention.
  /// - Returns: What the layer's allocation turns into weights.
  mutating func slices(
    activations: Tensor, shared: Tensor?, support: SupportSet, after previous: Tensor? = nil,
    _ pass: inout Pass, _ look: AttentionLook? = nil
  ) -> Tensor {
    var parts: [Tensor] = []
    if features != nil {
      let images = activations.merged(support.sampleCount * support.episodeCount)
      var local = features?.forward(images)
        .unflattened(0, into: [support.sampleCount, support.episodeCount])
        .transposed(0, 1)  // [episodes, samples, features]
      if pass.mode == .training {
        local = local?.dropout(probability: dropout, using: &pass.random)
      }
      parts += [local].compactMap { $0 }
    }
    parts += [shared].compactMap { $0 }
    let joined = parts.count == 1 ? parts[0] : Tensor(concatenating: parts, along: 2)
    return tokens(
      features: joined, labels: support.labels, ignored: support.ignored, after: previous,
      &pass, look)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.child("features", &features)
    tokens.visit(&walk)
  }
}

extension GeneratorConfiguration.HeadFeatures {
  var form: LocalExtractor.Form {
    switch self {
    case .convolution: .convolution
    case .rectified: .rectified
    case .passthrough: .passthrough
    case .mix: .mix
    }
  }
}
