import Torch

/// The shape of a small convolutional classifier: what is known about it before its weights are.
///
/// Each layer is convolution, activation, optional max-pooling, batch normalization (the released
/// code's order; ``normalizesBeforeActivation`` gives its other one), and a dense layer ends the
/// network.
///
/// - Paper: Zhmoginov, Sandler and Vladymyrov, *HyperTransformer* (2022), section 4 and appendices.
public struct ConvNetArchitecture: Codable, Sendable, Hashable {
  /// One convolutional layer.
  public struct Layer: Codable, Sendable, Hashable {
    /// Filters.
    public var channels: Int
    /// Side of the square kernel.
    public var kernelSize: Int
    /// Step of the convolution.
    public var stride: Int
    /// Whether zeros keep the size (`ceil(side / stride)`); otherwise only whole windows count.
    public var isPadded: Bool
    /// Side of the max-pooling window; 1 for none.
    public var pooling: Int

    /// Creates a layer; the defaults are the paper's 3x3 layer with 2x2 pooling.
    public init(
      channels: Int, kernelSize: Int = 3, stride: Int = 1, isPadded: Bool = true, pooling: Int = 2
    ) {
      self.channels = channels
      self.kernelSize = kernelSize
      self.stride = stride
      self.isPadded = isPadded
      self.pooling = pooling
    }

    var padding: Padding { isPadded ? .same : .valid }

    /// Whether convolution, activation and pooling can be one operation.
    var isFusable: Bool { isPadded && stride == 1 && pooling == 2 && kernelSize % 2 == 1 }
  }

  /// What the dense layer sees.
  public enum Head: String, Codable, Sendable, CaseIterable {
    /// All activations, in the order height, width, channel.
    case flatten
    /// The mean of every channel.
    case averagePool
  }

  /// The activation function.
  public enum Nonlinearity: String, Codable, Sendable, CaseIterable {
    /// Rectified linear.
    case relu
    /// Slope 0.01 left of zero.
    case leakyRelu

    /// Factor of negative values.
    var slope: Double { self == .relu ? 0 : 0.01 }

    func callAsFunction(_ input: Tensor) -> Tensor {
      self == .relu ? input.relu() : input.leakyRelu(slope: slope)
    }
  }

  /// Side of the square input, in pixels.
  public var imageSize: Int
  /// Channels of the input: 1 for gray, 3 for color.
  public var imageChannels: Int
  /// The convolutional layers.
  public var layers: [Layer]
  /// What the dense layer sees.
  public var head: Head
  /// The activation function.
  public var nonlinearity: Nonlinearity
  /// Convolution, pooling, normalization, activation instead of the default order.
  public var normalizesBeforeActivation: Bool
  /// Outputs of the dense layer: classes told apart, or the width of an embedding.
  public var classCount: Int

  /// Creates an architecture from its parts.
  public init(
    imageSize: Int, imageChannels: Int = 1, layers: [Layer], head: Head = .flatten,
    nonlinearity: Nonlinearity = .relu, normalizesBeforeActivation: Bool = false, classCount: Int
  ) {
    self.imageSize = imageSize
    self.imageChannels = imageChannels
    self.layers = layers
    self.head = head
    self.nonlinearity = nonlinearity
    self.normalizesBeforeActivation = normalizesBeforeActivation
    self.classCount = classCount
  }

  /// Added to the variance before its root (the released code's value).
  public static let normalizationEpsilon = 1e-3
}

extension ConvNetArchitecture {
  /// Finds images that are too small for the layers.
  ///
  /// - Throws: ``ConfigurationError`` naming the layer and the sizes.
  func validate() throws(ConfigurationError) {
    for (index, geometry) in geometries.enumerated() where geometry.outputSide < 1 {
      throw ConfigurationError(
        description: "network: layer \(index) leaves nothing of its "
          + "\(geometry.inputSide)x\(geometry.inputSide) input; use larger images than "
          + "\(imageSize) or fewer layers")
    }
  }
}

