import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import Vision

/// Folded and packed networks against the plain ones.
@Suite struct FusionTests {
  /// A network with statistics as training leaves them, so that folding has something to fold.
  private func settled<Network: ImageClassifier>(_ network: Network, size: Int) -> Network {
    var random = RandomSource(seed: 11)
    var copy = network
    copy.forEachTensor { name, role, tensor in
      let isVariance = name.hasSuffix("running_var")
      guard role == .buffer || name.contains("bn"), tensor.elementType == .float32 else { return }
      let change = Tensor(uniform: tensor.shape, in: 0.7...1.4, using: &random)
      let isScale = isVariance || name.hasSuffix("weight")
      tensor = isScale ? tensor * change : tensor + (change - 1) * 0.3
    }
    return copy
  }

  private func check(_ network: some ImageClassifier, size: Int) {
    var random = RandomSource(seed: 3)
    var plain = settled(network, size: size)
    var fused = plain.fused()
    var pass = Pass.inference
    let images = Tensor(normal: [2, 3, size, size], using: &random)
    let expected = plain.forward(images, &pass)
    let found = fused.forward(images, &pass)
    let scale = expected.abs().max().scalar()
    #expect((found - expected).abs().max().scalar() <= 1e-4 * max(scale, 1))
    #expect(fused.buffers.count < plain.buffers.count || plain.buffers.count == 0)
  }

  @Test(arguments: [ResNetArchitecture.resNet18, .resNet50, .cifar(depth: 20)])
  func `residual networks keep their logits`(architecture: ResNetArchitecture) {
    var random = RandomSource(seed: 1)
    check(
      ResNet(architecture, classCount: 10, using: &random),
      size: architecture.stem == .large ? 64 : 32)
  }

  @Test(arguments: [
    MobileArchitecture.mobileNetV2(), .mnasNetA1(), .mnasNetB1(width: 0.5), .mnasNetSmall(),
    .efficientNet(.b0), .efficientNet(.b0).likeTensorFlow,
  ])
  func `mobile networks keep their logits`(architecture: MobileArchitecture) {
    var random = RandomSource(seed: 1)
    check(MobileNetwork(architecture, classCount: 10, using: &random), size: 96)
  }

  @Test func `folding alone is exact in double precision`() {
    var random = RandomSource(seed: 1)
    var plain = settled(ResNet(.cifar(depth: 20), classCount: 10, using: &random), size: 32)
      .cast(to: .float64)
    var folded = plain.folded()
    let images = Tensor(normal: [2, 3, 32, 32], using: &random, .float64)
    var pass = Pass.inference
    expectClose(
      folded.forward(images, &pass).toDoubles(), plain.forward(images, &pass).toDoubles(),
      relative: 1e-11, absolute: 1e-12)
    #expect(folded.buffers.count == 0)
  }

  @Test func `changed weights are never answered by the packed old ones`() {
    var random = RandomSource(seed: 1)
    let plain = ResNet(.cifar(depth: 20), classCount: 10, using: &random)
    let images = Tensor(normal: [1, 3, 32, 32], using: &random)
    let fused = plain.fused()
    var changed = fused
    changed.stem.convolution.weight *= 2
    let direct = plain.folded()
    var expected = direct
    expected.stem.convolution.weight *= 2
    var pass = Pass.inference
    expectClose(
      changed.forward(images, &pass).toDoubles(), expected.forward(images, &pass).toDoubles(),
      relative: 1e-3, absolute: 1e-4)
    #expect(changed.stem.current == nil && fused.stem.current != nil)
  }

  @Test func `a fused network can still be differentiated`() {
    var random = RandomSource(seed: 1)
    var plain = ResNet(.cifar(depth: 20), classCount: 3, using: &random).folded()
    var fused = plain.fused()
    let images = Tensor(normal: [1, 3, 16, 16], using: &random)
    var pass = Pass.inference
    func slopes(_ network: inout ResNet) -> NamedTensors {
      valueAndGradient(at: &network) { $0.forward(images, &pass).sum() }.gradient
    }
    let (expected, found) = (slopes(&plain), slopes(&fused))
    #expect(expected.names == found.names)
    expectClose(
      found.tensors[0].toDoubles(), expected.tensors[0].toDoubles(), relative: 1e-3,
      absolute: 1e-3)
  }

  @Test func `a timed trace of a fused network names its layers`() {
    var random = RandomSource(seed: 1)
    var network = MobileNetwork(.mnasNetA1(), classCount: 10, using: &random).fused()
    var pass = Pass.inference
    pass.trace = Trace(isTimed: true)
    _ = network.forward(Tensor(normal: [1, 3, 64, 64], using: &random), &pass)
    let trace = pass.trace ?? Trace()
    let namelessCount = trace.layerNames(in: network).count { $0 == nil }
    let timelessCount = trace.steps.count { $0.seconds <= 0 }
    let gateCount = trace.steps.count { $0.kind == "squeeze-excitation" }
    #expect(namelessCount == 0 && timelessCount == 0 && gateCount == 8)
  }
}
