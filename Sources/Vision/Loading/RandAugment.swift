import Images
import Randomness

/// A few operations drawn at random, all with the same strength.
///
/// - Paper: Cubuk et al., *RandAugment* (2019), with the fourteen operations, ranges and signs of
///   torchvision's `RandAugment`.
public struct RandAugment: Codable, Sendable, Hashable {
  /// The operations applied one after the other.
  public var operations = 2
  /// The strength, from 0 to one less than ``steps``.
  public var magnitude = 9
  /// The steps into which each range is divided.
  public var steps = 31
  /// How pixels are computed where the image is moved.
  public var filter = ResamplingFilter.nearest
  /// What stands where the image was not.
  public var fill: UInt8 = 0

  /// Creates torchvision's recipe: 2 operations of strength 9.
  public init(operations: Int = 2, magnitude: Int = 9) {
    self.operations = operations
    self.magnitude = magnitude
  }

  /// What can happen to an image.
  public enum Operation: String, Codable, Sendable, Hashable, CaseIterable {
    /// Nothing.
    case identity
    /// Rows or columns slide over each other, by up to 0.3 pixels per pixel.
    case shearX, shearY
    /// The image moves by up to 150/331 of its side.
    case translateX, translateY
    /// The image turns by up to 30 degrees.
    case rotate
    /// The factor of an adjustment is up to 0.9 from 1.
    case brightness, color, contrast, sharpness
    /// 8 down to 4 bits are kept.
    case posterize
    /// The threshold falls from 255 to 0.
    case solarize
    /// Each channel is stretched, or spread evenly.
    case autoContrast, equalize

    /// Whether the strength is taken with either sign.
    var isSigned: Bool {
      switch self {
      case .identity, .posterize, .solarize, .autoContrast, .equalize: false
      default: true
      }
    }

    /// The strength in the operation's own unit.
    ///
    /// - Parameters:
    ///   - share: 0 for the weakest to 1 for the strongest.
    ///   - height: The rows of the image.
    ///   - width: The columns of the image.
    /// - Returns: Degrees, pixels, factors or bits, without a sign.
    public func strength(_ share: Double, height: Int, width: Int) -> Double {
      switch self {
      case .identity, .autoContrast, .equalize: 0
      case .shearX, .shearY: 0.3 * share
      case .translateX: 150.0 / 331 * Double(width) * share
      case .translateY: 150.0 / 331 * Double(height) * share
      case .rotate: 30 * share
      case .brightness, .color, .contrast, .sharpness: 0.9 * share
      case .posterize: 8 - (4 * share).rounded(.toNearestOrEven)
      case .solarize: 255 * (1 - share)
      }
    }

    /// Changes an image.
    ///
    /// - Parameters:
    ///   - image: The image.
    ///   - strength: In the operation's own unit, with its sign.
    ///   - filter: How pixels are computed where the image is moved.
    ///   - fill: What stands where the image was not.
    /// - Returns: The image, at the same size.
    public func callAsFunction(
      _ image: Image, strength: Double, filter: ResamplingFilter = .nearest, fill: UInt8 = 0
    ) -> Image {
      func moved(_ map: AffineMap) -> Image {
        image.transformed(by: map, filter: filter, fill: fill)
      }
      let whole = strength.rounded(.towardZero)
      return switch self {
      case .identity: image
      // The shear is `strength` itself, about the corner: tan(atan(strength)).
      case .shearX: moved(AffineMap(a: 1, b: strength, c: 0, d: 0, e: 1, f: 0))
      case .shearY: moved(AffineMap(a: 1, b: 0, c: 0, d: strength, e: 1, f: 0))
      case .translateX: moved(AffineMap(a: 1, b: 0, c: -whole, d: 0, e: 1, f: 0))
      case .translateY: moved(AffineMap(a: 1, b: 0, c: 0, d: 0, e: 1, f: -whole))
      case .rotate: image.rotated(degrees: strength, filter: filter, fill: fill)
      case .brightness: image.brightnessAdjusted(by: 1 + strength)
      case .color: image.saturationAdjusted(by: 1 + strength)
      case .contrast: image.contrastAdjusted(by: 1 + strength)
      case .sharpness: image.sharpnessAdjusted(by: 1 + strength)
      case .posterize: image.posterized(bits: Int(strength))
      case .solarize: image.solarized(from: strength)
      case .autoContrast: image.autocontrasted()
      case .equalize: image.equalized()
      }
    }
  }

  /// Changes an image by operations drawn from a stream.
  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    var image = image
    let all = Operation.allCases
    for _ in 0..<operations {
      let operation = all[random.index(below: all.count)]
      let isNegative = random.uniform() < 0.5
      let strength = operation.strength(
        Double(magnitude) / Double(max(steps - 1, 1)), height: image.height, width: image.width)
      image = operation(
        image, strength: operation.isSigned && isNegative ? -strength : strength, filter: filter,
        fill: fill)
    }
    return image
  }
}
