import Learning
import Randomness
import Torch

/// A residual network, for ImageNet or for CIFAR.
///
/// - Shapes: `[batch, 3, height, width]` becomes `[batch, classes]`; any size from 32 up (from 4 up
///   with the small stem).
/// - Paper: He et al., *Deep Residual Learning for Image Recognition* (2016).
///
/// ```swift
/// let network = ResNet(.resNet50, classCount: 1000, using: &random)
/// let logits = network(images)
/// ```
public struct ResNet: ImageClassifier {
  /// The first convolution.
  public var stem: ConvNorm
  /// The residual blocks of every stage.
  public var stages: [[ResidualBlock]]
  /// From features to logits.
  public var head: Linear
  /// The shape of the network.
  public let architecture: ResNetArchitecture

  /// Creates a network with drawn weights: He et al. (2015), by outputs for the large stem as in
  /// torchvision and by inputs for the small one as in the paper.
  public init(
    _ architecture: ResNetArchitecture, classCount: Int = 1000, using random: inout RandomSource
  ) {
    var weights = WeightSource(
      convolution: architecture.stem == .large ? .heNormalFanOut : .heNormal, linear: .heNormal,
      using: random)
    self.init(architecture, classCount: classCount, weights: &weights)
    random = weights.random
  }

  /// Creates a network with weights from a source.
  public init(
    _ architecture: ResNetArchitecture, classCount: Int, weights: inout WeightSource
  ) {
    self.architecture = architecture
    let isLarge = architecture.stem == .large
    stem = ConvNorm(
      inputs: 3, outputs: architecture.widths[0], window: isLarge ? 7 : 3,
      stride: isLarge ? 2 : 1, activation: .relu, using: &weights)
    stages = []
    var channels = architecture.widths[0]
    for (stage, width) in architecture.widths.enumerated() {
      var blocks: [ResidualBlock] = []
      for index in 0..<architecture.blockCounts[stage] {
        blocks.append(
          ResidualBlock(
            inputs: channels, width: width, isBottleneck: architecture.isBottleneck,
            stride: stage > 0 && index == 0 ? 2 : 1, shortcut: architecture.shortcut,
            projectionName: isLarge ? "downsample" : "shortcut", using: &weights))
        channels = architecture.isBottleneck ? 4 * width : width
      }
      stages.append(blocks)
    }
    head = Linear(
      inputs: channels, outputs: classCount, initializer: weights.linear, using: &weights.random)
  }

  /// Presents torchvision's names; those of the small networks are the usual ones of CIFAR code.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("conv1", &stem.convolution)
    walk.child("bn1", &stem.norm)
    for stage in stages.indices { walk.children("layer\(stage + 1)", &stages[stage]) }
    walk.child(headName(walk.naming), &head)
  }

  /// Runs the network.
  public mutating func forward(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    head.forward(features(images, &pass), &pass)
  }

  /// The means of the last maps, `[batch, width]`.
  public mutating func features(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    var output = stem.forward(images, &pass)
    if architecture.stem == .large {
      output = output.maxPooled(window: 3, stride: 2, border: 1)
    }
    for stage in stages.indices {
      for block in stages[stage].indices {
        output = stages[stage][block].forward(output, &pass)
      }
    }
    return output.globalAveragePooled()
  }

  /// Presents the units in order of execution.
  public mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    body(&stem)
    for stage in stages.indices {
      for block in stages[stage].indices { stages[stage][block].forEachUnit(body) }
    }
  }

  /// `fc`, or `linear` with the small stem.
  public func headName(_ naming: Naming) -> String {
    architecture.stem == .large ? "fc" : "linear"
  }
}
