import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// A differentiable function with the shapes of its points; the numbers are drawn from a range that
/// avoids the function's kinks and poles.
private struct Family: Sendable, CustomTestStringConvertible {
  let name: String
  let shapes: [[Int]]
  let range: ClosedRange<Double>
  let body: @Sendable ([Tensor]) -> Tensor

  init(
    _ name: String, _ shapes: [[Int]], in range: ClosedRange<Double> = 0.2...0.9,
    _ body: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.name = name
    self.shapes = shapes
    self.range = range
    self.body = body
  }

  var testDescription: String { name }
}

private let elementwise: [Family] = [
  Family("sum", [[2, 3], [3]]) { $0[0] + $0[1] },
  Family("difference", [[2, 3], [2, 1]]) { $0[0] - $0[1] },
  Family("product", [[2, 3], [3]]) { $0[0] * $0[1] },
  Family("quotient", [[2, 3], [3]]) { $0[0] / $0[1] },
  Family("numbers", [[3]]) { (2 - $0[0] * 3 + 1) / 2 + 1 / $0[0] },
  Family("powers", [[3], [3]]) { $0[0].power(2.5) + $0[0].power($0[1]) },
  Family("exponentials", [[4]]) { $0[0].exp() + $0[0].expm1() },
  Family("logarithms", [[4]]) { $0[0].log() + $0[0].log1p() + $0[0].log2() },
  Family("roots", [[4]]) { $0[0].sqrt() + $0[0].rsqrt() + $0[0].reciprocal() },
  Family("trigonometry", [[4]]) { $0[0].sin() + $0[0].cos() * $0[0].tan() },
  Family("angles", [[4], [4]]) {
    $0[0].asin() + $0[0].acos() * $0[0].atan() + $0[0].atan2($0[1])
  },
  Family("tanh and sigmoid", [[4]], in: -1...1) { $0[0].tanh() * $0[0].sigmoid() },
  Family("log-sigmoid and softplus", [[4]], in: -1...1) { $0[0].logSigmoid() * $0[0].softplus() },
  Family("erf, gamma", [[4]]) { $0[0].erf() + $0[0].logGamma() + $0[0].digamma() },
  Family("relus", [[4]], in: -0.9 ... -0.2) { $0[0].relu() + $0[0].leakyRelu() + $0[0].elu() },
  Family("more relus", [[4]]) { $0[0].relu6() + $0[0].abs() + $0[0].leakyRelu(slope: 0.3) },
  Family("gelus", [[4]], in: -1...1) { $0[0].gelu() + $0[0].gelu(tanhApproximation: true) },
  Family("swishes", [[4]], in: -1...1) { $0[0].silu() + $0[0].hardSwish() * $0[0].hardSigmoid() },
  Family("clamps", [[4]]) { $0[0].clamped(to: 0.55...2) * $0[0].clamped(atMost: 2) },
  Family("extremes of two", [[3], [3]]) {
    Tensor.maximum($0[0], $0[1] * 2) * Tensor.minimum($0[0], $0[1] * 2)
  },
  Family("interpolation", [[3], [3]]) { $0[0].interpolated(to: $0[1], weight: 0.3) },
  Family("softmax", [[2, 3]]) { $0[0].softmax() * $0[0].logSoftmax(along: 0) },
]

