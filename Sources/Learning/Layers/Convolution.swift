import Randomness
import Torch

/// A two-dimensional convolution.
///
/// - Shapes: `[batch, inputs, height, width]` becomes `[batch, outputs, newHeight, newWidth]`; the
///   weight is `[outputs, inputs / groups, window, windowWidth]`.
public struct Convolution: Layer {
  /// `[outputs, inputs / groups, window, windowWidth]`.
  public var weight: Tensor
  /// `[outputs]`.
  public var bias: Tensor?
  /// Step between two positions.
  public var stride: Int
  /// How the border is treated.
  public var padding: Padding
  /// Step between two elements of the window.
  public var dilation: Int
  /// Into how many separate convolutions the channels are divided.
  public var groups: Int

  /// Creates a convolution with drawn weights and, if wanted, a bias of zeros.
  ///
  /// The kernel has `window` rows and, unless `windowWidth` says otherwise, as many columns.
  ///
  /// - Precondition: `groups` divides `inputs` and `outputs`.
  public init(
    inputs: Int, outputs: Int, window: Int, windowWidth: Int? = nil, stride: Int = 1,
    padding: Padding = .valid, dilation: Int = 1, groups: Int = 1, bias: Bool = true,
    initializer: Initializer = .heNormal,
    using random: inout RandomSource
  ) {
    precondition(
      inputs % groups == 0 && outputs % groups == 0,
      "\(groups) groups do not divide \(inputs) inputs and \(outputs) outputs")
    weight = initializer.tensor(
      [outputs, inputs / groups, window, windowWidth ?? window], using: &random)
    self.bias = bias ? Tensor(zeros: [outputs]) : nil
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// Presents `weight` and `bias`.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
  }

  /// Applies the convolution.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    let output = supplied(by: pass)(input)
    note(output, &pass)
    return output
  }

  /// The convolution with the weight that the pass has for it.
  private func supplied(by pass: Pass) -> Convolution {
    guard let supply = pass.weightSupply else { return self }
    var copy = self
    copy.weight = supply(weight)
    return copy
  }

  /// Notes the work of a result in the pass's trace, for whoever computes it in another way.
  public func note(_ output: Tensor, _ pass: inout Pass) {
    pass.note(
      "convolution", weight: weight, output: output,
      multiplyAdds: output.count * weight.count / weight.extent(0))
  }

  /// Applies the convolution; it is the same in training and inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    input.convolved(
      with: weight, bias: bias, stride: stride, padding: padding, dilation: dilation,
      groups: groups)
  }
}
