import FileFixtures
import Files
import Foundation
import Images
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch

@testable import Vision

@Suite struct ImageModelTests {
  private static let shapes: [BackboneArchitecture] = [
    .residual(.cifar(depth: 8)), .mobile(.mnasNetSmall()), .mobile(.mobileNetV2(width: 0.35)),
    .transformer(
      VisionTransformerArchitecture(imageSize: 32, patchSize: 8, width: 12, depth: 2, heads: 2)),
    .isometric(IsometricArchitecture(factor: 4, width: 8, depth: 2)),
    .perceptron(PerceptronArchitecture(side: 32, widths: [6, 5], dropout: 0.5)),
    .nasNet(
      NASNetArchitecture(
        stemWidth: 8, width: 8, cellsPerGroup: 2, skipsReductionInput: false,
        countsBorder: false, dropout: 0)),
  ]

  private func model(_ shape: BackboneArchitecture, classes: Int = 3) -> ImageModel {
    var random = RandomSource(seed: 5)
    return ImageModel(
      name: "mine", network: Backbone(shape, classCount: classes, using: &random),
      preparation: .evaluation(side: 32, shorterSide: 40, filter: .bicubic),
      classNames: (0..<classes).map { "class \($0)" }, naming: .timm)
  }

  @Test(arguments: shapes, [Naming.timm, .torchvision, .huggingFace])
  func `a file gives back the network and what belongs to it`(
    shape: BackboneArchitecture, naming: Naming
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    let before = model(shape)
    try before.write(to: path, naming: naming)
    let after = try ImageModel(readingFrom: path)
    #expect(after.network.architecture == shape)
    #expect(after.classNames == before.classNames)
    #expect(after.preparation == before.preparation)
    #expect(after.naming == naming)
    let (found, expected) = (after.network.tensors, before.network.tensors)
    #expect(found.names == expected.names)
    for (index, name) in expected.names.enumerated() {
      #expect(found.tensors[index] == expected.tensors[index], "\(name)")
    }
  }

