import Randomness
import SwiftletTestSupport
import Testing
import Torch

@Suite struct NormalizationTests {
  private let input: Tensor
  private let scale = Tensor([0.5, 2, -1, 1.5] as [Double])
  private let offset = Tensor([1, 0, 0.25, -2] as [Double])

  init() {
    var random = RandomSource(seed: 8)
    input = Tensor(normal: [3, 4, 2, 5], mean: 3, standardDeviation: 2, using: &random, .float64)
  }

  /// Subtracts the mean and divides by the deviation of groups of elements given by a key.
  private func normalized(by key: ([Int]) -> Int, _ scaleIndex: ([Int]) -> Int) -> [Double] {
    let elements = input.toDoubles()
    let places = elements.indices.map { [$0 / 40, $0 / 10 % 4, $0 / 5 % 2, $0 % 5] }
    let groups = Dictionary(grouping: elements.indices) { key(places[$0]) }
    var result = elements
    for members in groups.values {
      let mean = members.reduce(0) { $0 + elements[$1] } / Double(members.count)
      let variance =
        members.reduce(0) { $0 + (elements[$1] - mean) * (elements[$1] - mean) }
        / Double(members.count)
      for member in members {
        let index = scaleIndex(places[member])
        result[member] =
          (elements[member] - mean) / (variance + 1e-3).squareRoot() * scale.toDoubles()[index]
          + offset.toDoubles()[index]
      }
    }
    return result
  }

  @Test func `batch normalization gives every channel mean 0 and variance 1`() {
    let (output, mean, variance) = input.batchNormalized(
      scale: scale, offset: offset, epsilon: 1e-3)
    expectClose(output.toDoubles(), normalized(by: { $0[1] }, { $0[1] }), absolute: 1e-9)
    expectClose(mean, input.mean(along: 0, 2, 3))
    expectClose(variance, input.variance(along: 0, 2, 3, correction: 0))
    let again = input.batchNormalized(
      mean: mean, variance: variance, scale: scale, offset: offset, epsilon: 1e-3)
    expectClose(again, output, absolute: 1e-9)
    let plain = input.batchNormalized(scale: nil, offset: nil, epsilon: 0).output
    expectClose(
      plain.variance(along: 0, 2, 3, correction: 0), Tensor(ones: [4], .float64))
  }

  @Test func `group normalization does so for groups of channels of one example`() {
    let output = input.groupNormalized(groups: 2, scale: scale, offset: offset, epsilon: 1e-3)
    expectClose(
      output.toDoubles(), normalized(by: { $0[0] * 2 + $0[1] / 2 }, { $0[1] }), absolute: 1e-9)
  }

  @Test func `layer normalization does so for the last axes`() {
    let (scale, offset) = (scale[..<2], offset[..<2])
    let output = input.transposed().layerNormalized(scale: scale, offset: offset, epsilon: 1e-3)
    let expected = normalized(by: { ($0[0] * 4 + $0[1]) * 5 + $0[3] }, { $0[2] })
    expectClose(output.transposed().toDoubles(), expected, absolute: 1e-9)
  }

  @Test func `root mean square normalization keeps the mean`() {
    let scale = Tensor(ones: [5], .float64)
    let output = input.rootMeanSquareNormalized(scale: scale, epsilon: 1e-3)
    let size = (input.squared().mean(along: -1, keepingAxes: true) + 1e-3).sqrt()
    expectClose(output, input / size)
  }

  @Test func `a scale with gaps is read where it lies`() {
    let wide = Tensor(stacking: [scale, offset], along: 1)
    let slopes = [wide[.all, 0], scale].map { scale in
      gradient(at: input) { input in
        input.batchNormalized(scale: scale, offset: nil, epsilon: 1e-3).output.squared().sum()
      }
    }
    expectClose(slopes[0], slopes[1])
  }
}
