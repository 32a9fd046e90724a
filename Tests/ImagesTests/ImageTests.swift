import Images
import Testing

@Suite struct ImageTests {
  private func picture(_ height: Int, _ width: Int, _ channels: Int = 1) -> Image {
    Image(
      height: height, width: width, channels: channels,
      pixels: (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0 * 97 + $0 / 7) })
  }

  @Test func `four quarter turns are no turn`() {
    let image = Image(height: 2, width: 3, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(image.rotated(quarterTurns: 1).pixels == [3, 6, 2, 5, 1, 4])
    #expect(image.rotated(quarterTurns: 2).pixels == [6, 5, 4, 3, 2, 1])
    #expect(image.rotated(quarterTurns: -1).pixels == [4, 1, 5, 2, 6, 3])
    #expect(image.rotated(quarterTurns: 4) == image)
  }

  /// Every pixel is repeated `new` times along each axis, then blocks of `old` are averaged: the
  /// same areas, by counting.
  @Test(arguments: [(15, 21, 4, 9), (7, 5, 7, 5), (3, 4, 8, 6), (30, 45, 8, 12), (9, 2, 1, 1)])
  func `resizing averages the covered areas`(
    height: Int, width: Int, newHeight: Int, newWidth: Int
  ) {
    let image = picture(height, width, 2)
    let resized = image.resized(height: newHeight, width: newWidth)
    for row in 0..<newHeight {
      for column in 0..<newWidth {
        for channel in 0..<2 {
          var sum = 0
          for fineRow in row * height..<(row + 1) * height {
            for fineColumn in column * width..<(column + 1) * width {
              sum += Int(image[fineRow / newHeight, fineColumn / newWidth, channel])
            }
          }
          let mean = Double(sum) / Double(height * width)
          #expect(Int(resized[row, column, channel]) == Int(mean.rounded()))
        }
      }
    }
  }

  @Test func `a ramp from 105 to 28 keeps its slope`() {
    var ramp = Image(height: 105, width: 105, filledWith: 0)
    for row in 0..<105 { for column in 0..<105 { ramp[row, column] = UInt8(2 * column) } }
    let resized = ramp.resized(height: 28, width: 28)
    // The mean of 2 floor(x) over 3.75 j ... 3.75 (j + 1), by its integral.
    func integral(_ end: Double) -> Double {
      let whole = end.rounded(.down)
      return whole * (whole - 1) + 2 * whole * (end - whole)
    }
    for column in 0..<28 {
      let mean = (integral(3.75 * Double(column + 1)) - integral(3.75 * Double(column))) / 3.75
      #expect(resized[13, column] == UInt8(mean.rounded()))
    }
  }

  @Test func `enlarging repeats pixels`() {
    let image = Image(height: 1, width: 2, channels: 1, pixels: [10, 200])
    #expect(image.enlarged(by: 2).pixels == [10, 10, 200, 200, 10, 10, 200, 200])
  }

  @Test func `gray follows the luma weights and opacity lies over white`() {
    let colors = Image(
      height: 1, width: 4, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30])
    #expect(colors.grayscale().pixels == [76, 150, 29, 18])
    let glass = Image(height: 1, width: 3, channels: 2, pixels: [0, 0, 0, 128, 40, 255])
    #expect(glass.grayscale().pixels == [255, 127, 40])
    #expect(glass.inverted().pixels == [255, 0, 255, 128, 215, 255])
    #expect(glass.color().pixels == [255, 255, 255, 127, 127, 127, 40, 40, 40])
  }

  @Test func `a grid keeps every image at its place`() {
    let parts = (1...5).map { Image(height: 3, width: 2, filledWith: UInt8($0)) }
    let sheet = Image.grid(parts, columns: 3, spacing: 1, ground: 200)
    #expect(sheet.height == 9 && sheet.width == 10)
    let places = [sheet[1, 1], sheet[3, 5], sheet[5, 4], sheet[7, 8]]
    #expect(places == [1, 2, 5, 200])
    #expect(sheet.pixels.count { $0 == 200 } == 90 - 5 * 6)
    let colored = Image(height: 1, width: 1, channels: 4, filledWith: 0)
    #expect(Image.grid([parts[0], colored], columns: 1).channels == 3)
  }
}
