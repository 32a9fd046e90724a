import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import Vision

/// Google's two layouts of a transformer whose logits are known from independent implementations.
@Suite struct GoogleWeightsTests {
  private func path(_ name: String) -> String {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)").path
  }

  private static func sines(_ shape: [Int], _ k: Double, _ scale: Double, _ offset: Double = 0)
    -> Tensor
  {
    let places = Tensor(0..<shape.reduce(1, *)).cast(to: .float64)
    return ((places * 0.37 + 1.1 * k).sin() * scale + offset).reshaped(to: shape)
  }

  private var network: VisionTransformer {
    var shape = VisionTransformerArchitecture(
      imageSize: 8, patchSize: 4, width: 8, depth: 2, heads: 2)
    shape.innerWidth = 16
    var weights = WeightSource.unset
    return VisionTransformer(shape, classCount: 3, weights: &weights).cast(to: .float64)
  }

  @Test(arguments: ["google.npz", "big_vision.npz"])
  func `the logits are those of the specification`(file: String) throws {
    var network = network
    try StateDictionary(readingFrom: path(file)).load(into: &network)
    let images = Self.sines([1, 3, 8, 8], 50, 1)
    var pass = Pass.inference
    let expected = [
      0.727700598, 0.521348334, 1.432433404, 0.666481171, 0.721823545, -0.465966786,
      -1.093841771, -2.159963686,
    ]
    expectClose(
      network.features(images, &pass)[0].toDoubles(), expected, relative: 0, absolute: 6e-10)
    expectClose(
      network(images)[0].toDoubles(), [2.076428690, -2.399249213, 2.444160025], relative: 0,
      absolute: 6e-10)
  }

  @Test func `the gradient of every parameter matches finite differences`() throws {
    var shape = VisionTransformerArchitecture(
      imageSize: 4, patchSize: 2, width: 4, depth: 1, heads: 2)
    shape.innerWidth = 4
    var random = RandomSource(seed: 3)
    let network = VisionTransformer(shape, classCount: 2, using: &random).cast(to: .float64)
      .mapped { $0 + 0.3 * Tensor(normal: $0.shape, using: &random, .float64) }
    let images = Self.sines([2, 3, 4, 4], 1, 1)
    expectGradientMatchesFiniteDifferences(at: network.parameters.tensors) { points in
      var moved = network
      moved.replaceParameters(points)
      return moved(images)
    }
  }
}
