import Learning
import Randomness
import Torch

/// The shape of an isometric residual network: one resolution and one width from the first block to
/// the last.
public struct IsometricArchitecture: Sendable, Hashable, Codable {
  /// The convolutions of a block, all without change of resolution.
  public enum BlockKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// 1x1 to a quarter of the width, 3x3, and 1x1 back.
    case bottleneck
    /// Two 3x3.
    case basic
    /// One 3x3.
    case single
  }

  /// By how much the entry lowers the resolution; that many pixels squared become channels.
  public var factor: Int
  /// Channels inside the network.
  public var width: Int
  /// How many blocks there are.
  public var depth: Int
  /// The convolutions of a block.
  public var block: BlockKind

  /// Creates an architecture.
  public init(factor: Int, width: Int, depth: Int, block: BlockKind = .bottleneck) {
    self.factor = factor
    self.width = width
    self.depth = depth
    self.block = block
  }

  /// For ImageNet at 224 pixels, with about the multiply-adds of ResNet-50.
  public static let imageNet = IsometricArchitecture(factor: 16, width: 1024, depth: 16)

  /// For 32x32 images.
  public static func cifar(width: Int = 64, depth: Int = 8) -> IsometricArchitecture {
    IsometricArchitecture(factor: 2, width: width, depth: depth, block: .basic)
  }

  /// Channels between the convolutions of a block, and the sides of their windows.
  var convolutions: [(inputs: Int, outputs: Int, window: Int)] {
    switch block {
    case .bottleneck:
      let inner = width / 4
      return [(width, inner, 1), (inner, inner, 3), (inner, width, 1)]
    case .basic: return [(width, width, 3), (width, width, 3)]
    case .single: return [(width, width, 3)]
    }
  }
}

/// A residual block that normalizes before it convolves, so that blocks of one shape can follow each
/// other in any order.
///
/// - Paper: He et al., *Identity Mappings in Deep Residual Networks* (2016), figure 4(e).
public struct PreActivationBlock: Layer {
  /// The norm of the input, before the first rectifier.
  public var norm: BatchNorm
  /// The convolutions, each with the norm and rectifier of the next; the last has neither.
  public var units: [ConvNorm]

  /// Creates a block of an architecture.
  public init(_ architecture: IsometricArchitecture, using weights: inout WeightSource) {
    norm = BatchNorm(channels: architecture.width)
    units = []
    let layers = architecture.convolutions
    for (index, layer) in layers.enumerated() {
      let isLast = index == layers.count - 1
      units.append(
        ConvNorm(
          inputs: layer.inputs, outputs: layer.outputs, window: layer.window,
          norm: isLast ? nil : NormSettings(), activation: isLast ? nil : .relu, using: &weights))
    }
  }

  /// Presents `bn1`, `conv1`, `bn2`, `conv2`, ...
  public mutating func visit(_ walk: inout Walk) {
    walk.child("bn1", &norm)
    for index in units.indices {
      walk.child("conv\(index + 1)", &units[index].convolution)
      walk.child("bn\(index + 2)", &units[index].norm)
    }
  }

  /// Runs the block.
  public mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    var output = norm.forward(input, &pass).relu()
    for index in units.indices.dropLast() { output = units[index].forward(output, &pass) }
    return units[units.count - 1].forward(output, adding: input, &pass)
  }
}

/// An isometric residual network: pixels are moved into channels at the entry, and every block has
/// the same shape.
///
/// - Shapes: `[batch, 3, height, width]` becomes `[batch, classes]`; the factor divides the sides.
/// - Paper: Sandler et al., *Non-discriminative Data or Weak Model? On the Relative Importance of
///   Data and Model Resolution* (2019).
public struct IsometricResNet: ImageClassifier {
  /// 1x1 from pixels to the width, without an activation.
  public var stem: ConvNorm
  /// The blocks, all of one shape.
  public var blocks: [PreActivationBlock]
  /// The norm after the last block.
  public var norm: BatchNorm
  /// From features to logits.
  public var head: Linear
  /// The shape of the network.
  public let architecture: IsometricArchitecture

  /// Creates a network with drawn weights: normal by outputs (He et al., 2015), the head with
  /// deviation 0.01.
  public init(
    _ architecture: IsometricArchitecture, classCount: Int = 1000,
    using random: inout RandomSource
  ) {
    var weights = WeightSource(using: random)
    self.init(architecture, classCount: classCount, weights: &weights)
    random = weights.random
  }

  /// Creates a network with weights from a source.
  public init(
    _ architecture: IsometricArchitecture, classCount: Int, weights: inout WeightSource
  ) {
    self.architecture = architecture
    stem = ConvNorm(
      inputs: 3 * architecture.factor * architecture.factor, outputs: architecture.width,
      window: 1, using: &weights)
    blocks = (0..<architecture.depth).map { _ in
      PreActivationBlock(architecture, using: &weights)
    }
    norm = BatchNorm(channels: architecture.width)
    head = Linear(
      inputs: architecture.width, outputs: classCount, initializer: weights.linear,
      using: &weights.random)
  }

  /// Presents names after torchvision's manner; no public package has this network.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("conv1", &stem.convolution)
    walk.child("bn1", &stem.norm)
    walk.children("blocks", &blocks)
    walk.child("norm", &norm)
    walk.child(headName(walk.naming), &head)
  }

  /// Runs the network.
  public mutating func forward(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    head.forward(features(images, &pass), &pass)
  }

  /// The means of the last maps, `[batch, width]`.
  public mutating func features(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    var output = stem.forward(images.pixelsMovedIntoChannels(architecture.factor), &pass)
    for index in blocks.indices { output = blocks[index].forward(output, &pass) }
    return norm.forward(output, &pass).relu().globalAveragePooled()
  }

  /// Presents the units in order of execution.
  public mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    body(&stem)
    for block in blocks.indices {
      for index in blocks[block].units.indices { body(&blocks[block].units[index]) }
    }
  }

  /// `fc`.
  public func headName(_ naming: Naming) -> String { "fc" }
}

extension Tensor {
  /// Moves squares of `factor` x `factor` pixels into channels, in PyTorch's order
  /// (`pixel_unshuffle`): channel, then row, then column.
  ///
  /// - Shapes: `[batch, channels, height, width]` becomes
  ///   `[batch, channels * factor², height / factor, width / factor]`.
  /// - Precondition: `factor` divides both sides.
  public func pixelsMovedIntoChannels(_ factor: Int) -> Tensor {
    let (batch, channels) = (extent(0), extent(1))
    let (height, width) = (extent(2) / factor, extent(3) / factor)
    return reshaped(batch, channels, height, factor, width, factor)
      .permuted(0, 1, 3, 5, 2, 4)
      .reshaped(batch, channels * factor * factor, height, width)
  }
}
