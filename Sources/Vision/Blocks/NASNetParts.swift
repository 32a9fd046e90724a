import Learning
import Torch

/// NASNet's norms.
private let norm = NormSettings(epsilon: 1e-3, momentum: 0.1)

/// A rectifier and two depthwise-separable convolutions, the second after a rectifier of its own.
struct SeparableBranch: Layer {
  var depthwise1: ConvNorm
  var pointwise1: ConvNorm
  var depthwise2: ConvNorm
  var pointwise2: ConvNorm

  // `middle` are the channels between the two; as many as the inputs in all but one cell.
  init(
    inputs: Int, outputs: Int, middle: Int, window: Int, stride: Int,
    using weights: inout WeightSource
  ) {
    func depthwise(_ channels: Int, stride: Int, _ weights: inout WeightSource) -> ConvNorm {
      ConvNorm(
        inputs: channels, outputs: channels, window: window, stride: stride, padding: .same,
        groups: channels, norm: nil, using: &weights)
    }
    depthwise1 = depthwise(inputs, stride: stride, &weights)
    pointwise1 = ConvNorm(
      inputs: inputs, outputs: middle, window: 1, norm: norm, activation: .relu, using: &weights)
    depthwise2 = depthwise(middle, stride: 1, &weights)
    pointwise2 = ConvNorm(
      inputs: middle, outputs: outputs, window: 1, norm: norm, using: &weights)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.child("separable_1.depthwise_conv2d", &depthwise1.convolution)
    walk.child("separable_1.pointwise_conv2d", &pointwise1.convolution)
    walk.child("bn_sep_1", &pointwise1.norm)
    walk.child("separable_2.depthwise_conv2d", &depthwise2.convolution)
    walk.child("separable_2.pointwise_conv2d", &pointwise2.convolution)
    walk.child("bn_sep_2", &pointwise2.norm)
  }

  mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    var output = depthwise1.forward(input.relu(), &pass)
    output = pointwise1.forward(output, &pass)
    output = depthwise2.forward(output, &pass)
    return pointwise2.forward(output, &pass)
  }

  mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    body(&depthwise1)
    body(&pointwise1)
    body(&depthwise2)
    body(&pointwise2)
  }
}

/// How a cell makes its second input fit, the output of an earlier cell: not at all, by a rectifier
/// and a 1x1 unit, or, where the resolution is another one, by a rectifier and half the channels each
/// from the even and the odd pixels.
struct PreviousFit: Sendable {
  var projection: ConvNorm?
  var even: Convolution?
  var odd: Convolution?
  var reductionNorm: BatchNorm?

  static let unchanged = PreviousFit()

  static func projection(inputs: Int, outputs: Int, using weights: inout WeightSource)
    -> PreviousFit
  {
    PreviousFit(
      projection: ConvNorm(
        inputs: inputs, outputs: outputs, window: 1, norm: norm, using: &weights))
  }

  static func reduction(inputs: Int, outputs: Int, using weights: inout WeightSource)
    -> PreviousFit
  {
    func half(_ weights: inout WeightSource) -> Convolution {
      Convolution(
        inputs: inputs, outputs: outputs / 2, window: 1, bias: false,
        initializer: weights.convolution, using: &weights.random)
    }
    var fit = PreviousFit()
    fit.even = half(&weights)
    fit.odd = half(&weights)
    fit.reductionNorm = BatchNorm(
      channels: outputs, momentum: norm.momentum, epsilon: norm.epsilon)
    return fit
  }

  mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    if let output = projection?.forward(input.relu(), &pass) { return output }
    guard let even, let odd else { return input }
    let rectified = input.relu()
    let shifted = rectified.padded([0, 1, 0, 1])[.all, .all, 1..., 1...]
    let halves = [
      even.forward(rectified[.all, .all, .stride(by: 2), .stride(by: 2)], &pass),
      odd.forward(shifted[.all, .all, .stride(by: 2), .stride(by: 2)], &pass),
    ]
    let joined = Tensor(concatenating: halves, along: 1)
    return reductionNorm?.forward(joined, &pass) ?? joined
  }
}

extension Tensor {
  /// 3x3 pooling with TensorFlow's borders.
  func pooled3(_ kind: PoolKind, stride: Int) -> Tensor {
    let vertical = Padding.same.amounts(extent: extent(2), window: 3, stride: stride)
    let horizontal = Padding.same.amounts(extent: extent(3), window: 3, stride: stride)
    let border = [horizontal.before, horizontal.after, vertical.before, vertical.after]
    switch kind {
    case .maximum: return padded(border, with: -.infinity).maxPooled(window: 3, stride: stride)
    case .mean(let countsBorder):
      let sums = padded(border).averagePooled(window: 3, stride: stride)
      if countsBorder, stride > 1 { return sums }
      let ones = Tensor(ones: [1, 1, extent(2), extent(3)], elementType, on: device)
      return sums / ones.padded(border).averagePooled(window: 3, stride: stride)
    }
  }
}

/// What a 3x3 pooling takes of each window.
enum PoolKind {
  case maximum
  case mean(countsBorder: Bool)
}
