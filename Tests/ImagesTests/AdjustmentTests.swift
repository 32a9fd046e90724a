import Images
import Testing

@Suite struct AdjustmentTests {
  private func adjusted(_ image: Image, _ pillow: PillowCase) throws -> Image {
    let factor = pillow.number("factor")
    switch pillow.operation {
    case "brightness": return image.brightnessAdjusted(by: factor)
    case "contrast": return image.contrastAdjusted(by: factor)
    case "saturation": return image.saturationAdjusted(by: factor)
    case "sharpness": return image.sharpnessAdjusted(by: factor)
    case "hue": return image.hueShifted(by: factor)
    case "posterize": return image.posterized(bits: pillow.whole("bits"))
    case "solarize": return image.solarized(from: pillow.number("threshold"))
    case "autocontrast": return image.autocontrasted()
    case "equalize": return image.equalized()
    case "invert": return image.inverted()
    case "grayscale": return image.grayscale()
    case "hflip": return image.flippedHorizontally()
    case "vflip": return image.flippedVertically()
    default:
      Issue.record("no operation \(pillow.operation)")
      return image
    }
  }

  private static let exact = PillowCase.all([
    "contrast", "brightness", "saturation", "sharpness", "posterize", "solarize", "autocontrast",
    "equalize", "invert", "grayscale", "hflip", "vflip", "hue",
  ])

  @Test(arguments: exact)
  func `an adjustment is torchvision's on Pillow images to the last bit`(
    pillow: PillowCase
  ) throws {
    let result = try adjusted(Fixture.image(pillow.source), pillow)
    #expect(try difference(result, Fixture.image(pillow.file)) == 0)
  }

  @Test func `the reference has every adjustment in gray and color`() {
    #expect(Self.exact.count >= 2 * 23 + 7)
  }

  @Test func `opacity is no color`() throws {
    let photo = try Fixture.image("photo")
    var clear = Image(height: photo.height, width: photo.width, channels: 4, filledWith: 77)
    for row in 0..<photo.height {
      for column in 0..<photo.width {
        for channel in 0..<3 { clear[row, column, channel] = photo[row, column, channel] }
      }
    }
    let changes: [@Sendable (Image) -> Image] = [
      { $0.brightnessAdjusted(by: 0.5) }, { $0.hueShifted(by: 0.2) }, { $0.equalized() },
      { $0.autocontrasted() }, { $0.solarized(from: 10) }, { $0.saturationAdjusted(by: 0) },
    ]
    for change in changes {
      let (changed, expected) = (change(clear), change(photo))
      for row in 0..<photo.height {
        for column in 0..<photo.width {
          #expect(changed[row, column, 3] == 77)
          for channel in 0..<3 {
            #expect(changed[row, column, channel] == expected[row, column, channel])
          }
        }
      }
    }
  }

  @Test(arguments: PillowCase.all(["rotate"]))
  func `turning is Pillow's within a gray level`(pillow: PillowCase) throws {
    let turned = try Fixture.image(pillow.source)
      .rotated(degrees: pillow.number("degrees"), filter: pillow.filter)
    let distance = try #require(difference(turned, Fixture.image(pillow.file)))
    #expect(distance <= 1)
  }

  @Test(arguments: PillowCase.all(["affine"]))
  func `turning, shearing, enlarging and moving at once is torchvision's within a gray level`(
    pillow: PillowCase
  ) throws {
    let image = try Fixture.image(pillow.source)
    let map = AffineMap(
      degrees: pillow.number("degrees"),
      translation: (pillow.number("translateX"), pillow.number("translateY")),
      scale: pillow.number("scale"), shear: (pillow.number("shearX"), pillow.number("shearY")),
      center: (Double(image.width) / 2, Double(image.height) / 2))
    let moved = image.transformed(
      by: map, filter: try pillow.filter, fill: UInt8(pillow.number("fill")))
    let distance = try #require(difference(moved, Fixture.image(pillow.file)))
    #expect(distance <= 1)
  }
}