/// The networks of the paper by name.
public enum ConvNetFamily: String, Codable, Sendable, CaseIterable {
  /// Three 3x3 convolutions without padding, stride 2, average-pooled head.
  case threeLayer = "3-layer"
  /// Four of them.
  case fourLayer = "4-layer"
  /// Four padded 3x3 convolutions with 2x2 max-pooling, flattened head: the paper's network.
  case maxPoolFourLayer = "maxpool-4-layer"
  /// The same with three layers, for small images.
  case maxPoolThreeLayer = "maxpool-3-layer"
  /// Two 9x9 convolutions with stride 4, for looking at kernels (appendix F).
  case kernelToy = "kernel-toy"
  /// Four 64-channel pooled layers and two layers of the given width without pooling, to be used
  /// with four trained layers (the comparison with LGM-Net).
  case lgmNet = "lgm-net"
  /// No convolution at all: a dense layer on precomputed embeddings, given as 1x1 images.
  case denseOnly = "dense"

  /// The family's architecture at a given width.
  public func architecture(
    imageSize: Int, imageChannels: Int, channels: Int, classCount: Int,
    nonlinearity: ConvNetArchitecture.Nonlinearity = .relu, normalizesBeforeActivation: Bool = false
  ) -> ConvNetArchitecture {
    ConvNetArchitecture(
      imageSize: imageSize, imageChannels: imageChannels, layers: layers(channels: channels),
      head: head, nonlinearity: nonlinearity,
      normalizesBeforeActivation: normalizesBeforeActivation, classCount: classCount)
  }

  private var head: ConvNetArchitecture.Head {
    switch self {
    case .threeLayer, .fourLayer, .kernelToy: .averagePool
    case .maxPoolFourLayer, .maxPoolThreeLayer, .lgmNet, .denseOnly: .flatten
    }
  }

  private func layers(channels: Int) -> [ConvNetArchitecture.Layer] {
    typealias Layer = ConvNetArchitecture.Layer
    let strided = Layer(channels: channels, stride: 2, isPadded: false, pooling: 1)
    let pooled = Layer(channels: channels)
    return switch self {
    case .threeLayer: Array(repeating: strided, count: 3)
    case .fourLayer: Array(repeating: strided, count: 4)
    case .maxPoolFourLayer: Array(repeating: pooled, count: 4)
    case .maxPoolThreeLayer: Array(repeating: pooled, count: 3)
    case .kernelToy:
      Array(
        repeating: Layer(
          channels: channels, kernelSize: 9, stride: 4, isPadded: true, pooling: 1), count: 2)
    case .lgmNet:
      Array(repeating: Layer(channels: 64), count: 4)
        + Array(repeating: Layer(channels: channels, pooling: 1), count: 2)
    case .denseOnly: []
    }
  }
}

/// The sizes around one convolutional layer.
struct ConvGeometry: Sendable, Hashable {
  var layer: ConvNetArchitecture.Layer
  var inputSide: Int
  var inputChannels: Int

  /// Side after convolution and pooling; 0 or less when the image is too small.
  var outputSide: Int {
    let convolved =
      layer.isPadded
      ? (inputSide + layer.stride - 1) / layer.stride
      : (inputSide - layer.kernelSize + layer.stride) / layer.stride
    return convolved / layer.pooling
  }

  /// Weights of one filter.
  var filterSize: Int { layer.kernelSize * layer.kernelSize * inputChannels }
}

extension ConvNetArchitecture {
  /// The sizes around every convolutional layer, first to last.
  var geometries: [ConvGeometry] {
    var side = imageSize
    var channels = imageChannels
    return layers.map { layer in
      let geometry = ConvGeometry(layer: layer, inputSide: side, inputChannels: channels)
      side = geometry.outputSide
      channels = layer.channels
      return geometry
    }
  }

  /// Side of the last feature map.
  var finalSide: Int { geometries.last?.outputSide ?? imageSize }

  /// Channels of the last feature map.
  var finalChannels: Int { layers.last?.channels ?? imageChannels }

  /// Inputs of the dense layer.
  public var featureCount: Int {
    head == .flatten ? finalSide * finalSide * finalChannels : finalChannels
  }

  /// Weights of the convolutions and the dense layer, without batch normalization.
  public var weightCount: Int {
    geometries.reduce(classCount * (featureCount + 1)) { total, geometry in
      total + geometry.layer.channels * geometry.filterSize
    }
  }
}
