import Files
import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import Vision

/// Every family against torchvision, timm or a plain PyTorch module, in double precision.
@Suite(.serialized) struct BackboneReferenceTests {
  private static func b1(width: Double, momentum: Double) -> MobileArchitecture {
    var architecture = MobileArchitecture.mnasNetB1(width: width)
    architecture.norm.momentum = momentum
    return architecture
  }

  @Test(arguments: [
    ("torchvision/resnet18", ResNetArchitecture.resNet18), ("torchvision/resnet50", .resNet50),
    ("cifar/resnet20", .cifar(depth: 20)),
  ])
  func `residual networks`(name: String, architecture: ResNetArchitecture) throws {
    var weights = WeightSource.unset
    try check(name, ResNet(architecture, classCount: 10, weights: &weights))
  }

  @Test(arguments: [
    ("torchvision/mobilenet_v2", MobileArchitecture.mobileNetV2()),
    ("torchvision/mnasnet1_0", b1(width: 1, momentum: 3e-4)),
    ("torchvision/mnasnet0_5", b1(width: 0.5, momentum: 3e-4)),
    ("torchvision/efficientnet_b0", .efficientNet(.b0)),
    ("torchvision/efficientnet_b5", .efficientNet(.b5)),
    ("timm/semnasnet_100", .mnasNetA1()), ("timm/mnasnet_small", .mnasNetSmall()),
    ("timm/mobilenetv2_100", .mobileNetV2()), ("timm/mobilenetv2_140", .mobileNetV2(width: 1.4)),
    ("timm/efficientnet_b0", .efficientNet(.b0)),
    ("timm/tf_efficientnet_b0", .efficientNet(.b0).likeTensorFlow),
  ])
  func `mobile networks`(name: String, architecture: MobileArchitecture) throws {
    var weights = WeightSource.unset
    // Randomness off, as in the reference.
    var still = architecture
    still.dropout = 0
    still.stochasticDepth = 0
    try check(name, MobileNetwork(still, classCount: 10, weights: &weights))
  }

  @Test(arguments: [
    ("torchvision/vit_b_32", VisionTransformerArchitecture.base(patchSize: 32, imageSize: 64)),
    ("timm/vit_tiny_patch16_224", .tiny(imageSize: 64)),
  ])
  func `vision transformers`(name: String, architecture: VisionTransformerArchitecture) throws {
    var weights = WeightSource.unset
    try check(name, VisionTransformer(architecture, classCount: 10, weights: &weights))
  }

  @Test func `the isometric residual network`() throws {
    var weights = WeightSource.unset
    let architecture = IsometricArchitecture(factor: 4, width: 32, depth: 3)
    try check("isometric/r4w32d3", IsometricResNet(architecture, classCount: 10, weights: &weights))
  }

  @Test func `the large NASNet`() throws {
    var weights = WeightSource.unset
    try check("timm/nasnetalarge", NASNet(.large, classCount: 10, weights: &weights))
  }

  private func check(_ name: String, _ network: some ImageClassifier) throws {
    let expected = try #require(try BackboneFixture.read().cases[name])
    let naming: Naming = name.hasPrefix("timm") ? .timm : .torchvision
    let names = network.tensors(naming).names
    #expect(names.count == expected.nameCount)
    let digest = SHA256.hexadecimal(of: Data(names.joined(separator: "\n").utf8))
    #expect(digest == expected.namesSha256)
    #expect(network.parameterCount == expected.parameters)
    let filled = network.filledByFormula(naming)
    let images = formulaNumbers("input", expected.input)
    try checkInference(filled, images, naming, expected)
    try checkTraining(filled, images, naming, expected)
  }

  private func checkInference(
    _ network: some ImageClassifier, _ images: Tensor, _ naming: Naming,
    _ expected: BackboneFixture.Case
  ) throws {
    var working = network
    var logits = Tensor(0)
    let (loss, gradient) = valueAndGradient(at: &working) { network in
      var pass = Pass.inference
      logits = network.forward(images, &pass)
      return logits.softmaxCrossEntropy(expected: Tensor([3, 7] as [Int]))
    }
    let size = expected.evalLogits.map(abs).max() ?? 0
    expectClose(
      logits.detached().toDoubles(), expected.evalLogits, relative: 1e-9, absolute: 1e-10 * size)
    expectClose(loss.scalar(), expected.loss, relative: 1e-9)
    // Gradients carry the model's own names, in the order in which the public ones stand.
    let publicNames = network.publicNames(naming)
    var total = 0.0
    for (name, tensor) in zip(gradient.names, gradient.tensors) {
      let square = (tensor * tensor).sum().scalar()
      total += square
      guard let norm = expected.gradientNorms[publicNames[name] ?? name] else { continue }
      expectClose(square.squareRoot(), norm, relative: 1e-8, "\(name)")
    }
    expectClose(total.squareRoot(), expected.allGradientsNorm, relative: 1e-8)
  }

  private func checkTraining(
    _ network: some ImageClassifier, _ images: Tensor, _ naming: Naming,
    _ expected: BackboneFixture.Case
  ) throws {
    guard let trained = expected.trainLogits else { return }
    var working = network
    var pass = Pass.training(using: RandomSource(seed: 0))
    let logits = working.forward(images, &pass)
    expectClose(logits.toDoubles(), trained, relative: 1e-7, absolute: 1e-8)
    let buffers = working.tensors(naming)
    func tensors(_ suffix: String) -> [Tensor] {
      zip(buffers.names, buffers.tensors).filter { $0.0.hasSuffix(suffix) }.map(\.1)
    }
    func norm(_ tensors: [Tensor]) -> Double {
      tensors.reduce(0) { $0 + ($1 * $1).sum().scalar() }.squareRoot()
    }
    let (means, variances) = (tensors("running_mean"), tensors("running_var"))
    expectClose(norm(means), try #require(expected.afterTrainMeansNorm), relative: 1e-9)
    expectClose(norm(variances), try #require(expected.afterTrainVariancesNorm), relative: 1e-9)
    let first = try #require(means.first)[0..<4].toDoubles()
    expectClose(first, try #require(expected.afterTrainFirstMean), relative: 1e-9)
    let last = try #require(variances.last)[0..<4].toDoubles()
    expectClose(last, try #require(expected.afterTrainLastVariance), relative: 1e-9)
  }
}

extension Model {
  /// The model's own names and the public ones of the same tensors.
  func publicNames(_ naming: Naming) -> [String: String] {
    var found: [UInt: String] = [:]
    let named = tensors(naming)
    for (name, tensor) in zip(named.names, named.tensors) { found[tensor.address] = name }
    let own = tensors
    return Dictionary(
      uniqueKeysWithValues: zip(own.names, own.tensors).map { ($0, found[$1.address] ?? $0) })
  }
}
