import Learning
import Torch

/// Scales every channel by a gate computed from the means of all channels.
///
/// - Shapes: `[batch, channels, height, width]` keeps its shape.
/// - Paper: Hu et al., *Squeeze-and-Excitation Networks* (2018), section 3.
public struct SqueezeExcitation: Layer {
  /// From the means to few channels, 1x1 with a bias.
  public var reduce: Convolution
  /// Back to all channels, 1x1 with a bias; a sigmoid makes gates of them.
  public var expand: Convolution
  /// What stands between the two.
  public let activation: Activation

  /// Creates the layer.
  public init(
    channels: Int, squeezed: Int, activation: Activation, using weights: inout WeightSource
  ) {
    reduce = Convolution(
      inputs: channels, outputs: squeezed, window: 1, initializer: weights.convolution,
      using: &weights.random)
    expand = Convolution(
      inputs: squeezed, outputs: channels, window: 1, initializer: weights.convolution,
      using: &weights.random)
    self.activation = activation
  }

  /// Presents timm's names, or torchvision's where those are asked for.
  public mutating func visit(_ walk: inout Walk) {
    let isTorchvision = walk.naming == .torchvision
    walk.child(isTorchvision ? "fc1" : "conv_reduce", &reduce)
    walk.child(isTorchvision ? "fc2" : "conv_expand", &expand)
  }

  /// Scales the channels.
  public mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    if pass.mode == .inference, pass.trace?.isTimed ?? true, let output = gated(input) {
      pass.note(
        "squeeze-excitation", weight: reduce.weight, output: output,
        multiplyAdds: input.extent(0) * (reduce.weight.count + expand.weight.count))
      return output
    }
    let means = input.mean(along: 2, 3, keepingAxes: true)
    let squeezed = activation(reduce.forward(means, &pass))
    return input * expand.forward(squeezed, &pass).sigmoid()
  }

  /// The result by one operator, where the activation allows.
  private func gated(_ input: Tensor) -> Tensor? {
    guard let activation = activation.fused, let reduceBias = reduce.bias,
      let expandBias = expand.bias
    else { return nil }
    return input.squeezeExcited(
      reduceWeight: reduce.weight, reduceBias: reduceBias, expandWeight: expand.weight,
      expandBias: expandBias, activation: activation)
  }
}