private let structural: [Family] = [
  Family("shapes", [[2, 3]]) {
    $0[0].transposed().reshaped(2, 3).expandingShape(at: 1).squeezed(at: 1).flattened()
  },
  Family("orders", [[2, 3, 2]]) {
    $0[0].permuted(2, 0, 1).reversed(along: [0]).rolled(by: [1], along: [1])
      .rotated(quarterTurns: 1)
  },
  Family("repeats", [[2, 1]]) {
    $0[0].broadcast(to: [2, 3]) + $0[0].tiled([1, 3]) * $0[0].repeatingEach(3, along: 1)
  },
  Family("joins", [[2, 2], [2, 2]]) {
    Tensor(concatenating: $0, along: 1).reshaped(2, 2, 2) * Tensor(stacking: $0, along: 1)
  },
  Family("cuts", [[4, 2]]) {
    let parts = $0[0].split(sizes: [1, 3])
    return parts[0] * parts[1] + $0[0].narrowed(along: 0, from: 1, count: 3)
  },
  Family("padding, windows, diagonals", [[3, 3]]) {
    $0[0].padded([1, 0, 0, 1]).windows(along: 0, size: 2).diagonal() + $0[0].diagonal()[1]
  },
  Family("triangles", [[3, 3]]) { $0[0].lowerTriangle() * $0[0].upperTriangle(offset: -1) },
  Family("subscripts", [[3, 4]]) {
    $0[0][1..., .stride(by: 2)] * $0[0][Tensor([2, 2] as [Int])][.all, 1...2]
      + $0[0][0, -1]
  },
  Family("writing", [[3, 4], [4]]) {
    var y = $0[0] * 2
    y[1] = $0[1]
    y[y .> 1] *= Tensor(2, .float64)
    return y * y
  },
  Family("gathering", [[3, 4]]) {
    $0[0].gathering(Tensor([1, 1, 0] as [Int])) * $0[0].filled(where: $0[0] .> 0.5, with: 2)
  },
  Family("scattering", [[3, 2], [2, 2]]) {
    $0[0].adding($0[1], at: Tensor([2, 2] as [Int])).squared()
  },
  Family("choosing", [[4], [4]]) {
    Tensor.choosing($0[0], where: $0[0] .> 0.5, else: $0[1] * 2)
  },
  Family("sums", [[2, 3]]) { $0[0].sum(along: 1) * $0[0].mean(along: 1) + $0[0].sum() },
  Family("products", [[2, 3]]) { $0[0].product(along: 1) + $0[0].product() },
  Family("variances", [[2, 4]]) {
    $0[0].variance(along: 1) + $0[0].standardDeviation(along: 1, correction: 0)
  },
  Family("extremes", [[2, 3]]) { $0[0].max(along: 1) * $0[0].min(along: 1) },
  Family("norms", [[2, 3]]) { $0[0].norm() + $0[0].norm(order: 3, along: 1) },
  Family("log-sum-exp", [[2, 3]]) { $0[0].logSumExp(along: 1) },
  Family("running", [[2, 3]]) { $0[0].cumulativeSum(along: 1) * $0[0].cumulativeProduct(along: 0) },
  Family("order statistics", [[2, 5]]) {
    $0[0].median().values + $0[0].quantile(0.3) + $0[0].top(2).values.sum(along: 1)
      + $0[0].sorted().values[.all, 1]
  },
]

