import Learning
import Torch

/// How batch norms of a backbone count.
public struct NormSettings: Sendable, Hashable, Codable {
  /// Added to the variance.
  public var epsilon: Double
  /// The weight of a new batch in the running statistics.
  public var momentum: Double

  /// Creates settings; PyTorch's unless told.
  public init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

/// A convolution, then batch norm, then an activation: the unit convolutional backbones are made of.
///
/// Convolution and norm have no common name in public checkpoints, so whoever holds a unit presents
/// both parts:
///
/// ```swift
/// walk.child("conv1", &unit.convolution)
/// walk.child("bn1", &unit.norm)
/// ```
public struct ConvNorm: Sendable {
  /// The convolution, without a bias where a norm follows.
  public var convolution: Convolution
  /// The norm; `nil` where none belongs or once it has been folded into the convolution.
  public var norm: BatchNorm?
  /// What is applied last; `nil` for nothing.
  public var activation: Activation?
  /// The convolution as the kernels of networks in use read it; see ``ImageClassifier/fused()``.
  var packed: PackedConvolution?

  /// Creates a unit whose convolution has no bias.
  ///
  /// - Parameters:
  ///   - inputs: Channels of the input.
  ///   - outputs: Channels of the result.
  ///   - window: Side of the kernel.
  ///   - stride: Step between two positions.
  ///   - padding: How the border is treated; `(window - 1) / 2` zeros on every side when `nil`.
  ///   - groups: Into how many separate convolutions the channels are divided.
  ///   - norm: How the norm counts; `nil` for no norm.
  ///   - activation: What is applied last.
  ///   - weights: Where the first weights come from.
  public init(
    inputs: Int, outputs: Int, window: Int, stride: Int = 1, padding: Padding? = nil,
    groups: Int = 1, norm: NormSettings? = NormSettings(), activation: Activation? = nil,
    using weights: inout WeightSource
  ) {
    convolution = Convolution(
      inputs: inputs, outputs: outputs, window: window, stride: stride,
      padding: padding ?? .border((window - 1) / 2), groups: groups, bias: false,
      initializer: weights.convolution(outputs: outputs, window: window, groups: groups),
      using: &weights.random)
    self.norm = norm.map {
      BatchNorm(channels: outputs, momentum: $0.momentum, epsilon: $0.epsilon)
    }
    self.activation = activation
  }

  /// Runs the unit; a residual is added before the activation.
  ///
  /// - Shapes: `[batch, inputs, height, width]` becomes `[batch, outputs, newHeight, newWidth]`,
  ///   which is also the residual's shape.
  public mutating func forward(
    _ input: Tensor, adding residual: Tensor? = nil, _ pass: inout Pass
  ) -> Tensor {
    if pass.mode == .inference, let current {
      return forward(input, adding: residual, with: current, &pass)
    }
    var output = convolution.forward(input, &pass)
    output = norm?.forward(output, &pass) ?? output
    if let residual { output = output + residual }
    return activation?(output) ?? output
  }
}
