private enum Ops {
  // Not aten::convolution, which autocasting on the processor passes over.
  static let convolution = Operator("aten::conv2d")
  static let transposedConvolution = Operator("aten::conv_transpose2d", "input")
  static let episodeBlock = Operator("swiftlet::episode_block")
  static let smallConvolution = Operator("swiftlet::small_convolution")
  static let maxPool = Operator("aten::max_pool2d")
  static let avgPool = Operator("aten::avg_pool2d")
  static let adaptiveAvgPool = Operator("aten::adaptive_avg_pool2d")
  static let unfold = Operator("aten::im2col")
  static let bilinear = Operator("aten::upsample_bilinear2d")
  static let nearest = Operator("aten::upsample_nearest2d")
}

/// How a convolution or pooling treats the border.
public enum Padding: Sendable, Hashable {
  /// No border: the window stays inside.
  case valid
  /// TensorFlow's rule: the output has `ceil(side / stride)` positions, and where an odd number of
  /// rows is missing the extra one is added at the bottom and right.
  case same
  /// This many rows and columns of zeros on every side.
  case border(Int)

  /// Zeros before and after an axis of the given extent.
  public func amounts(extent: Int, window: Int, stride: Int, dilation: Int = 1)
    -> (before: Int, after: Int)
  {
    switch self {
    case .valid: return (0, 0)
    case .border(let width): return (width, width)
    case .same:
      let span = (window - 1) * dilation + 1
      let missing = Swift.max(((extent + stride - 1) / stride - 1) * stride + span - extent, 0)
      return (missing / 2, missing - missing / 2)
    }
  }
}

/// Convolutions and pooling over `[batch, channels, height, width]`.
extension Tensor {
  /// Two-dimensional convolution.
  ///
  /// - Shapes: this tensor is `[batch, channels, height, width]`, `weight` is
  ///   `[outputs, channels / groups, kernelHeight, kernelWidth]`, `bias` is `[outputs]`.
  public func convolved(
    with weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding = .valid,
    dilation: Int = 1, groups: Int = 1
  ) -> Tensor {
    require(
      rank == 4 && weight.rank == 4,
      "convolved: input \(summary) and weight \(weight.summary) must both have 4 axes")
    let kernel = (height: weight.extent(2), width: weight.extent(3))
    let vertical = padding.amounts(
      extent: extent(2), window: kernel.height, stride: stride, dilation: dilation)
    let horizontal = padding.amounts(
      extent: extent(3), window: kernel.width, stride: stride, dilation: dilation)
    var input = self
    var border = [vertical.before, horizontal.before]
    if vertical.before != vertical.after || horizontal.before != horizontal.after {
      input = padded([horizontal.before, horizontal.after, vertical.before, vertical.after])
      border = [0, 0]
    }
    return Ops.convolution(
      .tensor(input), .tensor(weight), .optional(bias), .ints([stride, stride]), .ints(border),
      .ints([dilation, dilation]), .int(groups))
  }

  /// Two-dimensional transposed convolution, the map that a convolution's gradient applies.
  ///
  /// - Shapes: this tensor is `[batch, channels, height, width]`, `weight` is
  ///   `[channels, outputs / groups, kernelHeight, kernelWidth]`, `bias` is `[outputs]`; a side of
  ///   the result is `(side - 1) stride - 2 border + (kernel - 1) dilation + 1 + extra`.
  public func transposedConvolved(
    with weight: Tensor, bias: Tensor? = nil, stride: Int = 1, border: Int = 0, extra: Int = 0,
    dilation: Int = 1, groups: Int = 1
  ) -> Tensor {
    Ops.transposedConvolution(
      .tensor(self), .tensor(weight), .optional(bias), .ints([stride, stride]),
      .ints([border, border]), .ints([extra, extra]), .int(groups), .ints([dilation, dilation]))
  }

