import Learning
import Randomness
import Torch

/// One written network as an ordinary one: it needs neither its generator nor its support images.
///
/// Parameter names are `layers.0.convolution.weight`, `layers.0.norm.running_mean`, ...,
/// `head.weight`; the dense layer's columns are in the order channel, height, width, as elsewhere.
public struct ConvClassifier: Layer {
  struct Block: Model {
    var convolution: Convolution
    var norm: BatchNorm

    mutating func visit(_ walk: inout Walk) {
      walk.child("convolution", &convolution)
      walk.child("norm", &norm)
    }
  }

  /// The network's shape.
  public let architecture: ConvNetArchitecture
  var layers: [Block]
  var head: Linear

  /// The logits of images `[batch, channels, height, width]`: `[batch, classes]`.
  ///
  /// In inference, batch normalization uses the statistics of the support images.
  public mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    var x = input
    for index in layers.indices {
      let convolution = layers[index].convolution
      x = architecture.apply(
        layer: index, to: x, kernel: convolution.weight, bias: convolution.bias
      ) { layers[index].norm.forward($0, &pass) }
    }
    let features =
      architecture.head == .averagePool ? x.globalAveragePooled() : x.flattened(from: 1)
    return head.forward(features, &pass)
  }

  /// Presents the layers and the head.
  public mutating func visit(_ walk: inout Walk) {
    walk.children("layers", &layers)
    walk.child("head", &head)
  }

  /// A network of the given shape with weights still to be loaded.
  public init(_ architecture: ConvNetArchitecture) {
    self.architecture = architecture
    var unused = RandomSource(seed: 0)  // zeros need no randomness
    layers = architecture.geometries.map { geometry in
      let side = geometry.layer.kernelSize
      let channels = geometry.layer.channels
      return Block(
        convolution: Convolution(
          inputs: geometry.inputChannels, outputs: channels, window: side,
          stride: geometry.layer.stride, padding: geometry.layer.padding, initializer: .zeros,
          using: &unused),
        norm: BatchNorm(channels: channels, epsilon: ConvNetArchitecture.normalizationEpsilon))
    }
    head = Linear(
      weight: Tensor(zeros: [architecture.classCount, architecture.featureCount]),
      bias: Tensor(zeros: [architecture.classCount]))
  }
}

extension GeneratedNetwork {
  /// The network of one episode as a value of its own, with the support images' statistics.
  public func classifier(episode: Int = 0) -> ConvClassifier {
    // What is not generated, such as biases of zero, goes where the weights are.
    var result = ConvClassifier(architecture).cast(to: headWeight.elementType)
      .moved(to: headWeight.device)
    for (index, layer) in layers.enumerated() {
      let channels = architecture.layers[index].channels
      let own = { (tensor: Tensor) in
        tensor.narrowed(along: 0, from: episode * channels, count: channels).detached()
      }
      result.layers[index].convolution.weight =
        layer.isShared ? layer.kernel.detached() : own(layer.kernel)
      if let bias = layer.bias {
        result.layers[index].convolution.bias = layer.isShared ? bias.detached() : own(bias)
      }
      result.layers[index].norm.weight = own(layer.queryScale)
      result.layers[index].norm.bias = own(layer.queryOffset)
      result.layers[index].norm.runningMean = own(layer.mean)
      result.layers[index].norm.runningVariance = own(layer.variance)
    }
    result.head.weight = headRows(episode)
    result.head.bias = headBias.slice(at: episode, along: 0).flattened().detached()
    return result
  }

  /// `[classes, features]` with the features of a flattened map in the order channel, height, width.
  private func headRows(_ episode: Int) -> Tensor {
    let rows = headWeight.slice(at: episode, along: 0).transposed().detached()
    guard architecture.head == .flatten else { return rows }
    let side = architecture.finalSide
    return rows.reshaped(-1, side, side, architecture.finalChannels)
      .permuted(0, 3, 1, 2).flattened(from: 1)
  }
}
