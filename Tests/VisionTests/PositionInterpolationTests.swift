import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import Vision

@Suite struct PositionInterpolationTests {
  @Test func `a grid becomes what PyTorch's resizing makes of it`() throws {
    let cases = try BackboneFixture.read().interpolations
    #expect(cases.count == 15)
    // [1, 2, 5, 4] of the fixture as rows of tokens.
    let grid = formulaNumbers("grid", [1, 2, 5, 4]).permuted(0, 2, 3, 1).reshaped(1, 20, 2)
    let token = Tensor([[[7.5, -2.5]]] as [[[Double]]])
    let positions = Tensor(concatenating: [token, grid], along: 1)
    for item in cases {
      let convention = try #require(PositionInterpolation(rawValue: item.convention))
      let found = convention.resized(positions, from: (5, 4), to: (item.size[0], item.size[1]))
      #expect(found[0, 0] == token[0, 0])
      expectClose(
        found[0, 1...].flattened().toDoubles(), item.values, relative: 1e-9, absolute: 1e-12,
        "\(item.convention) to \(item.size)")
    }
  }

  @Test(arguments: [
    (PositionInterpolation.google, [0, 0.6, 1.6, 3.4, 6, 9], [0, 2.5, 9]),
    (.timmArchive, [0, 0.5, 1.5, 3.5, 6.5, 9], [0.166667, 2.5, 8.166667]),
    (.torchvision, [0, 0.288, 1.504, 3.016, 6.264, 9], [0, 2.125, 9]),
    (
      .huggingFace, [-0.086806, 0.21875, 1.430556, 3.152778, 6.78125, 9.434028],
      [0.091435, 2.125, 8.334491]
    ),
    (
      .timm, [-0.065789, 0.294118, 1.361111, 3.361111, 6.823529, 9.328947],
      [0.075515, 2.359195, 7.935927]
    ),
  ])
  func `the squares 0, 1, 4, 9 on a longer and a shorter axis`(
    convention: PositionInterpolation, longer: [Double], shorter: [Double]
  ) {
    let squares = Tensor([0, 1, 4, 9] as [Double])
    for expected in [longer, shorter] {
      let found = convention.matrix(from: 4, to: expected.count).matmul(squares).toDoubles()
      expectClose(found, expected, relative: 0, absolute: 6e-7, "\(convention)")
    }
  }

  @Test func `a resized transformer takes the new size and is otherwise the same`() {
    var random = RandomSource(seed: 1)
    var shape = VisionTransformerArchitecture.tiny(imageSize: 32)
    shape.depth = 1
    let network = VisionTransformer(shape, classCount: 3, using: &random)
    let larger = network.resized(imageHeight: 48, imageWidth: 64)
    #expect(larger.positions.shape == [1, 13, 192])
    #expect(larger(Tensor(zeros: [2, 3, 48, 64])).shape == [2, 3])
    #expect(larger.blocks[0].inner.weight == network.blocks[0].inner.weight)
    #expect(network.resized(imageHeight: 32, imageWidth: 32).positions == network.positions)
  }
}
