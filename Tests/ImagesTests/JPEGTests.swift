import FileFixtures
import Files
import Foundation
import Images
import Testing

@Suite struct JPEGTests {
  static let files = [
    "halved", "half-width", "full-color", "gray-jpeg", "progressive", "single-pixel",
  ]

  private func file(_ name: String) throws -> EncodedImage {
    try EncodedImage(contentsOf: "\(Fixture.folder)/\(name).jpg")
  }

  @Test(arguments: files)
  func `pixels are Pillow's to the last bit`(name: String) throws {
    let decoded = try file(name).decoded()
    #expect(try difference(decoded, Fixture.image(name)) == 0)
  }

  @Test func `the four inks of print become Pillow's colors`() throws {
    let decoded = try Image(fileAt: "\(Fixture.folder)/inks.jpg")
    let distance = try #require(difference(decoded, Fixture.image("inks")))
    #expect(distance <= 1)
  }

  @Test(arguments: 1...8)
  func `every orientation is turned upright on request only`(number: Int) throws {
    let file = try file("orientation-\(number)")
    #expect(file.orientation.rawValue == number)
    #expect(
      try difference(
        file.decoded(appliesOrientation: true), Fixture.image("orientation-\(number)")) == 0)
    let stored = try file.decoded()
    #expect((stored.height, stored.width) == (12, 20))
  }

  @Test func `a PNG file has an orientation, too`() throws {
    let image = try Fixture.image("photo")
    let exif: [UInt8] = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    var data = image.encodedPNG()
    data.insert(contentsOf: pngChunk("eXIf", exif), at: 33)
    let file = try EncodedImage(data, path: "x.png")
    #expect(file.orientation == .clockwise)
    #expect(try file.decoded(appliesOrientation: true) == image.rotated(quarterTurns: -1))
  }

  /// Regions at every offset from the blocks of 16 by 16 that a file consists of.
  @Test(arguments: ["halved", "half-width", "full-color", "gray-jpeg", "progressive"])
  func `decoding a region is decoding all and cropping`(name: String) throws {
    let file = try file(name)
    let whole = try file.decoded()
    for top in stride(from: 0, to: file.height - 4, by: 3) {
      for left in stride(from: 0, to: file.width - 3, by: 2) {
        let region = ImageRegion(
          top: top, left: left, height: min(9, file.height - top), width: min(7, file.width - left))
        let part = try file.decoded(
          region, resizedTo: (region.height, region.width), filter: .bilinear)
        #expect(part == whole.cropped(to: region), "\(region)")
      }
    }
  }

  @Test func `a region is resized as if it were an image of its own`() throws {
    let file = try file("halved")
    let region = ImageRegion(top: 5, left: 11, height: 31, width: 40)
    let part = try file.decoded(region, resizedTo: (16, 18), filter: .bicubic)
    let expected = try file.decoded().cropped(to: region)
      .resized(height: 16, width: 18, filter: .bicubic)
    #expect(part == expected)
  }

  @Test func `scaling while decoding keeps place and values of a smooth picture`() throws {
    let (height, width) = (203, 317)
    let pixels: [UInt8] = (0..<height * width).flatMap { index -> [UInt8] in
      [UInt8(index / width), UInt8(index % width * 255 / width), 90]
    }
    let image = Image(height: height, width: width, channels: 3, pixels: pixels)
    let file = try EncodedImage(image.encodedJPEG(quality: 98), path: "ramp")
    for region in [
      ImageRegion(top: 0, left: 0, height: height, width: width),
      ImageRegion(top: 37, left: 101, height: 131, width: 155),
    ] {
      let plain = try file.decoded(region, resizedTo: (20, 24), filter: .bilinear)
      let scaled = try file.decoded(
        region, resizedTo: (20, 24), filter: .bilinear, scalesWhileDecoding: true)
      let distance = try #require(difference(plain, scaled))
      #expect(distance <= 2)
    }
  }

  @Test(arguments: [(1, true), (1, false), (3, true), (3, false)])
  func `encoding is undone by decoding up to the quality`(channels: Int, halves: Bool) throws {
    let photo = try Fixture.image(channels == 1 ? "gray" : "photo")
    let data = photo.encodedJPEG(quality: 100, halvesColor: halves)
    let decoded = try Image(jpeg: data, path: "x")
    let distance = try #require(difference(decoded, photo))
    #expect(distance <= (halves && channels == 3 ? 120 : 5))
    #expect(photo.encodedJPEG(quality: 20).count < data.count)
  }

  @Test func `opacity is laid over white before encoding`() throws {
    let clear = Image(height: 8, width: 8, channels: 4, filledWith: 0)
    #expect(try Image(jpeg: clear.encodedJPEG(), path: "x").pixels.allSatisfy { $0 == 255 })
  }
}
