import Files
import Foundation

/// Tells formats apart by the first bytes of a file.
enum ImageSignature {
  /// Formats that are recognized in order to name them in the refusal.
  private static let others: [(name: String, offset: Int, bytes: [UInt8])] = [
    ("a GIF image, possibly animated", 0, Array("GIF8".utf8)),
    ("a WebP image", 8, Array("WEBP".utf8)),
    ("a BMP image", 0, Array("BM".utf8)),
    ("a TIFF image", 0, [0x49, 0x49, 0x2a, 0]),
    ("a TIFF image", 0, [0x4d, 0x4d, 0, 0x2a]),
    ("a HEIC or AVIF image", 4, Array("ftyp".utf8)),
    ("a JPEG XL image", 0, [0xff, 0x0a]),
    ("a JPEG 2000 image", 0, [0, 0, 0, 0x0c, 0x6a, 0x50]),
    ("a page of text, not an image", 0, Array("<".utf8)),
  ]

  static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// The format of a file that can be read.
  static func format(of data: Data, path: String) throws(FileFailure) -> EncodedImage.Format {
    guard !data.isEmpty else {
      throw FileFailure(
        .malformed, path: path, reason: "is empty; fetch or save the image again")
    }
    if data.starts(with: [0xff, 0xd8, 0xff]) { return .jpeg }
    if data.starts(with: png) { return .png }
    let other = others.first { other in
      data.dropFirst(other.offset).starts(with: other.bytes)
    }
    let name = other.map { "is \($0.name)" } ?? "is neither a JPEG nor a PNG image"
    throw FileFailure(
      .malformed, path: path, reason: "\(name); convert it to JPEG or PNG")
  }
}

/// The first chunk of a PNG file.
struct PNGHeader {
  let height: Int
  let width: Int
  /// The most samples per pixel the decoded image can have.
  let channels: Int

  /// Reads the header and refuses animations.
  init(of data: Data, path: String) throws(FileFailure) {
    let bytes = [UInt8](data.prefix(33))
    guard bytes.count == 33, Array(bytes[12..<16]) == Array("IHDR".utf8) else {
      throw FileFailure(
        .malformed, path: path,
        reason: "is cut short after \(data.count) bytes; fetch or save the image again")
    }
    func number(_ start: Int) -> Int {
      bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    width = number(16)
    height = number(20)
    // Palettes and colors that stand for transparency may add opacity.
    channels = bytes[25] & 2 != 0 ? 4 : 2
    if let frames = Self.frames(of: data), frames > 1 {
      throw FileFailure(
        .malformed, path: path,
        reason: "is an animation of \(frames) frames; save the frame wanted as an image of its own")
    }
  }

  /// The frames announced by the chunk that an animation has before its first pixels.
  private static func frames(of data: Data) -> Int? {
    var result: Int?
    forEachChunk(of: data) { name, content in
      if name == "acTL", content.count >= 4 {
        result = content.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      }
      return name != "IDAT" && result == nil
    }
    return result
  }

  /// Presents the chunks in order until `body` returns false or the file ends.
  static func forEachChunk(of data: Data, _ body: (_ name: String, _ content: Data) -> Bool) {
    var rest = data.dropFirst(8)
    while rest.count >= 12 {
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard length <= rest.count - 12 else { return }
      let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
      guard body(name, rest.dropFirst(8).prefix(length)) else { return }
      rest = rest.dropFirst(12 + length)
    }
  }
}
