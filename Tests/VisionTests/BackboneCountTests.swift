import Files
import Foundation
import Learning
import Testing
import Vision

/// Parameters, names and multiply-adds against the packages' own and the papers' totals.
@Suite struct BackboneCountTests {
  @Test func `every published variant has the packages' parameters and names`() throws {
    let counts = try BackboneFixture.read().counts
    #expect(counts.count >= 45)
    for (path, expected) in counts {
      let parts = path.split(separator: "/").map(String.init)
      let naming = Naming(rawValue: parts[0])
      let model = try ModelCatalog.model(named: parts[1])
      let network = model.unset(classCount: 1000)
      #expect(network.parameterCount == expected.parameters, "\(path)")
      let names = network.tensors(naming).names
      #expect(names.count == expected.nameCount, "\(path)")
      let digest = SHA256.hexadecimal(of: Data(names.joined(separator: "\n").utf8))
      #expect(digest == expected.namesSha256, "\(path)")
    }
  }

  @Test(arguments: [
    // CIFAR ResNets: He et al., table 6, counted exactly.
    ("resnet20_cifar", 269_722), ("resnet32_cifar", 464_154), ("resnet44_cifar", 658_586),
    ("resnet56_cifar", 853_018), ("resnet110_cifar", 1_727_962),
    // MnasNet's multipliers, as TensorFlow's code counts them.
    ("mnasnet_a1", 3_887_038), ("mnasnet_a1_035", 1_747_018), ("mnasnet_a1_050", 2_082_006),
    ("mnasnet_a1_075", 2_912_278), ("mnasnet_a1_140", 6_105_992), ("mnasnet_b1", 4_383_312),
    ("mnasnet_b1_050", 2_218_512), ("mnasnet_b1_075", 3_170_208), ("mnasnet_b1_130", 6_282_256),
    ("mnasnet_b1_140", 7_115_728), ("mnasnet_small", 2_030_264),
    ("mobilenetv2_035", 1_677_128), ("mobilenetv2_050", 1_968_680),
    ("mobilenetv2_075", 2_636_424), ("mobilenetv2_140", 6_108_776),
    ("efficientnet_b3", 12_233_232), ("efficientnet_b7", 66_347_960),
    ("vit_small_patch32_224", 22_878_952), ("vit_h_14", 632_045_800),
    ("nasnet_mobile", 5_289_978), ("isometric_resnet", 19_690_472),
    // 784 x 1000 + 1000, 1000 x 10 + 10.
    ("perceptron_mnist", 795_010),
  ])
  func `parameters`(name: String, count: Int) throws {
    #expect(try ModelCatalog.model(named: name).parameterCount == count)
  }

  @Test(arguments: [
    ("mnasnet_a1", 311.58), ("mnasnet_b1", 314.42), ("mnasnet_small", 68.34),
    ("mnasnet_a1_035", 61.68), ("mnasnet_a1_140", 586.32), ("mnasnet_b1_050", 104.46),
    ("mobilenet_v2", 300.77), ("mobilenetv2_140", 582.20), ("nasnet_mobile", 563.64),
    ("isometric_resnet", 3649), ("vit_tiny_patch16_224", 1250), ("vit_b_32", 4410),
    ("vit_l_16", 61_600), ("vit_h_14", 167_300), ("perceptron_mnist", 0.794),
  ])
  func `million multiply-adds for one image`(name: String, millions: Double) throws {
    let found = Double(try ModelCatalog.model(named: name).multiplyAdds) / 1e6
    // The published totals have four or three digits.
    #expect(abs(found - millions) <= max(0.006, millions * 3e-3), "\(found)")
  }

  @Test func `the layers of a profile add up`() throws {
    let model = try ModelCatalog.model(named: "mnasnet_a1")
    let profile = ModelProfile(of: model.unset(), height: 224, width: 224, naming: .timm)
    #expect(profile.rows.first?.name == "conv_stem")
    #expect(profile.rows.first?.outputShape == [32, 112, 112])
    #expect(profile.rows.last?.name == "classifier")
    let third = profile.rows.filter { $0.name.hasPrefix("blocks.2.") }
    #expect(third.count == 15)
    #expect(abs(Double(third.reduce(0) { $0 + $1.multiplyAdds }) / 1e6 - 28.851) < 6e-4)
  }

  @Test func `a name that is not known comes with the nearest`() {
    #expect { try ModelCatalog.model(named: "efficientnet-b9") } throws: { error in
      "\(error)".contains("did you mean")
    }
  }

  @Test func `names in the catalog are unique`() {
    let names = ModelCatalog.models.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
  }
}
