import Learning
import Torch

/// The block of mobile networks: widen, filter every channel on its own, gate, narrow.
///
/// Without an expansion it is a depthwise-separable convolution. The result is added to the input
/// where the shapes allow and the stage wants it.
///
/// - Shapes: `[batch, inputs, height, width]` becomes `[batch, outputs, newHeight, newWidth]`.
/// - Paper: Sandler et al., *MobileNetV2: Inverted Residuals and Linear Bottlenecks* (2018), figure 4;
///   with gates: Tan et al., *MnasNet* (2019), figure 7.
public struct InvertedResidual: Layer {
  /// 1x1 to the expanded width; `nil` where the expansion is 1.
  public var expansion: ConvNorm?
  /// One kernel for every channel.
  public var depthwise: ConvNorm
  /// The gate of the expanded channels.
  public var gate: SqueezeExcitation?
  /// 1x1 to the block's width, without an activation.
  public var projection: ConvNorm
  /// Leaves the block out for some samples in training.
  public var depth: StochasticDepth
  /// Whether the input is added.
  public let isResidual: Bool
  /// How torchvision calls the parts.
  let layout: MobileArchitecture.Layout?

  /// Creates the block of an architecture's stage.
  init(
    _ stage: MobileArchitecture.Stage, of architecture: MobileArchitecture, inputs: Int,
    stride: Int, dropProbability: Double, using weights: inout WeightSource
  ) {
    let (norm, activation) = (architecture.norm, architecture.activation)
    let inner = inputs * stage.expansion
    if stage.expansion > 1 {
      expansion = ConvNorm(
        inputs: inputs, outputs: inner, window: 1, norm: norm, activation: activation,
        using: &weights)
    }
    depthwise = ConvNorm(
      inputs: inner, outputs: inner, window: stage.window, stride: stride,
      padding: architecture.padding(of: stage.window), groups: inner, norm: norm,
      activation: activation, using: &weights)
    if stage.squeeze > 0 {
      // The squeezed width counts the block's own input, not the expanded one.
      gate = SqueezeExcitation(
        channels: inner, squeezed: max(1, Int(Double(inputs) * stage.squeeze)),
        activation: activation, using: &weights)
    }
    projection = ConvNorm(
      inputs: inner, outputs: stage.width, window: 1, norm: norm, using: &weights)
    depth = StochasticDepth(dropProbability)
    isResidual = stage.isResidual && stride == 1 && inputs == stage.width
    layout = architecture.layout
  }

  /// Presents timm's names, or torchvision's where those are asked for and exist.
  public mutating func visit(_ walk: inout Walk) {
    let names = walk.naming == .torchvision ? torchvisionNames : timmNames
    if var unit = expansion.take() {
      walk.child(names.expansion.0, &unit.convolution)
      walk.child(names.expansion.1, &unit.norm)
      expansion = unit
    }
    walk.child(names.depthwise.0, &depthwise.convolution)
    walk.child(names.depthwise.1, &depthwise.norm)
    walk.child(names.gate, &gate)
    walk.child(names.projection.0, &projection.convolution)
    walk.child(names.projection.1, &projection.norm)
  }

  /// Runs the block.
  public mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    var output = expansion?.forward(input, &pass) ?? input
    output = depthwise.forward(output, &pass)
    output = gate?.forward(output, &pass) ?? output
    let drops = isResidual && pass.mode == .training && depth.probability > 0
    guard drops else { return projection.forward(output, adding: isResidual ? input : nil, &pass) }
    return input + depth.forward(projection.forward(output, &pass), &pass)
  }

  mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    if var unit = expansion.take() {
      body(&unit)
      expansion = unit
    }
    body(&depthwise)
    body(&projection)
  }
}

extension InvertedResidual {
  /// The names of the convolution and the norm of every unit, and of the gate.
  private struct Names {
    var expansion = ("", "")
    var depthwise: (String, String)
    var gate = "se"
    var projection: (String, String)
  }

  private var timmNames: Names {
    expansion == nil
      ? Names(depthwise: ("conv_dw", "bn1"), projection: ("conv_pw", "bn2"))
      : Names(
        expansion: ("conv_pw", "bn1"), depthwise: ("conv_dw", "bn2"),
        projection: ("conv_pwl", "bn3"))
  }

  private var torchvisionNames: Names {
    let first = expansion == nil ? 0 : 1
    switch layout {
    case .mobileNetV2:
      return Names(
        expansion: ("conv.0.0", "conv.0.1"), depthwise: ("conv.\(first).0", "conv.\(first).1"),
        projection: ("conv.\(first + 1)", "conv.\(first + 2)"))
    case .efficientNet:
      let last = gate == nil ? first + 1 : first + 2
      return Names(
        expansion: ("block.0.0", "block.0.1"),
        depthwise: ("block.\(first).0", "block.\(first).1"), gate: "block.\(first + 1)",
        projection: ("block.\(last).0", "block.\(last).1"))
    case .mnasNet:
      return Names(
        expansion: ("layers.0", "layers.1"), depthwise: ("layers.3", "layers.4"),
        projection: ("layers.6", "layers.7"))
    case nil: return timmNames
    }
  }
}