  @Test func `weights of another network are refused with every difference`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/weights.safetensors"
    let other = model(.residual(.cifar(depth: 14))).network.tensors
    try saveSafetensors(Array(zip(other.names, other.tensors)).map { ($0, $1) }, to: path)
    var network = model(.residual(.cifar(depth: 8)), classes: 4).network
    let before = network
    let weights = try StateDictionary(readingFrom: path)
    #expect {
      try weights.load(into: &network)
    } throws: { error in
      guard
        case .mismatch(let origin, let missing, let unexpected, let misfits) =
          error as? CheckpointError
      else { return false }
      return origin == path && missing.isEmpty && unexpected.count == 36
        && misfits.map(\.name) == ["linear.weight", "linear.bias"]
    }
    #expect(network.tensors.tensors == before.tensors.tensors)
  }

  @Test func `a kept head needs no weights`() throws {
    let source = model(.residual(.cifar(depth: 8)), classes: 7).network
    var target = model(.residual(.cifar(depth: 8)), classes: 2).network
    let head = target.head
    let named = source.tensors
    let weights = StateDictionary(
      tensors: Dictionary(uniqueKeysWithValues: zip(named.names, named.tensors)))
    #expect(throws: CheckpointError.self) { try weights.load(into: &target) }
    try weights.load(into: &target, head: .kept)
    #expect(target.head.weight == head.weight)
    #expect(target.tensors["conv1.weight"] == source.tensors["conv1.weight"])
  }

  @Test func `what training scripts wrap around the tensors is taken off`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/checkpoint.safetensors"
    let network = model(.residual(.cifar(depth: 8))).network
    let named = network.tensors
    var entries = zip(named.names, named.tensors).map { ("state_dict.module.\($0)", $1) }
    entries.append(("optimizer.0.momentum", Tensor(1)))
    try saveSafetensors(entries.map { ($0, $1) }, to: path)
    var target = Backbone(unset: network.architecture, classCount: 3)
    try StateDictionary(readingFrom: path).load(into: &target)
    #expect(target.tensors.tensors == named.tensors)
  }

  @Test func `position embeddings of another grid are interpolated if wished`() throws {
    var shape = VisionTransformerArchitecture(
      imageSize: 32, patchSize: 8, width: 12, depth: 1, heads: 2)
    let small = model(.transformer(shape)).network
    (shape.imageHeight, shape.imageWidth) = (48, 48)
    var large = model(.transformer(shape)).network
    let named = small.tensors(.torchvision)
    let weights = StateDictionary(
      tensors: Dictionary(uniqueKeysWithValues: zip(named.names, named.tensors)))
    #expect(throws: CheckpointError.self) { try weights.load(into: &large) }
    let naming = try weights.load(into: &large, interpolatingPositions: .torchvision)
    #expect(naming == .torchvision)
    let expected = small.resized(imageHeight: 48, imageWidth: 48, .torchvision)
    #expect(large.tensors.tensors == expected.tensors.tensors)
  }

  @Test func `a transformer's weights for other images bring their size with them`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/tiny.safetensors"
    let entry = try ModelCatalog.model(named: "vit_tiny_patch16_224")
    var random = RandomSource(seed: 6)
    let network = VisionTransformer(.tiny(imageSize: 96), classCount: 5, using: &random)
    let named = network.tensors(.huggingFace)
    try saveSafetensors(zip(named.names, named.tensors).map { ($0, $1) }, to: path)
    let model = try ImageModel(readingFrom: path, as: entry)
    #expect(model.preparation.height == 96)
    #expect(model.preparation.shorterSide == 106)  // 96 / 0.9, rounded down
    #expect(model.network.classCount == 5)
    #expect(model.naming == .huggingFace)
    let larger = try ImageModel(readingFrom: path, as: entry, height: 128, width: 160)
    #expect(larger.network(Tensor(zeros: [1, 3, 128, 160])).shape == [1, 5])
    #expect {
      try ImageModel(readingFrom: path, as: entry, height: 100, width: 96)
    } throws: { "\($0)".contains("multiples of 16") }
  }

  @Test(arguments: [
    (Naming.torchvision, [(".mlp.0.", ".mlp.linear_1."), (".mlp.3.", ".mlp.linear_2.")]),
    (
      .huggingFace,
      [
        ("vit.encoder.layer.", "vit.layers."),
        (".attention.attention.query.", ".attention.q_proj."),
        (".attention.attention.key.", ".attention.k_proj."),
        (".attention.attention.value.", ".attention.v_proj."),
        (".attention.output.dense.", ".attention.o_proj."),
        (".intermediate.dense.", ".mlp.fc1."), (".output.dense.", ".mlp.fc2."),
      ]
    ),
  ])
  func `names of other versions of a package are known`(
    naming: Naming, changes: [(String, String)]
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/weights.safetensors"
    let network = model(Self.shapes[3]).network
    let named = network.tensors(naming)
    let names = named.names.map { name in
      changes.reduce(name) { $0.replacing($1.0, with: $1.1) }
    }
    #expect(names != named.names)
    try saveSafetensors(zip(names, named.tensors).map { ($0, $1) }, to: path)
    var target = Backbone(unset: network.architecture, classCount: 3)
    #expect(try StateDictionary(readingFrom: path).load(into: &target) == naming)
    #expect(target.tensors.tensors == network.tensors.tensors)
  }

  @Test func `files that do not say what they are, or say nonsense, are refused`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    try model(Self.shapes[0]).write(to: path)
    var (tensors, metadata) = try loadSafetensors(path)
    func expectRefused(_ reason: String) throws {
      try saveSafetensors(tensors, metadata: metadata, to: path)
      #expect { try ImageModel(readingFrom: path) } throws: { "\($0)".contains(reason) }
    }
    let whole = metadata
    metadata["classes"] = "[\"a\"]"
    try expectRefused("1 class names for 3 classes")
    metadata["classes"] = nil
    metadata["architecture"] = whole["architecture"]?.replacing("16,", with: "-16,")
    try expectRefused("sizes that cannot be")
    metadata["architecture"] = "{}"
    try expectRefused("\"architecture\" is missing or damaged")
    metadata["kind"] = nil
    try expectRefused("does not say what network")
    metadata = whole
    tensors.removeAll { $0.name == "linear.weight" }
    try expectRefused("has no head \"linear.weight\"")
    tensors.removeAll { $0.name == "conv1.weight" }
    try saveSafetensors(tensors, metadata: metadata, to: path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.dropLast(9).write(to: URL(fileURLWithPath: path))
    #expect { try ImageModel(readingFrom: path) } throws: { "\($0)".contains("cut short") }
  }

  @Test func `an image gets the probabilities of the network`() throws {
    let model = model(Self.shapes[0])
    let pixels = (0..<(50 * 60 * 3)).map { UInt8($0 * 7 % 256) }
    let image = Image(height: 50, width: 60, channels: 3, pixels: pixels)
    let found = try model.probabilities(of: [image])
    #expect(found.shape == [1, 3])
    let input = try model.preparation.prepared(.pixels(image))
    let expected = model.network(Tensor(input, shape: [1, 3, 32, 32])).softmax()
    #expect(found == expected)
  }

  @Test func `a new head leaves the rest alone`() {
    var model = model(Self.shapes[3]).network
    let before = model
    var random = RandomSource(seed: 9)
    model.replaceHead(classCount: 11, using: &random)
    #expect(model.classCount == 11)
    #expect(model(Tensor(zeros: [1, 3, 32, 32])).shape == [1, 11])
    #expect(model.tensors["pos_embed"] == before.tensors["pos_embed"])
  }

  @Test(arguments: shapes) func `every stored tensor is visited`(shape: BackboneArchitecture) {
    let network = model(shape).network
    #expect(network.tensors.count == storedTensors(network))
    for naming in [Naming.standard, .timm, .torchvision] {
      #expect(Set(network.tensors(naming).names).count == network.tensors.count)
    }
  }

  @Test(arguments: shapes) func `units are presented with their own weights`(
    shape: BackboneArchitecture
  ) {
    var network = model(shape).network
    var count = 0
    network.forEachUnit { unit in
      unit.convolution.weight = unit.convolution.weight * 0
      count += 1
    }
    let convolutions = network.parameters
    let left = zip(convolutions.names, convolutions.tensors).filter { name, tensor in
      tensor.rank == 4 && tensor.abs().sum().scalar() > 0 && !name.contains("se.")
        && !name.contains("patch_embed") && !name.contains("path_")
    }
    #expect(left.map(\.0) == [])
    switch shape {
    case .transformer, .perceptron: #expect(count == 0)
    default: #expect(count > 3)
    }
  }

  private func storedTensors(_ value: Any) -> Int {
    if value is Tensor { return 1 }
    return Mirror(reflecting: value).children.reduce(0) { $0 + storedTensors($1.value) }
  }
}
