import Learning
import Torch

extension ImageClassifier {
  /// The same network made ready for use: every batch norm is folded into its convolution, and
  /// weights are packed for this machine's kernels, which apply residual and activation on the way.
  ///
  /// The result is a network like any other, without batch norms, so it has other tensor names and is
  /// not what a checkpoint of the network's kind holds. Logits differ from those of the plain network
  /// in inference by rounding. Convolutions run packed in inference only, and only as long as nobody
  /// changes their weights; after training, a change of type or a move to another device they run
  /// plain.
  ///
  /// - Numerics: folding is done in `float64`.
  ///
  /// ```swift
  /// let quick = network.fused()
  /// let logits = quick(images)
  /// ```
  public func fused() -> Self {
    var copy = self
    copy.forEachUnit { unit in
      unit.fold()
      unit.pack()
    }
    return copy
  }

  /// The same network with every batch norm folded into its convolution, nothing else.
  public func folded() -> Self {
    var copy = self
    copy.forEachUnit { $0.fold() }
    return copy
  }
}

extension ConvNorm {
  /// Replaces convolution and norm by one convolution that does the same in inference:
  /// `w ← w s` and `b ← (b - mean) s + offset` with `s = scale / sqrt(variance + epsilon)`.
  ///
  /// - Paper: Jacob et al., *Quantization and Training of Neural Networks for Efficient
  ///   Integer-Arithmetic-Only Inference* (2018), section 3.2, equation 14.
  public mutating func fold() {
    guard let norm else { return }
    let type = convolution.weight.elementType
    let wide = norm.cast(to: .float64)
    let scale = wide.weight / (wide.runningVariance + norm.epsilon).sqrt()
    let weight = convolution.weight.cast(to: .float64) * scale.reshaped(to: [scale.count, 1, 1, 1])
    let before = convolution.bias?.cast(to: .float64) ?? wide.runningMean.zerosLike()
    convolution.weight = weight.cast(to: type)
    convolution.bias = ((before - wide.runningMean) * scale + wide.bias).cast(to: type)
    self.norm = nil
  }

  /// Packs the convolution of a unit without a norm; others stay as they are.
  mutating func pack() {
    guard norm == nil, convolution.dilation == 1 else { return }
    let weight = convolution.weight
    let made = PackedConvolution(
      weight: weight,
      bias: convolution.bias
        ?? Tensor(zeros: [weight.extent(0)], weight.elementType, on: weight.device),
      stride: convolution.stride, padding: convolution.padding, groups: convolution.groups,
      activation: activation?.fused ?? .none)
    packed = made.isPacked ? made : nil
  }

  /// The packed convolution, if it is still that of the unit's weights.
  ///
  /// The packed form holds the tensors it was made from, so they cannot have been changed in place:
  /// other numbers are in other memory.
  var current: PackedConvolution? {
    let weight = convolution.weight
    guard let packed, norm == nil, !weight.isTracked, packed.weight.address == weight.address,
      (convolution.bias ?? packed.bias).address == packed.bias.address
    else { return nil }
    return packed
  }
}

extension ConvNorm {
  /// Runs the unit with packed weights.
  func forward(
    _ input: Tensor, adding residual: Tensor?, with packed: PackedConvolution, _ pass: inout Pass
  ) -> Tensor {
    var output = packed(input, adding: residual)
    if let activation, activation.fused == nil { output = activation(output) }
    convolution.note(output, &pass)
    return output
  }
}

extension Activation {
  /// The form that the kernels of networks in use apply themselves.
  var fused: FusedActivation? {
    switch self {
    case .relu: .relu
    case .relu6: .relu6
    case .silu: .silu
    case .hardSwish: .hardSwish
    case .sigmoid: .sigmoid
    case .identity: FusedActivation.none
    default: nil
    }
  }
}
