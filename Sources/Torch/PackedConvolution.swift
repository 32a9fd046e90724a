private enum Ops {
  static let pack = Operator("swiftlet::pack_convolution")
  static let convolution = Operator("swiftlet::packed_convolution")
  static let squeezeExcitation = Operator("swiftlet::squeeze_excitation")
}

/// What the operators for networks in use apply to their results.
///
/// The numbers are those of `ctorch::Activation`.
public enum FusedActivation: Int, Sendable, Hashable, CaseIterable {
  /// Nothing.
  case none
  /// `max(x, 0)`.
  case relu
  /// `min(max(x, 0), 6)`.
  case relu6
  /// `x * sigmoid(x)`.
  case silu
  /// `x * relu6(x + 3) / 6`.
  case hardSwish
  /// `1 / (1 + exp(-x))`.
  case sigmoid
}

/// A convolution of a network in use: bias, residual and activation are part of it, and its weights
/// are brought into the order in which they are read once instead of in every call.
///
/// With `float32` on a processor with vectors of eight or sixteen the result is a channels-last
/// tensor made by kernels of its own: square windows of any size over all channels, and of 3, 5 and 7
/// with a kernel per channel, from 8 or 16 outputs on. Anything else, gradients included, goes through
/// libtorch's plain operators.
///
/// - Shapes: `[batch, inputs, height, width]` becomes `[batch, outputs, newHeight, newWidth]`.
/// - Numerics: as the plain operators up to the order of sums, a few units in the last place.
///
/// ```swift
/// let layer = PackedConvolution(weight: weight, bias: bias, activation: .relu6)
/// let output = layer(images)
/// ```
public struct PackedConvolution: Sendable {
  /// `[outputs, inputs / groups, window, window]`, as it was given.
  public let weight: Tensor
  /// `[outputs]`.
  public let bias: Tensor
  /// Step between two positions.
  public let stride: Int
  /// How the border is treated.
  public let padding: Padding
  /// Into how many separate convolutions the channels are divided.
  public let groups: Int
  /// What is applied last.
  public let activation: FusedActivation
  private let packed: Tensor

  /// Packs a convolution.
  public init(
    weight: Tensor, bias: Tensor, stride: Int = 1, padding: Padding = .valid, groups: Int = 1,
    activation: FusedActivation = .none
  ) {
    require(weight.rank == 4, "PackedConvolution: the weight \(weight.summary) must have 4 axes")
    self.weight = weight.detached()
    self.bias = bias.detached()
    self.stride = stride
    self.padding = padding
    self.groups = groups
    self.activation = activation
    let border = Self.border(of: padding, weight, stride: stride, height: 224, width: 224)
    packed = Ops.pack(.tensor(self.weight), .int(stride), .ints(border), .int(groups))
  }

  /// Whether the kernels for packed weights are made for this convolution and this machine.
  public var isPacked: Bool { packed.count > 0 }

  /// Applies the convolution, adds the residual, then applies the activation.
  ///
  /// - Parameters:
  ///   - input: The images; channels-last ones are taken as they are.
  ///   - residual: What is added, of the result's shape.
  /// - Returns: The result, channels last where the convolution is packed.
  public func callAsFunction(_ input: Tensor, adding residual: Tensor? = nil) -> Tensor {
    require(input.rank == 4, "PackedConvolution: the input \(input.summary) must have 4 axes")
    let border = Self.border(
      of: padding, weight, stride: stride, height: input.extent(2), width: input.extent(3))
    return Ops.convolution(
      .tensor(input), .tensor(weight), .tensor(packed), .tensor(bias), .optional(residual),
      .int(stride), .ints(border), .int(groups), .int(activation.rawValue))
  }

  /// Zeros left, right, above and below.
  private static func border(
    of padding: Padding, _ weight: Tensor, stride: Int, height: Int, width: Int
  ) -> [Int] {
    let vertical = padding.amounts(extent: height, window: weight.extent(2), stride: stride)
    let horizontal = padding.amounts(extent: width, window: weight.extent(3), stride: stride)
    return [horizontal.before, horizontal.after, vertical.before, vertical.after]
  }
}

extension Tensor {
  /// Every channel scaled by a gate computed from the means of all channels.
  ///
  /// One call and two passes over channels-last `float32` images on the processor; plain operators
  /// for everything else, gradients included.
  ///
  /// - Shapes: this tensor is `[batch, channels, height, width]`, `reduceWeight` is
  ///   `[few, channels, 1, 1]`, `expandWeight` is `[channels, few, 1, 1]`.
  /// - Paper: Hu et al., *Squeeze-and-Excitation Networks* (2018), section 3.
  /// - Parameters:
  ///   - reduceWeight: From the means to few channels.
  ///   - reduceBias: Added to the few channels.
  ///   - expandWeight: Back to all channels, before a sigmoid.
  ///   - expandBias: Added to all channels.
  ///   - activation: What stands between the two.
  /// - Returns: The scaled images, laid out like these.
  public func squeezeExcited(
    reduceWeight: Tensor, reduceBias: Tensor, expandWeight: Tensor, expandBias: Tensor,
    activation: FusedActivation
  ) -> Tensor {
    Ops.squeezeExcitation(
      .tensor(self), .tensor(reduceWeight), .tensor(reduceBias), .tensor(expandWeight),
      .tensor(expandBias), .int(activation.rawValue))
  }
}
