import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Sizes of a block; every input is drawn from few small integers, so that sums are exact in both
/// element types and equal values meet in many pooling windows.
struct BlockCase: FusedCase {
  var networks = 2
  var inputs = 8
  var outputs = 8
  var height = 7
  var width = 7
  var window = 3
  var batch = 3
  var slope = 0.0
  var hasBias = false

  var description: String {
    "\(networks) networks, \(batch)x\(inputs)x\(height)x\(width) to \(outputs), window \(window), "
      + "slope \(slope)\(hasBias ? ", bias" : "")"
  }

  /// Input, kernel and, if wanted, bias.
  func points(_ random: inout RandomSource) -> [Tensor] {
    var shapes = [
      [batch, networks * inputs, height, width], [networks * outputs, inputs, window, window],
    ]
    if hasBias { shapes.append([networks * outputs]) }
    return shapes.map { smallIntegers($0, &random) }
  }

  func fused(_ points: [Tensor]) -> Tensor {
    points[0].convolvedAndPooled(
      with: points[1], bias: hasBias ? points[2] : nil, networks: networks, slope: slope)
  }

  func composed(_ points: [Tensor]) -> Tensor {
    let convolved = points[0].convolved(
      with: points[1], bias: hasBias ? points[2] : nil, padding: .same, groups: networks)
    return convolved.maxPooled(window: 2).leakyRelu(slope: slope)
  }

  static let all: [BlockCase] =
    [1, 2, 3, 7, 8, 9, 16, 20, 64].map { BlockCase(outputs: $0) }
    + [1, 2, 3, 5, 8, 16, 33, 64].map { BlockCase(inputs: $0, slope: 0.5) }
    + [2, 3, 6, 7, 8, 14, 21, 28].map { BlockCase(inputs: 1, height: $0, width: $0 + 3) }
    + [3, 9, 16, 28].map { BlockCase(height: $0 + 1, width: $0, hasBias: true) }
    + [1, 4, 16].map { BlockCase(networks: $0, batch: 17, hasBias: true) }
    + [1, 5, 7].map { BlockCase(inputs: 3, window: $0, slope: 1) }
    + [BlockCase(networks: 1, inputs: 1, outputs: 1, height: 2, width: 2, batch: 1)]
}

@Suite struct `a convolution fused with pooling` {
  @Test(arguments: BlockCase.all)
  func `agrees with its parts in double precision`(_ block: BlockCase) {
    block.expectAgreement(seed: 5, absolute: 1e-6)
  }

  @Test func `has the gradient of finite differences in double precision`() {
    var random = RandomSource(seed: 6)
    let shapes = [[2, 4, 5, 6], [6, 2, 3, 3], [6]]
    let points = shapes.map { Tensor(normal: $0, using: &random, .float64) }
    expectGradientMatchesFiniteDifferences(at: points, tolerance: 1e-6) {
      $0[0].convolvedAndPooled(with: $0[1], bias: $0[2], networks: 2, slope: 0.01)
    }
  }

  @Test func `has second derivatives`() {
    BlockCase(slope: 0.01, hasBias: true).expectSecondDerivatives(seed: 7)
  }

  @Test func `needs no gradient of its input`() {
    var random = RandomSource(seed: 8)
    let block = BlockCase(batch: 20)
    let points = block.points(&random)
    let all = valueAndGradient(at: points) { block.fused($0).squared().sum() }.gradient
    let own = valueAndGradient(at: points[1]) { block.fused([points[0], $0]).squared().sum() }
    #expect(own.gradient.toDoubles() == all[1].toDoubles())
  }

  @Test func `does not depend on the number of threads`() {
    var random = RandomSource(seed: 9)
    let points = [[40, 6, 13, 13], [16, 3, 3, 3], [16]].map { Tensor(normal: $0, using: &random) }
    expectSameForAllThreadCounts(at: points) {
      $0[0].convolvedAndPooled(with: $0[1], bias: $0[2], networks: 2)
    }
  }

  @Test func `lets a number that is none through`() {
    var image = [Double](repeating: 1, count: 16)
    image[5] = .nan
    let points = [
      Tensor(image, shape: [1, 1, 4, 4]).cast(to: .float32), Tensor(ones: [1, 1, 1, 1]),
    ]
    let pooled = BlockCase(networks: 1, inputs: 1, outputs: 1, window: 1).fused(points)
    expectClose(pooled.toDoubles(), [.nan, 1, 1, 1])
  }

  @Test func `reads tensors however they are stored`() {
    var random = RandomSource(seed: 10)
    let image = Tensor(normal: [2, 6, 9, 5], using: &random)
    let kernel = Tensor(normal: [4, 3, 3, 6], using: &random)
    let found = image.transposed(2, 3).convolvedAndPooled(
      with: kernel.permuted(0, 3, 1, 2), networks: 1)
    let expected = image.transposed(2, 3).rowMajor().convolvedAndPooled(
      with: kernel.permuted(0, 3, 1, 2).rowMajor(), networks: 1)
    #expect(found.toDoubles() == expected.toDoubles())
  }
}
