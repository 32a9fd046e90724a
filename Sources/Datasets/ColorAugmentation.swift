import Foundation
import Randomness

/// How color photographs are varied in training; support and queries are drawn separately.
///
/// Per image a horizontal flip and a square crop of 0.6 to 1 of the shorter side at a random
/// place, stretched bilinearly to the full size; per batch, or per image where
/// ``individually`` is set, a shift of hue and brightness and a factor of contrast. Results are
/// kept within 0 ... 255.
///
/// - Paper: released code of Zhmoginov et al., *HyperTransformer* (2022), the ImageNet recipes.
public struct ColorAugmentation: Sendable, Hashable, Codable {
  /// Whether hue, brightness and contrast are drawn for every image rather than every batch.
  public var individually = false
  /// The largest shift of hue, as a part of the full circle.
  public var hueLimit = 0.2
  /// The largest shift of brightness, as a part of 255.
  public var brightnessLimit = 0.3
  /// The smallest and largest factor of contrast about the channel's mean.
  public var contrast = 0.8...1.2
  /// The smallest crop, as a part of the shorter side.
  public var smallestCrop = 0.6

  /// Creates the recipe of the paper.
  public init() {}

  /// What was decided for the colors of one image or batch.
  struct Variation: Sendable {
    var hue: Double
    var brightness: Double
    var contrast: Double
  }

  /// The decision for a whole batch, or `nil` where every image has its own.
  func sharedVariation(using random: inout RandomSource) -> Variation? {
    individually ? nil : variation(using: &random)
  }

  /// Draws the color changes.
  func variation(using random: inout RandomSource) -> Variation {
    Variation(
      hue: random.uniform(in: -hueLimit...hueLimit),
      brightness: 255 * random.uniform(in: -brightnessLimit...brightnessLimit),
      contrast: random.uniform(in: contrast))
  }

  /// Varies one image `[3, height, width]` of values 0 ... 255 in place.
  func apply(
    _ variation: Variation, to image: UnsafeMutableBufferPointer<Float>, height: Int, width: Int,
    using random: inout RandomSource
  ) {
    let size = height * width
    shiftHue(of: image, size: size, by: Float(variation.hue))
    let isFlipped = random.uniform() < 0.5
    let side = random.uniform(in: smallestCrop...1) * Double(min(height, width))
    let top = random.uniform() * (Double(height) - side)
    let left = random.uniform() * (Double(width) - side)
    for channel in 0..<3 {
      let values = image[channel * size..<(channel + 1) * size]
        .map { $0 + Float(variation.brightness) }
      let mean = values.reduce(0, +) / Float(size)
      let plane = Plane(
        height: height, width: width,
        values: values.map { ($0 - mean) * Float(variation.contrast) + mean })
      for row in 0..<height {
        let place = top + (Double(row) + 0.5) * side / Double(height) - 0.5
        for column in 0..<width {
          let across = isFlipped ? width - 1 - column : column
          let beside = left + (Double(across) + 0.5) * side / Double(width) - 0.5
          image[channel * size + row * width + column] =
            min(max(plane.bilinear(place, beside) ?? mean, 0), 255)
        }
      }
    }
  }

  /// Turns the hue, keeping lightest and darkest channel of every pixel (the HSV circle).
  private func shiftHue(
    of image: UnsafeMutableBufferPointer<Float>, size: Int, by turn: Float
  ) {
    for pixel in 0..<size {
      let (red, green, blue) = (image[pixel], image[size + pixel], image[2 * size + pixel])
      let (high, low) = (max(red, green, blue), min(red, green, blue))
      guard high > low else { continue }
      let chroma = high - low
      let sector: Float =
        if high == red {
          (green - blue) / chroma
        } else if high == green {
          (blue - red) / chroma + 2
        } else {
          (red - green) / chroma + 4
        }
      // Each channel is a trapezoid over the circle of six sectors, shifted by 5, 3 and 1.
      for (channel, offset) in [(0, 5), (1, 3), (2, 1)] as [(Int, Float)] {
        var place = (offset + sector + 6 * turn).truncatingRemainder(dividingBy: 6)
        if place < 0 { place += 6 }
        image[channel * size + pixel] = high - chroma * max(0, min(place, 4 - place, 1))
      }
    }
  }
}
