import Learning
import Torch

/// Convolutional classifiers for a batch of episodes, run side by side.
///
/// Activations are `[samples, episodes x channels, height, width]`: every episode's kernels are one
/// group of a grouped convolution, and batch normalization over such channels is normalization per
/// episode. Layers whose weights are trained (not generated) treat all episodes as one batch.
public struct GeneratedNetwork: Sendable {
  /// One convolutional layer of all episodes.
  struct Layer: Sendable {
    /// `[episodes x outputs, inputs, kernel, kernel]`, or one `[outputs, ...]` shared by all.
    var kernel: Tensor
    /// `[episodes x outputs]`, or `[outputs]` when the kernel is shared.
    var bias: Tensor?
    var isShared: Bool
    /// Batch normalization for support and query images, `[episodes x outputs]`.
    var supportScale: Tensor
    var supportOffset: Tensor
    var queryScale: Tensor
    var queryOffset: Tensor
    /// What the support images' activations had, `[episodes x outputs]`.
    var mean: Tensor
    var variance: Tensor

    func normalizeQuery(_ input: Tensor, _ statistics: Statistics) -> Tensor {
      switch statistics {
      case .batch:
        input.batchNormalized(
          scale: queryScale, offset: queryOffset,
          epsilon: ConvNetArchitecture.normalizationEpsilon
        ).output
      case .support:
        input.batchNormalized(
          mean: mean, variance: variance, scale: queryScale, offset: queryOffset,
          epsilon: ConvNetArchitecture.normalizationEpsilon)
      }
    }
  }

  /// Whose statistics batch normalization uses for new images.
  public enum Statistics: String, Codable, Sendable, CaseIterable {
    /// Those of the images given (transductive; what the paper does): predictions depend on which
    /// images are asked about together.
    case batch
    /// Those of the support images (inductive): every image is judged alone.
    case support
  }

  /// The networks' common shape.
  public let architecture: ConvNetArchitecture
  /// Episodes in the batch.
  public let episodeCount: Int
  var layers: [Layer]
  /// `[episodes, features, classes]`, features in the order height, width, channel.
  var headWeight: Tensor
  /// `[episodes, 1, classes]`.
  var headBias: Tensor

  /// The logits of new images, each episode's by its own network.
  ///
  /// - Parameters:
  ///   - images: `[samples, episodes, channels, height, width]`.
  ///   - statistics: Whose statistics batch normalization uses.
  /// - Returns: `[episodes, samples, classes]`.
  public func logits(of images: Tensor, statistics: Statistics = .batch) -> Tensor {
    var pass = Pass.inference
    return logits(of: images, statistics: statistics, headDropout: 0, &pass) { _, _ in }
  }

  /// The same, with dropout before the dense layer in training, and a look at what leaves each
  /// layer.
  func logits(
    of images: Tensor, statistics: Statistics = .batch, headDropout: Double, _ pass: inout Pass,
    inspecting look: (_ layer: Int, _ activations: Tensor) -> Void
  ) -> Tensor {
    var x = images.flattened(from: 1, through: 2)
    for (index, layer) in layers.enumerated() {
      let shape = architecture.layers[index]
      x = Self.convolved(x, layer, shape, episodeCount)
      x = Self.finish(x, shape, architecture) { layer.normalizeQuery($0, statistics) }
      look(index, x)
    }
    var features = Self.features(x, architecture, episodeCount)
    if pass.mode == .training {
      features = features.dropout(probability: headDropout, using: &pass.random)
    }
    return headBias.adding(batchProductOf: features, headWeight)
  }

  /// Convolution with every episode's own kernels, or with one kernel for all.
  static func convolved(
    _ x: Tensor, _ layer: Layer, _ shape: ConvNetArchitecture.Layer, _ episodes: Int
  ) -> Tensor {
    guard layer.isShared else {
      return x.convolved(
        with: layer.kernel, bias: layer.bias, stride: shape.stride, padding: shape.padding,
        groups: episodes)
    }
    let images = x.merged(x.extent(0) * episodes)
    let y = images.convolved(
      with: layer.kernel, bias: layer.bias, stride: shape.stride, padding: shape.padding)
    return y.merged(x.extent(0))
  }

  /// What follows the convolution, in the architecture's order.
  static func finish(
    _ x: Tensor, _ shape: ConvNetArchitecture.Layer, _ architecture: ConvNetArchitecture,
    normalize: (Tensor) -> Tensor
  ) -> Tensor {
    let pool = { (input: Tensor) in
      shape.pooling == 1 ? input : input.maxPooled(window: shape.pooling)
    }
    return architecture.normalizesBeforeActivation
      ? architecture.nonlinearity(normalize(pool(x)))
      : normalize(pool(architecture.nonlinearity(x)))
  }

  /// What the dense layer sees, `[episodes, samples, features]`.
  static func features(
    _ x: Tensor, _ architecture: ConvNetArchitecture, _ episodes: Int
  ) -> Tensor {
    let maps = x.unflattened(1, into: [episodes, x.extent(1) / episodes])
    return architecture.head == .averagePool
      ? maps.mean(along: 3, 4).transposed(0, 1)
      : maps.permuted(1, 0, 3, 4, 2).flattened(from: 2)
  }
}

extension Tensor {
  /// `[a, b, height, width]` with its first two axes divided anew: `[count, a x b / count, ...]`.
  func merged(_ count: Int) -> Tensor {
    reshaped(count, -1, extent(2), extent(3))
  }
}
