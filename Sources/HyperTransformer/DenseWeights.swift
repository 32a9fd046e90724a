import Learning
import Randomness
import Torch

/// The weights of a dense layer for a batch of episodes.
struct DenseWeights: Sendable {
  /// `[episodes, features, outputs]`.
  var weight: Tensor
  /// `[episodes, 1, outputs]`.
  var bias: Tensor

  /// Reads slices `[episodes, outputs, features + 1]`: the weights of an output, then its bias.
  init(
    slices: Tensor, base: BaseWeights? = nil,
    scale: GeneratorConfiguration.HeadScale = .one
  ) {
    let features = slices.extent(2) - 1
    var rows = slices.narrowed(along: 2, from: 0, count: features)
    if scale == .features { rows = rows * (1 / Double(features).squareRoot()) }
    var bias = slices.narrowed(along: 2, from: features, count: 1)
    if let base, let offset = base.bias {
      rows = rows + base.weight
      bias = bias + offset.expandingShape(at: -1)
    }
    weight = rows.transposed(1, 2)
    self.bias = bias.transposed(1, 2)
  }

  /// The same weights for all episodes, from a trained `[outputs, features]` layer.
  init(_ layer: Linear, episodes: Int) {
    weight = layer.weight.transposed().broadcast(to: [episodes, -1, -1])
    let zeros = Tensor(
      zeros: [layer.weight.extent(0)], layer.weight.elementType, on: layer.weight.device)
    bias = (layer.bias ?? zeros).broadcast(to: [episodes, 1, -1])
  }

  /// `[episodes, samples, features]` becomes `[episodes, samples, outputs]`.
  func callAsFunction(_ features: Tensor) -> Tensor {
    bias.adding(batchProductOf: features, weight)
  }
}

/// An auxiliary classifier on the means of one layer's outputs, for the start of training.
struct WarmUpHead: Model {
  var dense: Linear?
  var generator: LayerGenerator?

  init(
    _ geometry: ConvGeometry, _ configuration: GeneratorConfiguration, classCount: Int,
    using random: inout RandomSource
  ) {
    let channels = geometry.layer.channels
    if configuration.warmUpHeads == .trained {
      dense = Linear(inputs: channels, outputs: classCount, using: &random)
    } else {
      generator = LayerGenerator(
        side: geometry.outputSide, channels: channels,
        slices: SliceLayout(outputs: classCount, features: channels), configuration,
        labelCount: classCount, using: &random)
    }
  }

  mutating func weights(
    activations: Tensor, shared: Tensor?, support: SupportSet, _ pass: inout Pass
  ) -> DenseWeights {
    if let dense { return DenseWeights(dense, episodes: support.episodeCount) }
    guard
      let slices = generator?.slices(
        activations: activations, shared: shared, support: support, &pass)
    else { preconditionFailure("a warm-up head has either a layer or a generator") }
    return DenseWeights(slices: slices)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.child("dense", &dense)
    walk.child("generator", &generator)
  }
}
