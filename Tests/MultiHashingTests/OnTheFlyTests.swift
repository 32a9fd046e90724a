import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import Vision

@testable import MultiHashing

/// Running with one layer's weights at a time.
@Suite struct OnTheFlyTests {
  private static let names = [
    "resnet20_cifar", "mobilenetv2_035", "mnasnet_small", "efficientnet_b0",
    "vit_tiny_patch16_224", "isometric_resnet_cifar",
  ]

  @Test(arguments: names)
  func `logits are those of the written-out network with a fraction of its memory`(
    name: String
  ) throws {
    var random = RandomSource(seed: 1)
    let entry = try ModelCatalog.model(named: name)
    let side = name.hasSuffix("_cifar") ? 32 : name.hasPrefix("vit") ? 224 : 64
    let dense = Backbone(entry.architecture, classCount: 10, using: &random)
    var settings = HashingSettings()
    settings.policy = .everything
    settings.budget = SizeBudget(fraction: 0.1)
    let hashed = try HashedNetwork(dense, settings, using: &random)
    let small = OnTheFlyNetwork(hashed) { network, pass in
      _ = network.forward(Tensor(zeros: [0, 3, side, side]), &pass)
    }
    let images = Tensor(normal: [1, 3, side, side], using: &random)
    let found = small.run { $0.forward(images, &$1) }
    let expected = withoutGradients { hashed.network()(images) }
    let size = expected.abs().reshaped(1, -1).max(along: 1).scalar()
    expectClose(found, expected, relative: 0, absolute: 1e-4 * size)
    // Kernels and matrices are all made late; what is kept are biases and what is not hashed.
    let matrices = hashed.plan.slots.filter { $0.info.kind != .bias }.map(\.info.name)
    let late = Set(small.lateNames)
    #expect(matrices.filter { !late.contains($0) }.count <= 1, "\(Set(matrices).subtracting(late))")
    let memory = small.memory
    #expect(memory.poolBytes == 4 * (hashed.plan.poolVariableCount + hashed.plan.scaleCount))
    // A third of the smallest network's weights are those of a single layer.
    #expect(memory.bytes < memory.wholeBytes * 85 / 100, "\(memory)")
  }

  @Test func `memory counts pools, one layer with its rows, and what is kept`() throws {
    var random = RandomSource(seed: 1)
    let hashed = try HashedNetwork(SmallNetwork(), smallSettings(), using: &random)
    let small = OnTheFlyNetwork(hashed) { network, pass in
      _ = network.forward(Tensor(zeros: [0, 6]), &pass)
    }
    #expect(small.lateNames == ["first.weight", "last.weight"])
    // 60 variables and 4 scales; the norm's 16 numbers and 11 biases; 48 weights from 5 rows of 10.
    #expect(small.memory.poolBytes == 4 * 64)
    #expect(small.memory.keptBytes == 4 * (16 + 11))
    #expect(small.memory.layerBytes == 4 * (48 + 50))
    #expect(small.memory.wholeBytes == 4 * (83 + 16))
  }
}