private let heavy: [Family] = [
  Family("matmul", [[2, 3], [3, 4]]) { $0[0].matmul($0[1]) },
  Family("batched products", [[2, 2, 3], [2, 3, 2], [2, 2, 2]]) {
    $0[2].adding(batchProductOf: $0[0], $0[1]) * $0[0].batchMatmul($0[1])
  },
  Family("linear", [[2, 2, 3], [4, 3], [4]]) { $0[0].linear(weight: $0[1], bias: $0[2]) },
  Family("einsum, outer", [[2, 3], [3]]) {
    Tensor.einsum("ij,j->i", $0[0], $0[1]).outer($0[1])
  },
  Family("inverse, determinant", [[3, 3]]) {
    let a = $0[0] + Tensor(identity: 3, .float64) * 2
    return a.inverse() * a.determinant() + a.signLogDeterminant().logarithm
  },
  Family("solving", [[3, 3], [3, 2]]) {
    let a = $0[0] + Tensor(identity: 3, .float64) * 2
    return a.solve($0[1]) + a.upperTriangle().solveTriangular($0[1], upper: true)
  },
  Family("cholesky", [[3, 3]]) {
    ($0[0].matmul($0[0].transposed()) + Tensor(identity: 3, .float64)).cholesky()
  },
  Family("qr, svd, eigenvalues", [[3, 3]]) {
    let a = $0[0] + Tensor([[3, 0, 0], [0, 2, 0], [0, 0, 1]] as [[Double]])
    return a.qr().r.abs() + a.svd().s + (a + a.transposed()).symmetricEigen().values
  },
  Family("least squares", [[4, 2], [4, 1]]) {
    ($0[0] + Tensor([[1, 0], [0, 1], [1, 0], [0, 1]] as [[Double]])).leastSquares($0[1])
  },
  Family("matrix norms, distances", [[2, 3], [4, 3]]) {
    $0[0].frobeniusNorm() + $0[0].distances(to: $0[1] + 2)
  },
  Family("diagonal matrices", [[3]]) { $0[0].diagonalMatrix().squared() },
  Family("convolution", [[1, 2, 5, 4], [3, 2, 3, 2], [3]]) {
    $0[0].convolved(with: $0[1], bias: $0[2], stride: 2, padding: .same)
  },
  Family("grouped, dilated convolution", [[1, 2, 5, 5], [4, 1, 2, 2]]) {
    $0[0].convolved(with: $0[1], padding: .border(1), dilation: 2, groups: 2)
  },
  Family("transposed convolution", [[1, 2, 2, 3], [2, 3, 2, 2], [3]]) {
    $0[0].transposedConvolved(with: $0[1], bias: $0[2], stride: 2, border: 1, extra: 1)
  },
  Family("pooling", [[1, 2, 4, 4]]) {
    $0[0].maxPooled(window: 2) * $0[0].averagePooled(window: 2)
      + $0[0].averagePooled(toHeight: 2, width: 2) + $0[0].globalAveragePooled()[0, 0]
  },
  Family("resizing", [[1, 1, 2, 3]]) {
    $0[0].resizedBilinear(height: 4, width: 5) * $0[0].resizedNearest(height: 4, width: 5)
  },
  Family("window columns", [[1, 2, 3, 3]]) { $0[0].windowColumns(window: 2, stride: 1) },
  Family("batch normalization", [[4, 2, 3, 1], [2], [2]]) {
    $0[0].batchNormalized(scale: $0[1], offset: $0[2], epsilon: 1e-3).output
  },
  Family("fixed batch normalization", [[4, 2], [2], [2]]) {
    $0[0].batchNormalized(
      mean: Tensor([0.1, 0.2] as [Double]), variance: Tensor([1, 2] as [Double]), scale: $0[1],
      offset: $0[2], epsilon: 1e-3)
  },
  Family("layer normalization", [[3, 4], [4], [4]]) {
    $0[0].layerNormalized(scale: $0[1], offset: $0[2], epsilon: 1e-3)
      + $0[0].rootMeanSquareNormalized(scale: $0[1], epsilon: 1e-3)
  },
  Family("group normalization", [[2, 4, 3], [4], [4]]) {
    $0[0].groupNormalized(groups: 2, scale: $0[1], offset: $0[2], epsilon: 1e-3)
  },
  Family("attention", [[2, 3, 4], [2, 5, 4], [2, 5, 2]]) {
    $0[0].attending(to: $0[1], values: $0[2], scale: 0.7)
  },
  Family("masked attention", [[1, 3, 2], [1, 3, 2], [1, 3, 2]]) {
    $0[0].attending(to: $0[1], values: $0[2], mask: Tensor(ones: [3, 3]).lowerTriangle() .> 0)
  },
  Family("embedding", [[4, 2]]) { $0[0].embedding(Tensor([[1, 3], [1, 0]] as [[Int]])) },
  Family("softmax cross-entropy", [[3, 4]]) {
    $0[0].softmaxCrossEntropy(expected: Tensor([0, 3, 1] as [Int]), labelSmoothing: 0.1)
      + $0[0].softmaxCrossEntropy(expected: Tensor([0, 3, 1] as [Int]), ignoring: 3)
  },
  Family("soft cross-entropy", [[3, 4], [3, 4]]) {
    $0[0].softmaxCrossEntropy(expected: $0[1].softmax())
  },
  Family("other losses", [[4], [4]]) {
    let target = $0[1] * 3
    return $0[0].sigmoidCrossEntropy(expected: $0[1]) + $0[0].squaredError(expected: target)
      + $0[0].absoluteError(expected: target + 2)
      + $0[0].smoothAbsoluteError(expected: target + 1, beta: 0.5)
  },
  Family("likelihoods", [[2, 3], [2, 3]]) {
    $0[0].logSoftmax().negativeLogLikelihood(expected: Tensor([2, 0] as [Int]))
      + $0[0].logSoftmax().klDivergence(expectedLog: $0[1].logSoftmax())
  },
]

@Suite struct DerivativeTests {
  @Test(arguments: elementwise.indices) func `functions of elements`(number: Int) {
    check(elementwise[number])
  }

  @Test(arguments: structural.indices) func `shapes, subscripts and reductions`(number: Int) {
    check(structural[number])
  }

  @Test(arguments: heavy.indices) func `products, windows, norms and losses`(number: Int) {
    check(heavy[number])
  }

  private func check(_ family: Family) {
    var random = RandomSource(seed: 3)
    let points = family.shapes.map {
      Tensor(uniform: $0, in: family.range, using: &random, .float64)
    }
    expectGradientMatchesFiniteDifferences(
      at: points, tolerance: 2e-7, "\(family.name)", family.body)
    // Second derivatives: the gradient of the gradient's weighted sum.
    expectGradientMatchesFiniteDifferences(at: points, tolerance: 2e-6, "\(family.name), second") {
      points in
      let gradients = valueAndGradient(at: points) { (family.body($0).squared()).sum() }.gradient
      return gradients.reduce(Tensor(0, .float64)) { $0 + ($1 * $1).sum() }
    }
  }
}