  /// A layer of many small networks at once: convolution that keeps the size, 2x2 max-pooling and a
  /// rectifier, in this order.
  ///
  /// Equal to `convolved(with: weight, bias: bias, padding: .same, groups: networks)`, `maxPooled`
  /// and `leakyRelu(slope:)`, but several times quicker for `float32` on the processor, where only
  /// the pooled map is ever stored. Rectifying before pooling gives the same, because a rectifier
  /// keeps the order of values.
  ///
  /// - Shapes: this tensor is `[batch, networks * inputs, height, width]`, `weight` is
  ///   `[networks * outputs, inputs, window, window]` with an odd window, `bias` is
  ///   `[networks * outputs]`.
  /// - Parameters:
  ///   - weight: The kernels, network by network.
  ///   - bias: Added to the convolution.
  ///   - networks: Into how many networks the channels are divided.
  ///   - slope: Factor of negative values: 0 for the plain rectifier, 1 for none.
  /// - Returns: `[batch, networks * outputs, height / 2, width / 2]`, rounded down.
  public func convolvedAndPooled(
    with weight: Tensor, bias: Tensor? = nil, networks: Int = 1, slope: Double = 0
  ) -> Tensor {
    require(
      rank == 4 && weight.rank == 4 && weight.extent(2) % 2 == 1 && weight.extent(3) % 2 == 1,
      "convolvedAndPooled: input \(summary) and weight \(weight.summary) must both have 4 axes, "
        + "and the window must be odd")
    return Ops.episodeBlock(
      .tensor(self), .tensor(weight), .optional(bias), .int(networks), .real(slope))
  }

  /// A convolution of many small images with few channels, and a rectifier.
  ///
  /// Equal to `convolved(with: weight, bias: bias, stride: stride, padding: padding)` and
  /// `leakyRelu(slope:)`, but quicker for `float32` on the processor with up to about 32 channels.
  ///
  /// - Shapes: this tensor is `[batch, inputs, height, width]`, `weight` is
  ///   `[outputs, inputs, window, window]`, `bias` is `[outputs]`.
  /// - Parameters:
  ///   - weight: The kernels.
  ///   - bias: Added to the convolution.
  ///   - stride: Step between two positions.
  ///   - padding: How the border is treated.
  ///   - slope: Factor of negative values: 0 for the plain rectifier, 1 for none.
  /// - Returns: `[batch, outputs, newHeight, newWidth]`.
  public func convolvedAndRectified(
    with weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding = .valid,
    slope: Double = 0
  ) -> Tensor {
    require(
      rank == 4 && weight.rank == 4,
      "convolvedAndRectified: input \(summary) and weight \(weight.summary) must both have 4 axes")
    let vertical = padding.amounts(extent: extent(2), window: weight.extent(2), stride: stride)
    let horizontal = padding.amounts(extent: extent(3), window: weight.extent(3), stride: stride)
    let border = [horizontal.before, horizontal.after, vertical.before, vertical.after]
    return Ops.smallConvolution(
      .tensor(self), .tensor(weight), .optional(bias), .int(stride), .ints(border), .real(slope))
  }

  /// The largest value of each window; without a stride the windows do not overlap.
  public func maxPooled(window: Int, stride: Int? = nil, border: Int = 0) -> Tensor {
    let step = stride ?? window
    return Ops.maxPool(
      .tensor(self), .ints([window, window]), .ints([step, step]), .ints([border, border]))
  }

  /// The mean of each window; without a stride the windows do not overlap. The zeros of the border
  /// count unless told otherwise.
  public func averagePooled(
    window: Int, stride: Int? = nil, border: Int = 0, countingBorder: Bool = true
  ) -> Tensor {
    let step = stride ?? window
    return Ops.avgPool(
      .tensor(self), .ints([window, window]), .ints([step, step]), .ints([border, border]),
      .bool(false), .bool(countingBorder))
  }

  /// Means over a grid of the given size, whatever the input size.
  public func averagePooled(toHeight height: Int, width: Int) -> Tensor {
    Ops.adaptiveAvgPool(.tensor(self), .ints([height, width]))
  }

  /// The mean of every channel: `[batch, channels, height, width]` becomes `[batch, channels]`.
  public func globalAveragePooled() -> Tensor { mean(along: 2, 3) }

  /// The windows of a convolution as columns:
  /// `[batch, channels * window * window, positions]`.
  public func windowColumns(window: Int, stride: Int = 1, border: Int = 0) -> Tensor {
    Ops.unfold(
      .tensor(self), .ints([window, window]), .ints([1, 1]), .ints([border, border]),
      .ints([stride, stride]))
  }

  /// Bilinear resizing to `height` x `width`, pixel centers at half positions, no antialiasing.
  public func resizedBilinear(height: Int, width: Int) -> Tensor {
    Ops.bilinear(.tensor(self), .ints([height, width]), .bool(false))
  }

  /// Resizing to `height` x `width` by repetition.
  public func resizedNearest(height: Int, width: Int) -> Tensor {
    Ops.nearest(.tensor(self), .ints([height, width]))
  }
}
