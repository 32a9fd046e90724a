/// A color of red, green and blue.
public struct ImageColor: Sendable, Hashable {
  /// The amounts, 0 to 255.
  public var red, green, blue: UInt8

  /// Creates a color.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// Eight colors that people with any color vision can tell apart (Okabe and Ito, 2008), for
  /// classes by number.
  public static let palette = [
    ImageColor(230, 159, 0), ImageColor(86, 180, 233), ImageColor(0, 158, 115),
    ImageColor(240, 228, 66), ImageColor(0, 114, 178), ImageColor(213, 94, 0),
    ImageColor(204, 121, 167), ImageColor(255, 255, 255),
  ]

  /// The color of a class.
  public static func ofClass(_ label: Int) -> ImageColor { palette[label % palette.count] }

  /// Black or white, whichever is easier to read on this color.
  var contrary: ImageColor {
    Image.luma(red, green, blue) > 140 ? ImageColor(0, 0, 0) : ImageColor(255, 255, 255)
  }
}

extension Image {
  /// Draws the outline of a rectangle, inside of its edges; parts beyond the image are left out.
  ///
  /// Gray images show the luma of the color.
  ///
  /// - Parameters:
  ///   - rectangle: The region, which may reach beyond the image.
  ///   - color: The color of the outline.
  ///   - thickness: The pixels it is wide.
  public mutating func drawRectangle(
    _ rectangle: ImageRegion, color: ImageColor, thickness: Int = 2
  ) {
    let (height, width) = (rectangle.height, rectangle.width)
    let thickness = min(thickness, (min(height, width) + 1) / 2)
    for (top, left, rows, columns) in [
      (0, 0, thickness, width), (height - thickness, 0, thickness, width),
      (0, 0, height, thickness), (0, width - thickness, height, thickness),
    ] {
      fill(
        ImageRegion(
          top: rectangle.top + top, left: rectangle.left + left, height: rows, width: columns),
        with: color)
    }
  }

  /// Fills a rectangle; parts beyond the image are left out.
  public mutating func fill(_ rectangle: ImageRegion, with color: ImageColor) {
    let (top, bottom) = (max(rectangle.top, 0), min(rectangle.top + rectangle.height, height))
    let (left, right) = (max(rectangle.left, 0), min(rectangle.left + rectangle.width, width))
    guard top < bottom, left < right else { return }
    let samples = samples(of: color)
    let width = width
    pixels.withUnsafeMutableBufferPointer { pixels in
      for row in top..<bottom {
        for column in left..<right {
          for (channel, value) in samples.enumerated() {
            pixels[(row * width + column) * samples.count + channel] = value
          }
        }
      }
    }
  }

  /// Lays a color over the pixels of a mask.
  ///
  /// - Parameters:
  ///   - mask: `[height, width]`, row by row.
  ///   - color: The color.
  ///   - opacity: 0 leaves the image, 1 hides it.
  /// - Precondition: The mask has as many places as the image has pixels.
  public mutating func overlay(mask: [Bool], color: ImageColor, opacity: Double = 0.5) {
    precondition(
      mask.count == height * width,
      "a mask of \(mask.count) places does not fit an image of \(height) x \(width)")
    let samples = samples(of: color)
    let count = colorChannels
    pixels.withUnsafeMutableBufferPointer { pixels in
      for pixel in mask.indices where mask[pixel] {
        for channel in 0..<count {
          let index = pixel * samples.count + channel
          let mixed = Double(pixels[index]) * (1 - opacity) + Double(samples[channel]) * opacity
          pixels[index] = UInt8(min(max(mixed.rounded(), 0), 255))
        }
      }
    }
  }

  /// Writes a line of text on a ground of its own.
  ///
  /// - Parameters:
  ///   - text: The text; characters beyond ASCII become question marks.
  ///   - row: The upper edge of the ground.
  ///   - column: Its left edge.
  ///   - ground: Its color; the letters are black or white.
  ///   - scale: The pixels of the image per pixel of the font.
  public mutating func drawLabel(
    _ text: String, row: Int, column: Int, ground: ImageColor, scale: Int = 1
  ) {
    let size = Self.labelSize(of: text, scale: scale)
    fill(ImageRegion(top: row, left: column, height: size.height, width: size.width), with: ground)
    for (index, character) in text.enumerated() {
      let left = column + (1 + index * (PixelFont.width + 1)) * scale
      for (line, bits) in PixelFont.rows(of: character).enumerated() {
        for place in 0..<PixelFont.width where bits >> UInt8(PixelFont.width - 1 - place) & 1 == 1 {
          fill(
            ImageRegion(
              top: row + (1 + line) * scale, left: left + place * scale, height: scale,
              width: scale), with: ground.contrary)
        }
      }
    }
  }

  /// The size of the ground of a line of text.
  public static func labelSize(of text: String, scale: Int = 1) -> (height: Int, width: Int) {
    ((PixelFont.height + 2) * scale, (text.count * (PixelFont.width + 1) + 1) * scale)
  }

  /// The samples of a color in this image, opaque where there is opacity.
  private func samples(of color: ImageColor) -> [UInt8] {
    switch channels {
    case 1: [Self.luma(color.red, color.green, color.blue)]
    case 2: [Self.luma(color.red, color.green, color.blue), 255]
    case 3: [color.red, color.green, color.blue]
    default: [color.red, color.green, color.blue, 255]
    }
  }
}
