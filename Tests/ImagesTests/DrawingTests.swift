import Images
import Testing

@Suite struct DrawingTests {
  private let red = ImageColor(250, 0, 0)

  @Test func `an outline lies inside of its edges and leaves the middle alone`() {
    var image = Image(height: 9, width: 12, channels: 3, filledWith: 7)
    image.drawRectangle(ImageRegion(top: 2, left: 3, height: 5, width: 6), color: red, thickness: 1)
    for row in 0..<9 {
      for column in 0..<12 {
        let isInside = (2..<7).contains(row) && (3..<9).contains(column)
        let isEdge = isInside && (row == 2 || row == 6 || column == 3 || column == 8)
        #expect(image[row, column, 0] == (isEdge ? 250 : 7))
      }
    }
  }

  @Test(arguments: 1...4)
  func `what lies beyond the image is left out`(channels: Int) {
    var image = Image(height: 6, width: 6, channels: channels, filledWith: 0)
    image.drawRectangle(
      ImageRegion(top: -3, left: -2, height: 40, width: 5), color: ImageColor(255, 255, 255))
    image.fill(ImageRegion(top: 50, left: 50, height: 3, width: 3), with: red)
    image.fill(ImageRegion(top: -9, left: 0, height: 3, width: 3), with: red)
    #expect(image[0, 1] == 255 && image[0, 0] == 0 && image[5, 2] == 255 && image[5, 3] == 0)
  }

  @Test func `a mask is mixed with its color where it is set`() {
    var image = Image(height: 1, width: 2, channels: 3, filledWith: 100)
    image.overlay(mask: [true, false], color: ImageColor(200, 0, 100), opacity: 0.5)
    #expect(image.pixels == [150, 50, 100, 100, 100, 100])
  }

  @Test func `every printable character has a shape of its own`() {
    let characters = (33...126).map { String(UnicodeScalar(UInt8($0))) }
    let shapes = characters.map { text in
      let size = Image.labelSize(of: text)
      var image = Image(height: size.height, width: size.width, filledWith: 9)
      image.drawLabel(text, row: 0, column: 0, ground: ImageColor(255, 255, 255))
      return image.pixels
    }
    #expect(Set(shapes).count == characters.count)
    // Letters stay inside of their ground, so lines of text do not touch.
    #expect(shapes.allSatisfy { $0.prefix(7).allSatisfy { $0 == 255 } && $0.contains(0) })
  }

  @Test func `a label is black on light and white on dark grounds, at every scale`() {
    for (ground, ink) in [(ImageColor(240, 228, 66), UInt8(0)), (ImageColor(0, 0, 90), 255)] {
      for scale in 1...3 {
        let size = Image.labelSize(of: "I", scale: scale)
        var image = Image(height: size.height, width: size.width, channels: 3, filledWith: 1)
        image.drawLabel("I", row: 0, column: 0, ground: ground, scale: scale)
        // The upper bar of an I has three pixels.
        let row = (0..<size.width).map { image[scale, $0, 0] }
        #expect(row.count { $0 == ink } == 3 * scale)
      }
    }
  }
}
