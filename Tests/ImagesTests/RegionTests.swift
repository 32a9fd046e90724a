import Images
import Testing

@Suite struct RegionTests {
  private var numbered: Image {
    Image(height: 3, width: 4, channels: 1, pixels: Array(0..<12))
  }

  @Test func `a crop takes the pixels of its region`() {
    #expect(
      numbered.cropped(to: ImageRegion(top: 1, left: 2, height: 2, width: 2)).pixels
        == [6, 7, 10, 11])
    #expect(numbered.cropped(to: ImageRegion(top: 0, left: 0, height: 3, width: 4)) == numbered)
  }

  @Test(
    arguments: [
      (Padding.constant(99), [99, 99, 99, 99, 99, 0, 1, 2, 99, 4, 5, 6]),
      (.edge, [0, 0, 1, 2, 0, 0, 1, 2, 4, 4, 5, 6]),
      (.reflection, [5, 4, 5, 6, 1, 0, 1, 2, 5, 4, 5, 6]),
    ] as [(Padding, [UInt8])])
  func `beyond the edges stands the padding`(padding: Padding, expected: [UInt8]) {
    let region = ImageRegion(top: -1, left: -1, height: 3, width: 4)
    #expect(numbered.cropped(to: region, padding: padding).pixels == expected)
  }

  @Test func `padding and cropping undo each other`() throws {
    let photo = try Fixture.image("photo")
    for padding in [Padding.constant(3), .edge, .reflection] {
      let padded = photo.padded(top: 5, bottom: 2, left: 7, right: 1, with: padding)
      #expect((padded.height, padded.width) == (photo.height + 7, photo.width + 8))
      let inner = ImageRegion(top: 5, left: 7, height: photo.height, width: photo.width)
      #expect(padded.cropped(to: inner) == photo)
    }
  }

  @Test func `a flip is its own opposite, and both are half a turn`() throws {
    let photo = try Fixture.image("photo")
    #expect(photo.flippedHorizontally().flippedHorizontally() == photo)
    #expect(photo.flippedVertically().flippedVertically() == photo)
    #expect(
      photo.flippedHorizontally().flippedVertically() == photo.rotated(quarterTurns: 2))
  }

  /// Python's `round` on which torchvision's `center_crop` rests.
  @Test(arguments: [(10, 4, 3), (9, 4, 2), (11, 4, 4), (7, 4, 2), (4, 7, -2), (4, 9, -2)])
  func `the middle is where torchvision has it`(old: Int, new: Int, start: Int) {
    let region = ImageRegion(height: new, width: new, centeredIn: (old, old))
    #expect(region.top == start && region.left == start)
  }

  @Test func `normalized values are planes of (v / 255 - mean) / deviation`() throws {
    let photo = try Fixture.image("photo")
    let (height, width) = (photo.height, photo.width)
    let normalization = ImageNormalization.imageNet
    for isFlipped in [false, true] {
      let values = [Float](unsafeUninitializedCapacity: photo.pixels.count) { target, count in
        count = photo.pixels.count
        photo.normalize(
          into: UnsafeMutableBufferPointer(rebasing: target[..<count]), with: normalization,
          isFlipped: isFlipped)
      }
      for channel in 0..<3 {
        for place in 0..<height * width {
          let (row, column) = (place / width, place % width)
          let sample = photo[row, isFlipped ? width - 1 - column : column, channel]
          let expected =
            (Double(sample) / 255 - normalization.mean[channel])
            / normalization.deviation[channel]
          #expect(abs(Double(values[channel * height * width + place]) - expected) < 1e-5)
        }
      }
    }
  }
}
