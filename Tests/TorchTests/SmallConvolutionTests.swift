import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Sizes of a convolution; every input is drawn from few small integers, so that sums are exact in
/// both element types.
struct ConvolutionCase: FusedCase {
  var inputs = 8
  var outputs = 8
  var height = 9
  var width = 9
  var window = 3
  var batch = 3
  var stride = 1
  var padding = Padding.same
  var slope = 0.0
  var hasBias = true

  var description: String {
    "\(batch)x\(inputs)x\(height)x\(width) to \(outputs), window \(window), stride \(stride), "
      + "\(padding), slope \(slope)\(hasBias ? ", bias" : "")"
  }

  func points(_ random: inout RandomSource) -> [Tensor] {
    let shapes = [[batch, inputs, height, width], [outputs, inputs, window, window], [outputs]]
    return shapes.prefix(hasBias ? 3 : 2).map { smallIntegers($0, &random) }
  }

  func fused(_ points: [Tensor]) -> Tensor {
    points[0].convolvedAndRectified(
      with: points[1], bias: hasBias ? points[2] : nil, stride: stride, padding: padding,
      slope: slope)
  }

  func composed(_ points: [Tensor]) -> Tensor {
    points[0].convolved(
      with: points[1], bias: hasBias ? points[2] : nil, stride: stride, padding: padding
    ).leakyRelu(slope: slope)
  }

  static let all: [ConvolutionCase] =
    [1, 3, 8, 15, 16, 17, 32, 64].map { ConvolutionCase(outputs: $0) }
    + [1, 2, 3, 5, 8, 16, 24, 32, 40, 64].map { ConvolutionCase(inputs: $0, slope: 0.5) }
    + [1, 2, 3].flatMap { stride in
      [Padding.same, .valid, .border(2)].map {
        ConvolutionCase(height: 14, width: 11, stride: stride, padding: $0, slope: 1)
      }
    }
    + [1, 2, 4, 5].map { ConvolutionCase(inputs: 3, window: $0, hasBias: false) }
    + [1, 20].map { ConvolutionCase(height: 3, width: 3, batch: $0, padding: .valid) }
}

@Suite struct `a convolution fused with its rectifier` {
  @Test(arguments: ConvolutionCase.all)
  func `agrees with its parts in double precision`(_ shape: ConvolutionCase) {
    shape.expectAgreement(seed: 11, absolute: 0)
  }

  @Test func `has the gradient of finite differences in double precision`() {
    var random = RandomSource(seed: 12)
    let shapes = [[2, 3, 6, 6], [4, 3, 3, 3], [4]]
    let points = shapes.map { Tensor(normal: $0, using: &random, .float64) }
    expectGradientMatchesFiniteDifferences(at: points, tolerance: 1e-6) {
      $0[0].convolvedAndRectified(
        with: $0[1], bias: $0[2], stride: 2, padding: .same, slope: 0.1)
    }
  }

  @Test(arguments: [0.5, 1]) func `has second derivatives`(slope: Double) {
    ConvolutionCase(height: 6, width: 6, stride: 2, slope: slope).expectSecondDerivatives(seed: 13)
  }

  @Test func `does not depend on the number of threads`() {
    var random = RandomSource(seed: 14)
    let points = [[40, 3, 13, 13], [16, 3, 3, 3], [16]].map { Tensor(normal: $0, using: &random) }
    expectSameForAllThreadCounts(at: points) {
      $0[0].convolvedAndRectified(with: $0[1], bias: $0[2], stride: 2, padding: .same)
    }
  }

  @Test func `lets a number that is none through`() {
    let image = Tensor([Float.nan, 1, -2, 3], shape: [1, 1, 2, 2])
    let found = image.convolvedAndRectified(with: Tensor(ones: [1, 1, 1, 1]))
    expectClose(found.toDoubles(), [.nan, 1, 0, 3])
  }
}
