import FileFixtures
import Files
import Foundation
import Images
import Testing

@Suite struct BadImageTests {
  private func refusal(of data: Data) -> String {
    let failure = #expect(throws: FileFailure.self) { try Image(decoding: data, path: "x") }
    #expect(failure?.kind == .malformed)
    return failure?.description ?? ""
  }

  @Test(arguments: [
    ("", "is empty"), ("GIF89a....", "GIF"), ("RIFF....WEBPVP8 ", "WebP"), ("BM......", "BMP"),
    ("<html>", "text"), ("II*\0....", "TIFF"), ("....ftypheic", "HEIC"),
    ("hello", "neither a JPEG nor a PNG"),
  ])
  func `other files are named in one sentence`(content: String, word: String) {
    let text = refusal(of: Data(content.utf8))
    #expect(text.hasPrefix("x: ") && text.contains(word), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test(arguments: ["halved", "progressive", "gray-jpeg"])
  func `a JPEG file cut short anywhere is refused`(name: String) throws {
    let data = try Fixture.bytes("\(name).jpg")
    for count in stride(from: 1, to: data.count - 40, by: 13) {
      let text = refusal(of: data.prefix(count))
      #expect(text.contains("JPEG") || text.contains("cut short"), "\(text)")
    }
  }

  @Test func `a PNG file cut short anywhere is refused`() throws {
    let data = try Fixture.image("photo").encodedPNG()
    for count in stride(from: 1, to: data.count - 13, by: 37) {
      _ = refusal(of: data.prefix(count))
    }
  }

  @Test func `rubbish among the pixels of a JPEG file is noticed`() throws {
    var data = try Fixture.bytes("halved.jpg")
    for index in data.count / 2..<data.count / 2 + 40 { data[index] = 0xff }
    #expect(refusal(of: data).contains("libjpeg"))
  }

  /// The header alone announces the size, so nothing of it is ever decoded or allocated.
  @Test func `an image that would need too much memory is refused by its header`() throws {
    var jpeg = try Fixture.bytes("progressive.jpg")
    let frame = try #require(jpeg.range(of: Data([0xff, 0xc2])))
    jpeg.replaceSubrange(
      frame.lowerBound + 5..<frame.lowerBound + 9, with: [0xff, 0xdc, 0xff, 0xdc])
    #expect(refusal(of: jpeg).contains("65500 x 65500 pixels are more than"))
    var png = PNGFile(width: 1, height: 1, depth: 8, kind: 2, samples: [1, 2, 3]).encoded()
    png.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
    #expect(refusal(of: png).contains("65536 x 65536 pixels are more than"))
  }

  @Test func `the limit of samples can be lowered`() throws {
    let data = try Fixture.bytes("halved.jpg")
    #expect(throws: FileFailure.self) {
      try EncodedImage(data, path: "x", sampleLimit: 45 * 67 * 3 - 1)
    }
    #expect(try EncodedImage(data, path: "x", sampleLimit: 45 * 67 * 3).height == 45)
  }

  @Test func `an animated PNG file is refused with the number of frames`() throws {
    var data = try Fixture.image("photo").encodedPNG()
    data.insert(contentsOf: pngChunk("acTL", [0, 0, 0, 7, 0, 0, 0, 0]), at: 33)
    #expect(refusal(of: data).contains("animation of 7 frames"))
  }

  @Test func `endless scans are given up`() throws {
    let data = try Fixture.bytes("progressive.jpg")
    let scan = try #require(data.range(of: Data([0xff, 0xda]), options: .backwards))
    let last = data[scan.lowerBound..<data.count - 2]
    var bomb = data.dropLast(2)
    for _ in 0..<400 { bomb.append(last) }
    bomb.append(contentsOf: [0xff, 0xd9])
    #expect(refusal(of: Data(bomb)).contains("libjpeg"))
  }
}
