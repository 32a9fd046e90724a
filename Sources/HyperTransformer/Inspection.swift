import Learning
import Torch

/// How much the tokens of one layer's transformer attended to each other.
public struct AttentionMap: Sendable {
  /// The layer whose weights were written: `layers.0`, ..., `logits`.
  public var layer: String
  /// The block of the transformer, from 0.
  public var block: Int
  /// Whether the decoder read from the encoder; otherwise tokens attended to one another.
  public var isMemory: Bool
  /// `[episodes, heads, queries, keys]`; in the joint layouts tokens are the slices and then the
  /// support images, otherwise the slices as queries and the images as keys of a memory.
  public var weights: Tensor
}

/// Sees the attention of a block of the encoder or, with `isMemory`, of the decoder.
typealias AttentionLook = (_ block: Int, _ isMemory: Bool, _ weights: Tensor) -> Void

/// How much the weights written for one layer differ from task to task.
public struct KernelVariation: Sendable, Hashable {
  /// The layer: `layers.0`, ..., `logits`.
  public var layer: String
  /// The root of the mean squared distance from the mean over tasks, divided by that mean's length;
  /// 0 where all tasks get the same weights.
  public var relative: Double
}

extension WeightGenerator {
  /// Writes networks and keeps how every transformer attended (appendix E of the paper).
  public func inspect(_ support: SupportSet) -> (
    network: GeneratedNetwork, attention: [AttentionMap]
  ) {
    var copy = self
    var pass = Pass.inference
    var maps: [AttentionMap] = []
    let network = withoutGradients {
      copy.generation(support, &pass) { maps.append($0) }.network
    }
    return (network, maps)
  }
}

extension GeneratedNetwork {
  /// The weights that differ between episodes, by layer: kernels
  /// `[episodes, outputs, inputs, window, window]`, and the dense layer's `logits.weight`
  /// `[episodes, features, classes]` and `logits.bias` `[episodes, classes]`.
  public var writtenWeights: NamedTensors {
    var result = NamedTensors()
    for (index, layer) in layers.enumerated() where !layer.isShared {
      let divided = { (tensor: Tensor) in tensor.unflattened(0, into: [episodeCount, -1]) }
      result.append(divided(layer.kernel), named: "layers.\(index).kernel")
      if let bias = layer.bias { result.append(divided(bias), named: "layers.\(index).bias") }
    }
    result.append(headWeight, named: "logits.weight")
    result.append(headBias.squeezed(at: 1), named: "logits.bias")
    return result
  }

  /// How much kernels and the dense layer's weights differ between episodes (appendix F of the
  /// paper).
  public var variations: [KernelVariation] {
    let weights = writtenWeights
    return zip(weights.names, weights.tensors).compactMap { name, tensor in
      guard name.hasSuffix(".kernel") || name.hasSuffix(".weight") else { return nil }
      let tasks = tensor.flattened(from: 1)  // [episodes, weights]
      let mean = tasks.mean(along: 0, keepingAxes: true)
      let distance = (tasks - mean).squared().sum(along: 1).mean().scalar().squareRoot()
      let length = mean.squared().sum().scalar().squareRoot()
      let layer = name.split(separator: ".").dropLast().joined(separator: ".")
      return KernelVariation(layer: layer, relative: length == 0 ? 0 : distance / length)
    }
  }
}
