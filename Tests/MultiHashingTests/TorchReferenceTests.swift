import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import MultiHashing

/// A hashed network against PyTorch; the numbers are those of
/// `Tests/Reference/multihashing_reference.py`.
@Suite struct TorchReferenceTests {
  private struct Expected: Decodable {
    var loss: Double
    var left: [Double]
    var right: [Double]
    var scales: [Double]
  }

  private struct Net: Layer {
    var first: Convolution
    var second: Convolution
    var head: Linear

    init() {
      var random = RandomSource(seed: 1)
      first = Convolution(
        inputs: 3, outputs: 4, window: 3, padding: .border(1), bias: false, using: &random)
      second = Convolution(
        inputs: 4, outputs: 5, window: 3, stride: 2, bias: false, using: &random)
      head = Linear(inputs: 5, outputs: 3, using: &random)
    }

    mutating func visit(_ walk: inout Walk) {
      walk.child("first", &first)
      walk.child("second", &second)
      walk.child("head", &head)
    }

    func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
      let maps = second.forward(first.forward(input, &pass).tanh(), &pass).tanh()
      return head.forward(maps.globalAveragePooled(), &pass)
    }
  }

  @Test(arguments: KernelConvention.allCases)
  func `loss and gradients are those of functional_call with sliced weights`(
    convention: KernelConvention
  ) throws {
    let url = try #require(
      Bundle.module.url(forResource: "torch", withExtension: "json", subdirectory: "Fixtures"))
    let all = try JSONDecoder().decode([String: Expected].self, from: Data(contentsOf: url))
    let expected = try #require(all[convention.rawValue])
    var settings = HashingSettings()
    settings.convention = convention
    settings.modifiers = [.learned]
    settings.budget = SizeBudget(variables: 3 + 3 + 2 * 18 * 2)
    let plan = try HashPlan(for: Net(), settings)
    #expect(plan.parts[0].shape == .matrix(rows: 18, columns: 18, rank: 2))
    func matrix(_ rows: Int, _ columns: Int, _ value: (Double, Double) -> Double) -> Tensor {
      Tensor(
        (0..<rows).map { i in (0..<columns).map { value(Double(i), Double($0)) } })
    }
    let pool = MatrixPool(
      left: matrix(18, 2) { sin(1.3 * $0 + 0.7 * $1 + 0.2) },
      right: matrix(2, 18) { cos(0.9 * $1 - 1.1 * $0 + 0.4) })
    var hashed = HashedNetwork(
      Net().cast(to: .float64), plan, pools: [pool], scales: Tensor([0.5, 0.75, 1.25]))
    let images = Tensor((0..<294).map { sin(0.37 * Double($0)) }, shape: [2, 3, 7, 7])
    let (loss, gradient) = valueAndGradient(at: &hashed) { model in
      var pass = Pass.inference
      return model.withNetwork { network in
        network.forward(images, &pass).softmaxCrossEntropy(expected: Tensor([0, 2]))
      }
    }
    expectClose(loss.scalar(), expected.loss, relative: 1e-12)
    for (name, numbers) in [
      ("pool.left", expected.left), ("pool.right", expected.right), ("scales", expected.scales),
    ] {
      let found = try #require(gradient[name])
      expectClose(
        found.toDoubles(), numbers, relative: 1e-10, absolute: 1e-13, Comment(rawValue: name))
    }
  }
}
