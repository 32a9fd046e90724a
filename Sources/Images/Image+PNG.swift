import Files
import Foundation
internal import LibPNG

extension Image {
  /// The most samples a decoded image may have, 256 Mi; larger headers are refused unread.
  public static let sampleLimit = 1 << 28

  /// Decodes a PNG file held in memory.
  ///
  /// Every depth and kind is brought to 8 bits and 1 to 4 channels: palettes become colors,
  /// transparent palette entries and colors become opacity, 16 bits are rounded to 8. Samples are
  /// brought to the sRGB curve where the file states another gamma.
  ///
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where the bytes come from, for the message of a failure.
  /// - Throws: `FileFailure` of kind `malformed` for anything that is not a sound PNG image of at
  ///   most ``sampleLimit`` samples.
  public init(png data: Data, path: String) throws(FileFailure) {
    let outcome = data.withUnsafeBytes { Self.decode($0, path: path) }
    self = try outcome.get()
  }

  /// Reads and decodes a PNG file.
  ///
  /// - Throws: `FileFailure` of kind `missing`, `unreadable` or `malformed`.
  public init(pngFileAt path: String) throws(FileFailure) {
    try self.init(png: readFile(at: path, limit: 1 << 30), path: path)
  }

  /// The image as the bytes of a PNG file with 8 bits per sample.
  public func encodedPNG() -> Data {
    var control = png_image()
    control.version = UInt32(PNG_IMAGE_VERSION)
    control.width = UInt32(width)
    control.height = UInt32(height)
    control.format = Self.format(hasColor: channels > 2, hasAlpha: channels % 2 == 0)
    // Above what any filter and stored deflate blocks can take, chunk headers included.
    var size = 2 * (pixels.count + height) + 4096
    var data = Data(count: size)
    let isWritten = data.withUnsafeMutableBytes { target in
      pixels.withUnsafeBytes { source in
        png_image_write_to_memory(
          &control, target.baseAddress, &size, 0, source.baseAddress, 0, nil)
      }
    }
    precondition(isWritten != 0, "libpng could not encode: \(Self.message(control))")
    return data.prefix(size)
  }

  /// Writes the image durably as a PNG file.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func writePNG(to path: String) throws { try writeDurably(encodedPNG(), to: path) }

  private static func decode(
    _ source: UnsafeRawBufferPointer, path: String
  ) -> Result<Image, FileFailure> {
    var control = png_image()
    control.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&control) }
    guard png_image_begin_read_from_memory(&control, source.baseAddress, source.count) != 0 else {
      return .failure(malformed(control, path: path))
    }
    let (height, width) = (Int(control.height), Int(control.width))
    let hasColor = control.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
    let hasAlpha = control.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
    let channels = (hasColor ? 3 : 1) + (hasAlpha ? 1 : 0)
    guard height <= sampleLimit / channels / max(width, 1) else {
      return .failure(
        FileFailure(
          .malformed, path: path,
          reason: "\(height) x \(width) pixels are more than the \(sampleLimit) samples accepted"))
    }
    control.format = format(hasColor: hasColor, hasAlpha: hasAlpha)
    control.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    var pixels = [UInt8](repeating: 0, count: height * width * channels)
    let isRead = pixels.withUnsafeMutableBytes {
      png_image_finish_read(&control, nil, $0.baseAddress, 0, nil)
    }
    guard isRead != 0 else { return .failure(malformed(control, path: path)) }
    return .success(Image(height: height, width: width, channels: channels, pixels: pixels))
  }

  private static func format(hasColor: Bool, hasAlpha: Bool) -> UInt32 {
    (hasColor ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0) | (hasAlpha ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
  }

  private static func malformed(_ control: png_image, path: String) -> FileFailure {
    FileFailure(
      .malformed, path: path, reason: "is not a sound PNG image (libpng: \(message(control)))")
  }

  private static func message(_ control: png_image) -> String {
    withUnsafeBytes(of: control.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
