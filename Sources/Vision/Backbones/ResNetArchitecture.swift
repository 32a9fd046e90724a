/// The shape of a residual network.
public struct ResNetArchitecture: Sendable, Hashable, Codable {
  /// How a network begins.
  public enum Stem: String, Sendable, Hashable, Codable, CaseIterable {
    /// A 7x7 convolution with stride 2 and a 3x3 max pooling with stride 2, for ImageNet.
    case large
    /// A 3x3 convolution, for images as small as CIFAR's.
    case small
  }

  /// How many blocks every stage has.
  public var blockCounts: [Int]
  /// The inner width of every stage's blocks; the first is also the stem's width.
  public var widths: [Int]
  /// Whether blocks are bottlenecks of three convolutions, four times as wide outside as inside.
  public var isBottleneck: Bool
  /// How the network begins.
  public var stem: Stem
  /// What is added where the input of a block does not fit its result.
  public var shortcut: ShortcutKind

  /// Creates an architecture.
  ///
  /// - Precondition: There are as many widths as block counts, at least one.
  public init(
    blockCounts: [Int], widths: [Int], isBottleneck: Bool = false, stem: Stem = .large,
    shortcut: ShortcutKind = .projection
  ) {
    precondition(
      !widths.isEmpty && widths.count == blockCounts.count,
      "\(blockCounts.count) block counts for \(widths.count) stage widths")
    self.blockCounts = blockCounts
    self.widths = widths
    self.isBottleneck = isBottleneck
    self.stem = stem
    self.shortcut = shortcut
  }

  /// ResNet-18.
  public static let resNet18 = imageNet([2, 2, 2, 2], isBottleneck: false)
  /// ResNet-34.
  public static let resNet34 = imageNet([3, 4, 6, 3], isBottleneck: false)
  /// ResNet-50, with the stride in the 3x3 convolutions ("v1.5").
  public static let resNet50 = imageNet([3, 4, 6, 3], isBottleneck: true)
  /// ResNet-101, with the stride in the 3x3 convolutions ("v1.5").
  public static let resNet101 = imageNet([3, 4, 23, 3], isBottleneck: true)

  /// The thin networks of section 4.2 for 32x32 images, with 16, 32 and 64 channels.
  ///
  /// - Parameters:
  ///   - depth: 20, 32, 44, 56, 110 in the paper.
  ///   - shortcut: Option A of the paper, unless told.
  /// - Returns: The architecture.
  /// - Precondition: `depth` is six times some number, plus two.
  public static func cifar(depth: Int, shortcut: ShortcutKind = .padding) -> ResNetArchitecture {
    precondition(depth >= 8 && depth % 6 == 2, "a CIFAR ResNet has 6n + 2 layers, not \(depth)")
    let count = (depth - 2) / 6
    return ResNetArchitecture(
      blockCounts: [count, count, count], widths: [16, 32, 64], stem: .small, shortcut: shortcut)
  }

  private static func imageNet(_ counts: [Int], isBottleneck: Bool) -> ResNetArchitecture {
    ResNetArchitecture(
      blockCounts: counts, widths: [64, 128, 256, 512], isBottleneck: isBottleneck)
  }
}
