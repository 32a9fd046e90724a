private enum Ops {
  static let batchNorm = Operator("aten::native_batch_norm")
  static let layerNorm = Operator("aten::native_layer_norm")
  static let rmsNorm = Operator("aten::rms_norm")
  static let groupNorm = Operator("aten::group_norm")
}

/// Normalization with the statistics of this input.
///
/// Scales, offsets and statistics are made gapless first: the gradient of libtorch's CPU kernel
/// reads them as if they were.
extension Tensor {
  /// Batch normalization of `[batch, channels, ...]` with the statistics of this batch.
  ///
  /// - Returns: the result, and this batch's mean and biased variance per channel (constants), from
  ///   which running statistics are kept.
  public func batchNormalized(scale: Tensor?, offset: Tensor?, epsilon: Double)
    -> (output: Tensor, mean: Tensor, variance: Tensor)
  {
    let results = Ops.batchNorm.tensors(
      .tensor(self), .optional(scale?.rowMajor()), .optional(offset?.rowMajor()), .none, .none,
      .bool(true), .real(0), .real(epsilon))
    let deviation = results[2].detached()
    return (results[0], results[1].detached(), deviation.power(-2) - epsilon)
  }

  /// Batch normalization of `[batch, channels, ...]` with given statistics.
  public func batchNormalized(
    mean: Tensor, variance: Tensor, scale: Tensor?, offset: Tensor?, epsilon: Double
  ) -> Tensor {
    Ops.batchNorm.tensors(
      .tensor(self), .optional(scale?.rowMajor()), .optional(offset?.rowMajor()),
      .tensor(mean.rowMajor()), .tensor(variance.rowMajor()), .bool(false), .real(0),
      .real(epsilon))[0]
  }

  /// Layer normalization over the last axes, as many as `scale` has.
  public func layerNormalized(scale: Tensor, offset: Tensor?, epsilon: Double) -> Tensor {
    Ops.layerNorm.tensors(
      .tensor(self), .ints(scale.shape), .tensor(scale), .optional(offset), .real(epsilon))[0]
  }

  /// Division by the root of the mean square over the last axes, as many as `scale` has.
  ///
  /// - Paper: Zhang and Sennrich, *Root Mean Square Layer Normalization* (2019), eq. 4.
  public func rootMeanSquareNormalized(scale: Tensor, epsilon: Double) -> Tensor {
    Ops.rmsNorm(.tensor(self), .ints(scale.shape), .tensor(scale), .real(epsilon))
  }

  /// Group normalization of `[batch, channels, ...]`.
  public func groupNormalized(groups: Int, scale: Tensor?, offset: Tensor?, epsilon: Double)
    -> Tensor
  {
    Ops.groupNorm(
      .tensor(self), .int(groups), .optional(scale), .optional(offset), .real(epsilon))
  }
}
