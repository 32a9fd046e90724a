import Torch

/// Batch normalization of `[batch, channels, ...]`.
///
/// Training uses the statistics of the batch and keeps running ones; inference uses those.
///
/// - Numerics: PyTorch's conventions: the batch is normalized by its biased variance, the running
///   variance follows the unbiased one, and `momentum` is the weight of the new batch.
/// - Paper: Ioffe and Szegedy, *Batch Normalization* (2015).
public struct BatchNorm: Layer {
  /// `[channels]`, the scale.
  public var weight: Tensor
  /// `[channels]`, the offset.
  public var bias: Tensor
  /// `[channels]`.
  public var runningMean: Tensor
  /// `[channels]`.
  public var runningVariance: Tensor
  /// How many batches the running statistics have seen, `int64` scalar.
  public var batchCount: Tensor
  /// The weight of a new batch in the running statistics.
  public var momentum: Double
  /// Added to the variance.
  public var epsilon: Double

  /// Creates a normalization that changes nothing but the statistics.
  public init(channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5) {
    weight = Tensor(ones: [channels])
    bias = Tensor(zeros: [channels])
    runningMean = Tensor(zeros: [channels])
    runningVariance = Tensor(ones: [channels])
    batchCount = Tensor(0, .int64)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Presents torchvision's five names.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
    walk.buffer("running_mean", &runningMean)
    walk.buffer("running_var", &runningVariance)
    walk.buffer("num_batches_tracked", &batchCount)
  }

  /// Normalizes; in training the running statistics move towards those of the batch.
  public mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    guard pass.mode == .training else { return self(input) }
    let (output, mean, variance) = input.batchNormalized(
      scale: weight, offset: bias, epsilon: epsilon)
    let count = Double(input.count / input.extent(1))
    let unbiased = variance * (count / max(count - 1, 1))
    runningMean = runningMean.interpolated(to: mean, weight: momentum)
    runningVariance = runningVariance.interpolated(to: unbiased, weight: momentum)
    batchCount = batchCount + 1
    return output
  }

  /// Normalizes with the running statistics.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    input.batchNormalized(
      mean: runningMean, variance: runningVariance, scale: weight, offset: bias, epsilon: epsilon)
  }
}

/// Layer normalization over the last axis.
///
/// - Paper: Ba, Kiros and Hinton, *Layer Normalization* (2016).
public struct LayerNorm: Layer {
  /// `[width]`, the scale.
  public var weight: Tensor
  /// `[width]`, the offset.
  public var bias: Tensor
  /// Added to the variance.
  public var epsilon: Double

  /// Creates a normalization with scale 1 and offset 0.
  public init(width: Int, epsilon: Double = 1e-5) {
    weight = Tensor(ones: [width])
    bias = Tensor(zeros: [width])
    self.epsilon = epsilon
  }

  /// Presents `weight` and `bias`.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
  }

  /// Normalizes the last axis.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor { self(input) }

  /// Normalizes the last axis; it is the same in training and inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    input.layerNormalized(scale: weight, offset: bias, epsilon: epsilon)
  }
}
