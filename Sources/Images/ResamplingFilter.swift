import Foundation

/// How a new pixel is computed from the old ones around it.
///
/// The functions, their supports and their rounding are Pillow's, so results agree with
/// `PIL.Image.resize` to the last bit; torchvision's antialiased resizing follows it within one
/// gray level.
public enum ResamplingFilter: String, Sendable, Hashable, Codable, CaseIterable {
  /// The old pixel under the middle of the new one.
  case nearest
  /// The mean of the old pixels whose middles the new one covers.
  case box
  /// A triangle of one old (or new, where larger) pixel to each side.
  case bilinear
  /// The Hamming window of one pixel to each side: sharper than bilinear, as quick.
  case hamming
  /// The cubic convolution of Keys with a = -1/2, two pixels to each side.
  case bicubic
  /// The sinc windowed by a wider sinc, three pixels to each side.
  case lanczos

  /// How far the filter reaches, in pixels.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight of a pixel at a distance.
  func weight(at distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .nearest, .box: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - x)
    case .hamming:
      if x == 0 { return 1 }
      return x < 1 ? sin(.pi * x) / (.pi * x) * (0.54 + 0.46 * cos(.pi * x)) : 0
    case .bicubic: return Self.cubic(x, a: -0.5)
    case .lanczos: return x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
  }

  /// The cubic convolution kernel (Keys, 1981) at a distance that is not negative.
  static func cubic(_ x: Double, a: Double) -> Double {
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }

  private static func sinc(_ x: Double) -> Double {
    x == 0 ? 1 : sin(.pi * x) / (.pi * x)
  }
}
