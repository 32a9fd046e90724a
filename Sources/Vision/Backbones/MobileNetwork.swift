import Learning
import Randomness
import Torch

/// A mobile network: MobileNetV2, MnasNet, EfficientNet, or one that a search found.
///
/// - Shapes: `[batch, 3, height, width]` becomes `[batch, classes]`; any size from 32 up.
///
/// ```swift
/// let network = MobileNetwork(.mnasNetA1(width: 0.5), classCount: 10, using: &random)
/// let other = MobileNetwork(.efficientNet(.b0), using: &random)
/// ```
public struct MobileNetwork: ImageClassifier {
  /// The first convolution.
  public var stem: ConvNorm
  /// The blocks of every stage.
  public var stages: [[InvertedResidual]]
  /// The last convolution, 1x1.
  public var top: ConvNorm
  /// Dropout before the head.
  public var dropout: Dropout
  /// From features to logits.
  public var head: Linear
  /// The shape of the network.
  public let architecture: MobileArchitecture

  /// Creates a network with drawn weights: normal by the outputs of one group (He et al., 2015) for
  /// convolutions, uniform between `±1 / sqrt(classes)` for the head, as in TensorFlow's code.
  public init(
    _ architecture: MobileArchitecture, classCount: Int = 1000, using random: inout RandomSource
  ) {
    var weights = WeightSource(
      convolution: .heNormalFanOut, linear: .uniform(1 / Double(classCount).squareRoot()),
      countsOneGroup: true, using: random)
    self.init(architecture, classCount: classCount, weights: &weights)
    random = weights.random
  }

  /// Creates a network with weights from a source.
  public init(
    _ architecture: MobileArchitecture, classCount: Int, weights: inout WeightSource
  ) {
    self.architecture = architecture
    let (norm, activation) = (architecture.norm, architecture.activation)
    stem = ConvNorm(
      inputs: 3, outputs: architecture.stemWidth, window: 3, stride: 2,
      padding: architecture.padding(of: 3), norm: norm, activation: activation, using: &weights)
    var channels = architecture.stemWidth
    var number = 0.0
    stages = []
    for stage in architecture.stages {
      var blocks: [InvertedResidual] = []
      for index in 0..<stage.repeats {
        blocks.append(
          InvertedResidual(
            stage, of: architecture, inputs: channels, stride: index == 0 ? stage.stride : 1,
            dropProbability: architecture.stochasticDepth * number
              / Double(architecture.blockCount),
            using: &weights))
        channels = stage.width
        number += 1
      }
      stages.append(blocks)
    }
    top = ConvNorm(
      inputs: channels, outputs: architecture.headWidth, window: 1, norm: norm,
      activation: activation, using: &weights)
    dropout = Dropout(architecture.dropout)
    head = Linear(
      inputs: architecture.headWidth, outputs: classCount, initializer: weights.linear,
      using: &weights.random)
  }

  /// Presents torchvision's names where it has the network, else timm's.
  public mutating func visit(_ walk: inout Walk) {
    var inner = walk
    inner.naming = self.naming(walk.naming)
    visitParts(&inner)
  }

  /// Runs the network.
  public mutating func forward(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    head.forward(dropout.forward(features(images, &pass), &pass), &pass)
  }

  /// The means of the last maps, `[batch, width]`.
  public mutating func features(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    var output = stem.forward(images, &pass)
    for stage in stages.indices {
      for block in stages[stage].indices {
        output = stages[stage][block].forward(output, &pass)
      }
    }
    return top.forward(output, &pass).globalAveragePooled()
  }

  /// Presents the units in order of execution.
  public mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    body(&stem)
    for stage in stages.indices {
      for block in stages[stage].indices { stages[stage][block].forEachUnit(body) }
    }
    body(&top)
  }

  /// `classifier.1` in torchvision, `classifier` in timm.
  public func headName(_ naming: Naming) -> String {
    self.naming(naming) == .torchvision ? "classifier.1" : "classifier"
  }

  private func naming(_ wanted: Naming) -> Naming {
    let known: [Naming] = architecture.layout == nil ? [.timm] : [.torchvision, .timm]
    return known.contains(wanted) ? wanted : known[0]
  }

  private mutating func visitParts(_ walk: inout Walk) {
    let isTorchvision = walk.naming == .torchvision
    let layout = isTorchvision ? architecture.layout : nil
    let names = Names(layout, blockCounts: architecture.stages.map(\.repeats))
    walk.child(names.stem.0, &stem.convolution)
    walk.child(names.stem.1, &stem.norm)
    for stage in stages.indices {
      for block in stages[stage].indices {
        walk.child(names.blocks[stage][block], &stages[stage][block])
      }
    }
    walk.child(names.top.0, &top.convolution)
    walk.child(names.top.1, &top.norm)
    walk.child(headName(walk.naming), &head)
  }
}

/// The names of a mobile network's parts.
private struct Names {
  var stem: (String, String)
  var blocks: [[String]]
  var top: (String, String)

  init(_ layout: MobileArchitecture.Layout?, blockCounts counts: [Int]) {
    func numbered(_ name: (_ stage: Int, _ block: Int) -> String) -> [[String]] {
      counts.indices.map { stage in (0..<counts[stage]).map { name(stage, $0) } }
    }
    switch layout {
    case nil:
      stem = ("conv_stem", "bn1")
      blocks = numbered { "blocks.\($0).\($1)" }
      top = ("conv_head", "bn2")
    case .efficientNet:
      stem = ("features.0.0", "features.0.1")
      blocks = numbered { "features.\($0 + 1).\($1)" }
      let last = counts.count + 1
      top = ("features.\(last).0", "features.\(last).1")
    case .mobileNetV2:
      stem = ("features.0.0", "features.0.1")
      blocks = numbered { stage, block in
        "features.\(1 + counts[..<stage].reduce(0, +) + block)"
      }
      let last = 1 + counts.reduce(0, +)
      top = ("features.\(last).0", "features.\(last).1")
    case .mnasNet:
      // The first stage stands in the outer list, layer by layer.
      stem = ("layers.0", "layers.1")
      blocks = numbered { stage, block in stage == 0 ? "" : "layers.\(stage + 7).\(block)" }
      top = ("layers.14", "layers.15")
    }
  }
}
