import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@Suite struct InitializerTests {
  /// `[outputs 64, inputs 48, 3, 3]`: fans 432 and 576.
  private let shape = [64, 48, 3, 3]

  private static let variances: [(initializer: Initializer, variance: Double)] = [
    (.glorotUniform, 2 / 1008), (.glorotNormal, 2 / 1008), (.heUniform, 2 / 432),
    (.heNormal, 2 / 432), (.truncatedNormal(0.5), 0.25 * 0.7737413035),
  ]

  @Test(arguments: variances.indices)
  func `the variance is what the fans ask for`(index: Int) {
    let (initializer, variance) = Self.variances[index]
    var random = RandomSource(seed: 1)
    let weight = initializer.tensor(shape, using: &random)
    #expect(weight.shape == shape)
    // 27,648 draws: the variance of a normal is known to within 0.85 %.
    expectClose(weight.variance().scalar(), variance, relative: 0.035)
    let standardError = (variance / 27_648).squareRoot()
    let mean = weight.mean().scalar()
    #expect(abs(mean) < 4 * standardError)
  }

  @Test func `uniform draws fill their range and truncated ones end at two deviations`() {
    var random = RandomSource(seed: 2)
    let limit = (6.0 / 432).squareRoot()
    let largest = Initializer.heUniform.tensor(shape, using: &random).abs().max().scalar()
    #expect(largest <= limit * 1.000001 && largest > 0.99 * limit)
    let cut = Initializer.truncatedNormal(0.5).tensor(shape, using: &random).abs().max().scalar()
    #expect(cut <= 1 && cut > 0.98)
  }

  @Test(arguments: [[6, 4], [4, 6], [5, 2, 3, 3]])
  func `orthogonal rows or columns are orthonormal up to the gain`(shape: [Int]) {
    var random = RandomSource(seed: 3)
    let weight = Initializer.orthogonal(gain: 3).tensor(shape, using: &random)
    #expect(weight.shape == shape)
    let matrix = weight.reshaped(shape[0], -1)
    let (rows, columns) = (matrix.extent(0), matrix.extent(1))
    let product =
      rows <= columns
      ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
    expectClose(product, Tensor(identity: min(rows, columns)) * 9, relative: 0, absolute: 1e-4)
  }

  @Test func `the same seed gives the same weights`() {
    var first = RandomSource(seed: 4)
    var second = RandomSource(seed: 4)
    #expect(
      Initializer.truncatedNormal(1).tensor([9, 9], using: &first)
        == Initializer.truncatedNormal(1).tensor([9, 9], using: &second))
    #expect(first == second)
  }

  @Test func `activations are read from their names`() {
    for name in ["relu", "gelu", "silu", "tanh", "sigmoid", "identity", "leakyRelu(0.1)"] {
      #expect(Activation(name)?.description == name)
    }
    #expect(Activation("leakyRelu") == .leakyRelu(slope: 0.01))
    #expect(Activation("swish") == nil && Activation("leakyRelu(x)") == nil)
    expectClose(
      Activation.leakyRelu(slope: 0.1)(Tensor([-2, 3] as [Float])).toDoubles(), [-0.2, 3],
      relative: 1e-6)
  }
}
