import Images
import Learning
import Runs

/// The published networks by name.
///
/// ```swift
/// let model = try ModelCatalog.model(named: "efficientnet_b0")
/// var random = RandomSource(seed: 1)
/// let network = Backbone(model.architecture, classCount: 10, using: &random)
/// ```
public enum ModelCatalog {
  /// All networks, family by family.
  public static let models: [CatalogModel] =
    residual + mobile + mnasNets + efficientNets + transformers + others

  /// The network of a name; torchvision's and timm's names are known.
  ///
  /// - Throws: `UsageError` for a name that is not known, with the nearest that is.
  public static func model(named name: String) throws -> CatalogModel {
    if let found = models.first(where: { $0.name == name || $0.aliases.contains(name) }) {
      return found
    }
    let known = models.flatMap { [$0.name] + $0.aliases }
    let advice = nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    throw UsageError(
      "no network is called \"\(name)\"\(advice) `swiftlet model list` prints all names")
  }

  private static let torchvision224 = ImagePreparation.evaluation(
    side: 224, shorterSide: 256, filter: .bilinear)
  private static let timm224 = ImagePreparation.timm(side: 224, cropFraction: 0.875)

  private static let residual: [CatalogModel] =
    [
      ("resnet18", ResNetArchitecture.resNet18), ("resnet34", .resNet34), ("resnet50", .resNet50),
      ("resnet101", .resNet101),
    ].map { name, shape in
      CatalogModel(
        name: name, architecture: .residual(shape), naming: .torchvision,
        preparation: torchvision224)
    }
    + [20, 32, 44, 56, 110].map { depth in
      CatalogModel(
        name: "resnet\(depth)_cifar", architecture: .residual(.cifar(depth: depth)),
        naming: .torchvision, preparation: .cifar(isTraining: false), classCount: 10)
    }

  private static let mobile: [CatalogModel] =
    [
      CatalogModel(
        name: "mobilenet_v2", architecture: .mobile(.mobileNetV2()), naming: .torchvision,
        preparation: torchvision224)
    ]
    + [("035", 0.35), ("050", 0.5), ("075", 0.75), ("100", 1), ("140", 1.4)].map { digits, width in
      CatalogModel(
        name: "mobilenetv2_\(digits)", architecture: .mobile(.mobileNetV2(width: width)),
        naming: .timm, preparation: timm224)
    }

  private static let mnasNets: [CatalogModel] =
    [
      ("", "100", 1), ("_035", "035", 0.35), ("_050", "050", 0.5), ("_075", "075", 0.75),
      ("_140", "140", 1.4),
    ]
    .map { suffix, digits, width in
      CatalogModel(
        name: "mnasnet_a1\(suffix)", aliases: ["semnasnet_\(digits)"],
        architecture: .mobile(.mnasNetA1(width: width)), naming: .timm, preparation: timm224)
    }
    + [
      ("", "100", 1), ("_050", "050", 0.5), ("_075", "075", 0.75), ("_130", "130", 1.3),
      ("_140", "140", 1.4),
    ]
    .map { suffix, digits, width in
      CatalogModel(
        name: "mnasnet_b1\(suffix)", aliases: ["mnasnet_\(digits)"],
        architecture: .mobile(.mnasNetB1(width: width)), naming: .timm, preparation: timm224)
    }
    + [("0_5", 0.5), ("0_75", 0.75), ("1_0", 1), ("1_3", 1.3)].map { digits, width in
      var shape = MobileArchitecture.mnasNetB1(width: width)
      shape.norm.momentum = 3e-4
      return CatalogModel(
        name: "mnasnet\(digits)", architecture: .mobile(shape), naming: .torchvision,
        preparation: torchvision224)
    }
    + [
      CatalogModel(
        name: "mnasnet_small", architecture: .mobile(.mnasNetSmall()), naming: .timm,
        preparation: timm224)
    ]

  private static let efficientNets: [CatalogModel] =
    MobileArchitecture.EfficientNetSize.allCases.map { size in
      CatalogModel(
        name: "efficientnet_\(size)", architecture: .mobile(.efficientNet(size)),
        naming: .torchvision,
        preparation: .evaluation(
          side: torchvisionSides[size]?.crop ?? size.resolution,
          shorterSide: torchvisionSides[size]?.shorter ?? size.resolution, filter: .bicubic))
    }
    + MobileArchitecture.EfficientNetSize.allCases.map { size in
      let fractions: [MobileArchitecture.EfficientNetSize: Double] = [
        .b0: 0.875, .b1: 0.882, .b2: 0.89, .b3: 0.904, .b4: 0.922, .b5: 0.934, .b6: 0.942,
        .b7: 0.949,
      ]
      return CatalogModel(
        name: "tf_efficientnet_\(size)",
        architecture: .mobile(.efficientNet(size).likeTensorFlow), naming: .timm,
        preparation: .timm(side: size.resolution, cropFraction: fractions[size] ?? 0.875))
    }

  /// What torchvision's weights were judged with.
  private static let torchvisionSides:
    [MobileArchitecture.EfficientNetSize: (shorter: Int, crop: Int)] = [
      .b0: (256, 224), .b1: (256, 240), .b2: (288, 288), .b3: (320, 300), .b4: (384, 380),
      .b5: (456, 456), .b6: (528, 528), .b7: (600, 600),
    ]

  private static let transformers: [CatalogModel] =
    [
      ("vit_b_16", VisionTransformerArchitecture.base(), 256),
      ("vit_b_32", .base(patchSize: 32), 256), ("vit_l_16", .large(), 242),
      ("vit_l_32", .large(patchSize: 32), 256), ("vit_h_14", .huge(), 256),
    ].map { name, shape, shorter in
      CatalogModel(
        name: name, architecture: .transformer(shape), naming: .torchvision,
        preparation: .evaluation(side: 224, shorterSide: shorter, filter: .bilinear))
    }
    + [
      ("vit_tiny_patch16_224", VisionTransformerArchitecture.tiny()),
      ("vit_small_patch16_224", .small()), ("vit_small_patch32_224", .small(patchSize: 32)),
      ("vit_base_patch16_224", .base()), ("vit_base_patch32_224", .base(patchSize: 32)),
      ("vit_large_patch16_224", .large()), ("vit_large_patch32_224", .large(patchSize: 32)),
      ("vit_huge_patch14_224", .huge()),
    ].map { name, shape in
      CatalogModel(
        name: name, architecture: .transformer(shape), naming: .timm,
        preparation: .timm(side: 224, cropFraction: 0.9, normalization: .symmetric))
    }

  private static let others: [CatalogModel] = [
    CatalogModel(
      name: "nasnet_mobile", architecture: .nasNet(.mobile), naming: .timm,
      preparation: .timm(side: 224, cropFraction: 0.875, normalization: .symmetric)),
    CatalogModel(
      name: "nasnet_large", aliases: ["nasnetalarge"], architecture: .nasNet(.large),
      naming: .timm,
      preparation: .timm(side: 331, cropFraction: 0.911, normalization: .symmetric)),
    CatalogModel(
      name: "isometric_resnet", architecture: .isometric(.imageNet), naming: .torchvision,
      preparation: torchvision224),
    CatalogModel(
      name: "isometric_resnet_cifar", architecture: .isometric(.cifar()), naming: .torchvision,
      preparation: .cifar(isTraining: false), classCount: 10),
    CatalogModel(
      name: "perceptron_mnist", architecture: .perceptron(.mnist), naming: .torchvision,
      preparation: .evaluation(
        side: 28, shorterSide: 28, filter: .bilinear, normalization: .unit), classCount: 10),
  ]
}
