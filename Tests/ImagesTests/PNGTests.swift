import FileFixtures
import Files
import Foundation
import Images
import Testing

@Suite struct PNGTests {
  /// A picture of 5 x 3 whose samples run through all values of the depth.
  private func file(depth: Int, kind: Int) -> PNGFile {
    var file = PNGFile(width: 5, height: 3, depth: depth, kind: kind, samples: [])
    let bound = 1 << depth
    file.samples = (0..<15 * file.channels).map { $0 * 4099 % bound }
    return file
  }

  @Test(arguments: [
    (1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 4), (16, 4), (8, 6), (16, 6),
  ]) func `every depth and kind is brought to 8 bits`(depth: Int, kind: Int) throws {
    let file = file(depth: depth, kind: kind)
    let image = try Image(png: file.encoded(), path: "test")
    #expect(image.height == 3 && image.width == 5 && image.channels == file.channels)
    let largest = Double(1 << depth - 1)
    let expected = file.samples.map { Int((Double($0) / largest * 255).rounded()) }
    for (value, wanted) in zip(image.pixels, expected) { #expect(Int(value) == wanted) }
  }

  @Test(arguments: [1, 2, 4, 8]) func `palettes become colors`(depth: Int) throws {
    var file = file(depth: depth, kind: 3)
    let count = 1 << depth
    file.palette = (0..<3 * count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
    let image = try Image(png: file.encoded(), path: "test")
    #expect(image.channels == 3)
    let expected = file.samples.flatMap { Array(file.palette[3 * $0..<3 * $0 + 3]) }
    #expect(image.pixels == expected)
  }

  @Test func `transparent palette entries and colors become opacity`() throws {
    var palette = file(depth: 2, kind: 3)
    palette.palette = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]
    palette.transparency = [0, 128]
    let colors = try Image(png: palette.encoded(), path: "test")
    #expect(colors.channels == 4)
    let steps: [UInt8] = [0, 128, 255, 255]
    let opacities = palette.samples.map { steps[$0] }
    let found = (0..<15).map { colors.pixels[4 * $0 + 3] }
    #expect(found == opacities)

    var gray = file(depth: 8, kind: 0)
    gray.samples[7] = 77
    gray.transparency = [0, 77]
    let image = try Image(png: gray.encoded(), path: "test")
    #expect(image.channels == 2)
    let grayOpacities: [UInt8] = gray.samples.map { $0 == 77 ? 0 : 255 }
    let grayFound = (0..<15).map { image.pixels[2 * $0 + 1] }
    #expect(grayFound == grayOpacities)
  }

  @Test(arguments: 1...4) func `an image survives its file`(channels: Int) throws {
    let pixels = (0..<31 * 17 * channels).map { (index: Int) -> UInt8 in
      UInt8(truncatingIfNeeded: index * index * 2_654_435 >> 7)
    }
    let image = Image(height: 17, width: 31, channels: channels, pixels: pixels)
    let file = image.encodedPNG()
    #expect(try Image(png: file, path: "test") == image)
    // The header, at its place in the specification: width, height, 8 bits, kind.
    let kind: UInt8 = [0, 4, 2, 6][channels - 1]
    let header: [UInt8] = [0, 0, 0, 31, 0, 0, 0, 17, 8, kind]
    #expect([UInt8](file[16..<26]) == header)
  }

  @Test func `a file cut short anywhere is malformed`() throws {
    let file = file(depth: 8, kind: 2).encoded()
    // Without its last chunk, 12 bytes, the picture is complete and libpng accepts it.
    for length in 0..<file.count - 12 {
      let failure = #expect(throws: FileFailure.self) {
        try Image(png: file.prefix(length), path: "cut.png")
      }
      #expect(failure?.kind == .malformed && failure?.path == "cut.png")
    }
  }

  @Test func `a changed byte never crashes, and in the header or the data is found`() throws {
    let file = file(depth: 8, kind: 6).encoded()
    for place in file.indices {
      var changed = file
      changed[place] ^= 0x15
      let isCritical = place < 33 || (41..<file.count - 16).contains(place)
      do {
        _ = try Image(png: changed, path: "changed.png")
        #expect(!isCritical, "byte \(place) was changed unnoticed")
      } catch { #expect(error.kind == .malformed) }
    }
  }

  @Test func `a header that promises too much is refused before anything is allocated`() {
    var file = file(depth: 8, kind: 6)
    file.samples = []
    file.height = 0
    var bytes = file.encoded()
    bytes.replaceSubrange(16..<24, with: [0, 15, 0, 0, 0, 15, 0, 0])
    bytes.replaceSubrange(
      29..<33, with: withUnsafeBytes(of: slowCRC32([UInt8](bytes[12..<29])).bigEndian) { Data($0) })
    let failure = #expect(throws: FileFailure.self) { try Image(png: bytes, path: "huge.png") }
    #expect(failure?.reason.contains("983040 x 983040") == true)
  }

  @Test func `a file is written and read again, and a missing one is missing`() throws {
    let folder = try TemporaryFolder()
    let image = Image(height: 2, width: 2, channels: 3, filledWith: 9)
    try image.writePNG(to: folder.path + "/a.png")
    #expect(try Image(pngFileAt: folder.path + "/a.png") == image)
    let failure = #expect(throws: FileFailure.self) {
      try Image(pngFileAt: folder.path + "/b.png")
    }
    #expect(failure?.kind == .missing)
  }
}
