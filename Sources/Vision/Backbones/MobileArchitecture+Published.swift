import Foundation
import Learning

// The published mobile networks, for ImageNet.

extension MobileArchitecture {
  /// MobileNetV2.
  ///
  /// - Parameter width: The multiplier; above 1 the last convolution widens, too.
  /// - Returns: The network with PyTorch's norms.
  /// - Paper: Sandler et al., *MobileNetV2* (2018), table 2.
  public static func mobileNetV2(width: Double = 1) -> MobileArchitecture {
    var result = MobileArchitecture(
      stages: [
        Stage(expansion: 1, window: 3, stride: 1, width: 16, repeats: 1),
        Stage(expansion: 6, window: 3, stride: 2, width: 24, repeats: 2),
        Stage(expansion: 6, window: 3, stride: 2, width: 32, repeats: 3),
        Stage(expansion: 6, window: 3, stride: 2, width: 64, repeats: 4),
        Stage(expansion: 6, window: 3, stride: 1, width: 96, repeats: 3),
        Stage(expansion: 6, window: 3, stride: 2, width: 160, repeats: 3),
        Stage(expansion: 6, window: 3, stride: 1, width: 320, repeats: 1),
      ], activation: .relu6, layout: .mobileNetV2
    ).scaled(width: width)
    result.headWidth = rounded(1280 * max(1, width))
    return result
  }

  /// MnasNet-A1, found with gates in the search space.
  ///
  /// - Paper: Tan et al., *MnasNet* (2019), figure 7. A2 and A3 were never published layer by layer.
  public static func mnasNetA1(width: Double = 1) -> MobileArchitecture {
    MobileArchitecture(stages: [
      Stage(expansion: 1, window: 3, stride: 1, width: 16, repeats: 1, isResidual: false),
      Stage(expansion: 6, window: 3, stride: 2, width: 24, repeats: 2),
      Stage(expansion: 3, window: 5, stride: 2, width: 40, repeats: 3, squeeze: 0.25),
      Stage(expansion: 6, window: 3, stride: 2, width: 80, repeats: 4),
      Stage(expansion: 6, window: 3, stride: 1, width: 112, repeats: 2, squeeze: 0.25),
      Stage(expansion: 6, window: 5, stride: 2, width: 160, repeats: 3, squeeze: 0.25),
      Stage(expansion: 6, window: 3, stride: 1, width: 320, repeats: 1),
    ]).scaled(width: width)
  }

  /// MnasNet-B1, found without gates: what torchvision calls MNASNet.
  ///
  /// - Paper: Tan et al., *MnasNet* (2019), table 2.
  public static func mnasNetB1(width: Double = 1) -> MobileArchitecture {
    MobileArchitecture(
      stages: [
        Stage(expansion: 1, window: 3, stride: 1, width: 16, repeats: 1, isResidual: false),
        Stage(expansion: 3, window: 3, stride: 2, width: 24, repeats: 3),
        Stage(expansion: 3, window: 5, stride: 2, width: 40, repeats: 3),
        Stage(expansion: 6, window: 5, stride: 2, width: 80, repeats: 3),
        Stage(expansion: 6, window: 3, stride: 1, width: 96, repeats: 2),
        Stage(expansion: 6, window: 5, stride: 2, width: 192, repeats: 4),
        Stage(expansion: 6, window: 3, stride: 1, width: 320, repeats: 1),
      ], layout: .mnasNet
    ).scaled(width: width)
  }

  /// MnasNet-small, found for 22 ms on a Pixel 1.
  ///
  /// The first block adds its input, as in timm; TensorFlow's own code declares 16 input channels
  /// for it and therefore does not.
  ///
  /// - Paper: Tan et al., *MnasNet* (2019), table 4, "MnasNet-search2".
  public static func mnasNetSmall(width: Double = 1) -> MobileArchitecture {
    MobileArchitecture(
      stemWidth: 8,
      stages: [
        Stage(expansion: 1, window: 3, stride: 1, width: 8, repeats: 1),
        Stage(expansion: 3, window: 3, stride: 2, width: 16, repeats: 1),
        Stage(expansion: 6, window: 3, stride: 2, width: 16, repeats: 2),
        Stage(expansion: 6, window: 5, stride: 2, width: 32, repeats: 4, squeeze: 0.25),
        Stage(expansion: 6, window: 3, stride: 1, width: 32, repeats: 3, squeeze: 0.25),
        Stage(expansion: 6, window: 5, stride: 2, width: 88, repeats: 3, squeeze: 0.25),
        Stage(expansion: 6, window: 3, stride: 1, width: 144, repeats: 1),
      ], dropout: 0
    ).scaled(width: width)
  }

  /// The scalings of EfficientNet's first network.
  public enum EfficientNetSize: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first network.
    case b0
    /// A scaled one.
    case b1, b2, b3, b4, b5, b6, b7

    /// What widths are multiplied by.
    public var width: Double {
      switch self {
      case .b0, .b1: 1
      case .b2: 1.1
      case .b3: 1.2
      case .b4: 1.4
      case .b5: 1.6
      case .b6: 1.8
      case .b7: 2
      }
    }

    /// What repeats are multiplied by.
    public var depth: Double {
      switch self {
      case .b0: 1
      case .b1: 1.1
      case .b2: 1.2
      case .b3: 1.4
      case .b4: 1.8
      case .b5: 2.2
      case .b6: 2.6
      case .b7: 3.1
      }
    }

    /// The side of the square images it was made for, in pixels.
    public var resolution: Int {
      switch self {
      case .b0: 224
      case .b1: 240
      case .b2: 260
      case .b3: 300
      case .b4: 380
      case .b5: 456
      case .b6: 528
      case .b7: 600
      }
    }

    /// Dropout before the head.
    public var dropout: Double {
      switch self {
      case .b0, .b1: 0.2
      case .b2, .b3: 0.3
      case .b4, .b5: 0.4
      case .b6, .b7: 0.5
      }
    }
  }

  /// EfficientNet, with torchvision's norms: 0.001 is added to variances from B5 on.
  ///
  /// - Paper: Tan and Le, *EfficientNet* (2019), table 1 and section 3.
  public static func efficientNet(_ size: EfficientNetSize) -> MobileArchitecture {
    let isLarge = [.b5, .b6, .b7].contains(size)
    var result = MobileArchitecture(
      stages: [
        Stage(expansion: 1, window: 3, stride: 1, width: 16, repeats: 1, squeeze: 0.25),
        Stage(expansion: 6, window: 3, stride: 2, width: 24, repeats: 2, squeeze: 0.25),
        Stage(expansion: 6, window: 5, stride: 2, width: 40, repeats: 2, squeeze: 0.25),
        Stage(expansion: 6, window: 3, stride: 2, width: 80, repeats: 3, squeeze: 0.25),
        Stage(expansion: 6, window: 5, stride: 1, width: 112, repeats: 3, squeeze: 0.25),
        Stage(expansion: 6, window: 5, stride: 2, width: 192, repeats: 4, squeeze: 0.25),
        Stage(expansion: 6, window: 3, stride: 1, width: 320, repeats: 1, squeeze: 0.25),
      ], activation: .silu,
      norm: isLarge ? NormSettings(epsilon: 1e-3, momentum: 0.01) : NormSettings(),
      dropout: size.dropout, stochasticDepth: 0.2, layout: .efficientNet
    ).scaled(width: size.width)
    for index in result.stages.indices {
      let repeats = size.depth * Double(result.stages[index].repeats)
      result.stages[index].repeats = Int(repeats.rounded(.up))
    }
    result.headWidth = rounded(1280 * size.width)
    return result
  }
}
