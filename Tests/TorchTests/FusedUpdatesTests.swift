import Foundation
import Randomness
import SwiftletTestSupport
import Testing

import Torch

/// Updates are compared with the same formulas over plain arrays.
@Suite struct FusedUpdatesTests {
  private let shapes = [[3, 4], [5], [2, 1, 3]]

  private func draws(_ seed: UInt64, _ type: ElementType = .float64) -> [Tensor] {
    var random = RandomSource(seed: seed)
    return shapes.map { Tensor(normal: $0, using: &random, type) }
  }

  @Test(arguments: [(0.0, false), (0.9, false), (0.9, true)])
  func `descent follows its formula`(momentum: Double, nesterov: Bool) {
    var parameters = draws(1)
    var momenta = momentum == 0 ? [] : parameters.map { $0.zerosLike() }
    var expected = parameters.map { $0.toDoubles() }
    var memory = expected.map { $0.map { _ in 0.0 } }
    for step in 0..<3 {
      let gradients = draws(UInt64(10 + step))
      fusedSGD(
        &parameters, gradients: gradients, momenta: &momenta, learningRate: 0.1,
        momentum: momentum, dampening: 0, nesterov: nesterov, weightDecay: 0.01,
        isFirstStep: step == 0)
      for k in expected.indices {
        let slope = gradients[k].toDoubles()
        for i in expected[k].indices {
          let g = slope[i] + 0.01 * expected[k][i]
          memory[k][i] = momentum * memory[k][i] + g
          expected[k][i] -= 0.1 * (nesterov ? g + momentum * memory[k][i] : memory[k][i])
        }
      }
    }
    for (found, wanted) in zip(parameters, expected) { expectClose(found.toDoubles(), wanted) }
  }

  @Test(arguments: [true, false]) func `Adam follows its formula`(decoupled: Bool) {
    var parameters = draws(2)
    var first = parameters.map { $0.zerosLike() }
    var second = first
    var steps = parameters.map { _ in Tensor(0) }
    var expected = parameters.map { $0.toDoubles() }
    var (m, v) = (expected.map { $0.map { _ in 0.0 } }, expected.map { $0.map { _ in 0.0 } })
    for step in 1...3 {
      let gradients = draws(UInt64(20 + step))
      fusedAdam(
        &parameters, gradients: gradients, firstMoments: &first, secondMoments: &second,
        steps: &steps, learningRate: 0.02, beta1: 0.9, beta2: 0.99, epsilon: 1e-8,
        weightDecay: 0.1, decoupled: decoupled)
      for k in expected.indices {
        let slope = gradients[k].toDoubles()
        for i in expected[k].indices {
          let g = slope[i] + (decoupled ? 0 : 0.1 * expected[k][i])
          if decoupled { expected[k][i] *= 1 - 0.02 * 0.1 }
          m[k][i] = 0.9 * m[k][i] + 0.1 * g
          v[k][i] = 0.99 * v[k][i] + 0.01 * g * g
          let (a, b) = (1 - pow(0.9, Double(step)), 1 - pow(0.99, Double(step)))
          expected[k][i] -= 0.02 * (m[k][i] / a) / ((v[k][i] / b).squareRoot() + 1e-8)
        }
      }
    }
    #expect(steps.map { $0.scalar() } == [3, 3, 3])
    for (found, wanted) in zip(parameters, expected) { expectClose(found.toDoubles(), wanted) }
  }

  @Test func `a gradient laid out column by column updates the right elements`() {
    var parameters = [Tensor(zeros: [2, 3], .float64)]
    let slope = Tensor([[1, 2, 3], [4, 5, 6]] as [[Double]])
    var none: [Tensor] = []
    fusedSGD(
      &parameters, gradients: [slope.transposed().rowMajor().transposed()], momenta: &none,
      learningRate: 1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0,
      isFirstStep: true)
    #expect(parameters[0] == -slope)
  }

  @Test func `a parameter laid out column by column is updated in the right elements`() {
    let slope = Tensor([[1, 2, 3], [4, 5, 6]] as [[Double]])
    var parameters = [slope.transposed().rowMajor().transposed()]
    var none: [Tensor] = []
    fusedSGD(
      &parameters, gradients: [slope], momenta: &none, learningRate: 1, momentum: 0, dampening: 0,
      nesterov: false, weightDecay: 0, isFirstStep: true)
    #expect(parameters[0] == slope.zerosLike())
  }

  @Test func `different element types in one list are updated side by side`() {
    var parameters = [
      Tensor(ones: [3], .float64), Tensor(ones: [2], .float32), Tensor(ones: [2], .float64),
    ]
    var none: [Tensor] = []
    fusedSGD(
      &parameters, gradients: parameters.map { $0 * 0.5 }, momenta: &none, learningRate: 1,
      momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, isFirstStep: true)
    #expect(parameters.map { $0.toDoubles() } == [[0.5, 0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    #expect(parameters.map(\.elementType) == [.float64, .float32, .float64])
  }

  @Test func `tensors held nowhere else are updated where they lie and others keep their values`() {
    var parameters = draws(3)
    let held = parameters[1]
    let before = parameters.map(\.address)
    scale(&parameters, by: 2)
    #expect(parameters[0].address == before[0] && parameters[2].address == before[2])
    #expect(parameters[1].address != before[1])
    #expect(held == draws(3)[1])
    expectClose(parameters[1], held * 2)
  }

  @Test func `list arithmetic is arithmetic`() {
    let (a, b) = (draws(4), draws(5).map { $0 + 3 })
    var moved = a
    interpolate(&moved, towards: b, weight: 0.25)
    var products = a
    addProducts(&products, b, b, scaledBy: 0.5)
    var quotients = a
    addQuotients(&quotients, a, b, scaledBy: 2)
    var sums = a
    add(&sums, b, scaledBy: -1)
    add(&sums, 1)
    for k in a.indices {
      expectClose(moved[k], a[k] * 0.75 + b[k] * 0.25)
      expectClose(products[k], a[k] + b[k] * b[k] * 0.5)
      expectClose(quotients[k], a[k] + a[k] / b[k] * 2)
      expectClose(sums[k], a[k] - b[k] + 1)
      expectClose(squareRoots(of: b)[k], b[k].sqrt())
    }
    let all = a.flatMap { $0.toDoubles() }
    expectClose(globalNorm(of: a), all.reduce(0) { $0 + $1 * $1 }.squareRoot())
    #expect(globalNorm(of: []) == 0)
  }
}
