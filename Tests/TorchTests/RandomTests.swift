import Foundation
import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Moments are compared with the distributions' own, within five standard errors.
@Suite struct RandomTests {
  private let count = 20_000

  private func expectMoments(
    _ draws: Tensor, mean: Double, variance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let values = draws.toDoubles()
    let n = Double(values.count)
    let found = values.reduce(0, +) / n
    let squares = values.map { ($0 - mean) * ($0 - mean) }
    let spread = squares.reduce(0, +) / n
    let fourth = squares.reduce(0) { $0 + $1 * $1 } / n
    expectClose(
      found, mean, relative: 0, absolute: 5 * (variance / n).squareRoot(), "mean",
      sourceLocation: sourceLocation)
    expectClose(
      spread, variance, relative: 0, absolute: 5 * ((fourth - spread * spread) / n).squareRoot(),
      "variance", sourceLocation: sourceLocation)
  }

  @Test func `draws have the moments of their distributions`() {
    var random = RandomSource(seed: 11)
    expectMoments(
      Tensor(uniform: [count], in: -1...3, using: &random, .float64), mean: 1, variance: 16.0 / 12)
    expectMoments(
      Tensor(normal: [count], mean: 2, standardDeviation: 3, using: &random, .float64), mean: 2,
      variance: 9)
    expectMoments(
      Tensor(exponential: [count], rate: 2, using: &random, .float64), mean: 0.5, variance: 0.25)
    expectMoments(
      Tensor(bernoulli: [count], probability: 0.3, using: &random), mean: 0.3, variance: 0.21)
    expectMoments(
      Tensor(integers: 2..<8, [count], using: &random), mean: 4.5, variance: 35.0 / 12)
    let shape = Tensor(repeating: 2.5, [count], .float64)
    expectMoments(shape.gammaDraws(using: &random), mean: 2.5, variance: 2.5)
    let chances = Tensor(repeating: 0.8, [count])
    expectMoments(chances.bernoulliDraws(using: &random), mean: 0.8, variance: 0.16)
  }

  @Test func `weights decide how often a position is drawn`() {
    var random = RandomSource(seed: 12)
    let draws = Tensor([1, 0, 3] as [Double]).multinomialDraws(count, using: &random)
    let share = Double(draws.bincount(minimumCount: 3).toInts()[2]) / Double(count)
    expectClose(share, 0.75, relative: 0, absolute: 5 * (0.75 * 0.25 / Double(count)).squareRoot())
    #expect(!(draws .== 1).anyTrue())
    let once = Tensor([1, 1, 1] as [Double]).multinomialDraws(3, replacing: false, using: &random)
    #expect(once.sorted().values.toInts() == [0, 1, 2])
  }

  @Test func `a permutation has every number once`() {
    var random = RandomSource(seed: 13)
    let order = Tensor(permutation: 100, using: &random)
    #expect(order.sorted().values == Tensor(0..<100) && order != Tensor(0..<100))
  }

  @Test func `dropout keeps the mean`() {
    var random = RandomSource(seed: 14)
    let dropped = Tensor(ones: [count], .float64).dropout(probability: 0.2, using: &random)
    #expect(Set(dropped.toDoubles()) == [0, 1.25])
    expectMoments(dropped, mean: 1, variance: 0.25)
    #expect(Tensor(ones: [3]).dropout(probability: 0, using: &random) == Tensor(ones: [3]))
  }

  @Test(arguments: [ElementType.float32, .float64, .float16, .bfloat16])
  func `the source alone decides`(type: ElementType) {
    var (first, second) = (RandomSource(seed: 5), RandomSource(seed: 5))
    let draws = (0..<2).map { _ in Tensor(normal: [33], using: &first, type) }
    #expect(Tensor(normal: [33], using: &second, type) == draws[0])
    #expect(draws[0] != draws[1] && draws[0].elementType == type)
    #expect(Tensor(normal: [33], using: &second, type) == draws[1])
    #expect(first == second)
  }
}
