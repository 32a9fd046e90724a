import Foundation

/// From the place of a new pixel to the place of the old one: `x' = a x + b y + c`,
/// `y' = d x + e y + f`, with x to the right, y downward and pixel middles at halves.
public struct AffineMap: Sendable, Hashable {
  /// The factors and the shift of x'.
  public var a, b, c: Double
  /// The factors and the shift of y'.
  public var d, e, f: Double

  /// Creates a map from its six numbers.
  public init(a: Double, b: Double, c: Double, d: Double, e: Double, f: Double) {
    (self.a, self.b, self.c) = (a, b, c)
    (self.d, self.e, self.f) = (d, e, f)
  }

  /// The map that turns, shears, enlarges and moves an image about a center, with the conventions
  /// of torchvision's `affine`.
  ///
  /// - Parameters:
  ///   - degrees: The turn, clockwise.
  ///   - translation: How far the image moves to the right and down, in pixels.
  ///   - scale: How much larger it becomes.
  ///   - shear: The angles by which its columns and rows are sheared, in degrees.
  ///   - center: The fixed point, as x and y.
  public init(
    degrees: Double = 0, translation: (x: Double, y: Double) = (0, 0), scale: Double = 1,
    shear: (x: Double, y: Double) = (0, 0), center: (x: Double, y: Double)
  ) {
    let (turn, shearX, shearY) = (degrees * .pi / 180, shear.x * .pi / 180, shear.y * .pi / 180)
    let first = cos(turn - shearY) / cos(shearY)
    let second = -cos(turn - shearY) * tan(shearX) / cos(shearY) - sin(turn)
    let third = sin(turn - shearY) / cos(shearY)
    let fourth = -sin(turn - shearY) * tan(shearX) / cos(shearY) + cos(turn)
    (a, b, d, e) = (fourth / scale, -second / scale, -third / scale, first / scale)
    let (x, y) = (-center.x - translation.x, -center.y - translation.y)
    c = center.x + a * x + b * y
    f = center.y + d * x + e * y
  }
}

extension Image {
  /// Returns the image turned counter-clockwise about its middle, at the same size.
  ///
  /// - Parameters:
  ///   - degrees: The turn.
  ///   - filter: `nearest`, `bilinear` or `bicubic`.
  ///   - fill: What stands where the image was not.
  /// - Returns: The image, its corners cut off.
  public func rotated(
    degrees: Double, filter: ResamplingFilter = .nearest, fill: UInt8 = 0
  ) -> Image {
    transformed(
      by: AffineMap(degrees: -degrees, center: (Double(width) / 2, Double(height) / 2)),
      filter: filter, fill: fill)
  }

  /// Returns the image seen through a map, at the same size, with Pillow's rounding.
  ///
  /// - Parameters:
  ///   - map: From new places to old ones.
  ///   - filter: `nearest`, `bilinear` or `bicubic` (here with a = -1); nothing is antialiased.
  ///   - fill: What stands where the image was not.
  /// - Returns: The image as the map shows it.
  /// - Precondition: The filter is one of the three.
  public func transformed(
    by map: AffineMap, filter: ResamplingFilter = .nearest, fill: UInt8 = 0
  ) -> Image {
    precondition(
      [.nearest, .bilinear, .bicubic].contains(filter),
      "an image is transformed with nearest, bilinear or bicubic, not \(filter.rawValue)")
    let size = pixels.count
    let values = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      target.initialize(repeating: fill)
      pixels.withUnsafeBufferPointer { source in
        let sampler = PlaceSampler(
          pixels: source, height: height, width: width, channels: channels)
        if filter == .nearest {
          sampler.nearest(map, into: target)
        } else {
          sampler.interpolated(map, isCubic: filter == .bicubic, into: target)
        }
      }
      count = size
    }
    return Image(height: height, width: width, channels: channels, pixels: values)
  }
}
