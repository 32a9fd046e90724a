import Images
import Randomness

/// Random changes of brightness, contrast, saturation and hue, in random order.
///
/// Each factor is uniform in `1 - limit ... 1 + limit`, not below 0; the hue turns by up to its limit
/// either way; as torchvision's `ColorJitter`.
public struct ColorJitter: Codable, Sendable, Hashable {
  /// The limit of the factor of brightness.
  public var brightness = 0.0
  /// The limit of the factor of contrast.
  public var contrast = 0.0
  /// The limit of the factor of saturation.
  public var saturation = 0.0
  /// The limit of the turn of hue, as a part of the full circle, up to 1/2.
  public var hue = 0.0

  /// Creates limits; without arguments nothing changes.
  public init(
    brightness: Double = 0, contrast: Double = 0, saturation: Double = 0, hue: Double = 0
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// Changes an image by factors drawn from a stream.
  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    let order = [0, 1, 2, 3].shuffled(using: &random)
    let factors = [brightness, contrast, saturation].map { limit in
      random.uniform(in: max(0, 1 - limit)...1 + limit)
    }
    let turn = random.uniform(in: -hue...hue)
    return order.reduce(image) { image, step in
      switch step {
      case 0: brightness > 0 ? image.brightnessAdjusted(by: factors[0]) : image
      case 1: contrast > 0 ? image.contrastAdjusted(by: factors[1]) : image
      case 2: saturation > 0 ? image.saturationAdjusted(by: factors[2]) : image
      default: hue > 0 ? image.hueShifted(by: turn) : image
      }
    }
  }
}
