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

    /// Applies the layer to `[samples, episodes x inputs, height, width]`, with every episode's own
    /// kernels or with one kernel for all.
    func apply(
      _ index: Int, of architecture: ConvNetArchitecture, to x: Tensor, _ episodes: Int,
      normalize: (Tensor) -> Tensor
    ) -> Tensor {
      guard isShared else {
        return architecture.apply(
          layer: index, to: x, kernel: kernel, bias: bias, networks: episodes, normalize: normalize)
      }
      let samples = x.extent(0)
      return architecture.apply(
        layer: index, to: x.merged(samples * episodes), kernel: kernel, bias: bias
      ) { normalize($0.merged(samples)) }
    }

    /// Applies the layer to support images and keeps their statistics.
    mutating func applyToSupport(
      _ index: Int, of architecture: ConvNetArchitecture, _ x: Tensor, _ episodes: Int
    ) -> Tensor {
      var statistics = (mean: mean, variance: variance)
      let result = apply(index, of: architecture, to: x, episodes) { input in
        let result = input.batchNormalized(
          scale: supportScale, offset: supportOffset,
          epsilon: ConvNetArchitecture.normalizationEpsilon)
        statistics = (result.mean, result.variance)
        return result.output
      }
      (mean, variance) = statistics
      return result
    }

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
      x = layer.apply(index, of: architecture, to: x, episodeCount) {
        layer.normalizeQuery($0, statistics)
      }
      look(index, x)
    }
    var features = Self.features(x, architecture, episodeCount)
    if pass.mode == .training {
      features = features.dropout(probability: headDropout, using: &pass.random)
    }
    return dense(features)
  }

  /// The dense layer, `[episodes, samples, features]` to `[episodes, samples, outputs]`.
  func dense(_ features: Tensor) -> Tensor {
    headBias.adding(batchProductOf: features, headWeight)
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
