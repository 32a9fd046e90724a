import Files
import Foundation
internal import CImages

extension Image {
  /// Decodes a JPEG file held in memory.
  ///
  /// Baseline and progressive files, gray or in color; the four inks of print become red, green
  /// and blue. Pixels are in the order of the file, whatever its EXIF orientation; see
  /// ``EncodedImage/decoded(appliesOrientation:)``.
  ///
  /// - Numerics: libjpeg's accurate inverse transform and smoothed color, so pixels are those of
  ///   Pillow and of everything else built on libjpeg-turbo.
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where the bytes come from, for the message of a failure.
  /// - Throws: `FileFailure` of kind `malformed` for anything that is not a sound JPEG image of at
  ///   most ``sampleLimit`` samples.
  public init(jpeg data: Data, path: String) throws(FileFailure) {
    let file = try EncodedImage(data, path: path)
    guard file.format == .jpeg else {
      throw FileFailure(.malformed, path: path, reason: "is a PNG image, expected JPEG")
    }
    self = try file.decoded()
  }

  /// The image as the bytes of a JPEG file; opacity is laid over white.
  ///
  /// - Parameters:
  ///   - quality: 1 to 100; 75 is usual, 95 hardly to be told from the original.
  ///   - halvesColor: Whether color is kept at half the resolution in both directions, as usual.
  /// - Returns: The bytes of the file.
  /// - Precondition: The quality is 1 to 100 and no side is above 65,500 pixels.
  public func encodedJPEG(quality: Int = 90, halvesColor: Bool = true) -> Data {
    precondition((1...100).contains(quality), "a JPEG quality of \(quality) is not 1 to 100")
    precondition(max(height, width) <= 65_500, "JPEG images have at most 65500 rows and columns")
    let opaque = opaque()
    var info = ci_jpeg_info()
    var start: UnsafeMutablePointer<UInt8>?
    var count = 0
    let isEncoded = opaque.pixels.withUnsafeBufferPointer {
      ci_jpeg_encode(
        $0.baseAddress, Int32(height), Int32(width), Int32(opaque.channels), Int32(quality),
        halvesColor, &start, &count, &info)
    }
    guard isEncoded, let start else {
      preconditionFailure("libjpeg could not encode: \(JPEGDecoder.message(info))")
    }
    defer { ci_jpeg_free(start) }
    return Data(bytes: start, count: count)
  }

  /// Writes the image durably as a JPEG file; see ``encodedJPEG(quality:halvesColor:)``.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func writeJPEG(to path: String, quality: Int = 90, halvesColor: Bool = true) throws {
    try writeDurably(encodedJPEG(quality: quality, halvesColor: halvesColor), to: path)
  }
}

/// Swift's side of the calls to libjpeg.
enum JPEGDecoder {
  /// What the header says.
  struct Header {
    var height: Int
    var width: Int
    var components: Int
  }

  static func header(of data: Data, path: String) throws(FileFailure) -> Header {
    var info = ci_jpeg_info()
    let isRead = data.withUnsafeBytes { bytes in
      ci_jpeg_header(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &info)
    }
    guard isRead else { throw malformed(info, path: path) }
    return Header(
      height: Int(info.height), width: Int(info.width), components: Int(info.components))
  }

  /// The size of an image, or a place in it, at `eighths` / 8 of the scale.
  static func scaled(_ size: Int, eighths: Int) -> Int { (size * eighths + 7) / 8 }

  /// Decodes a region of the image scaled to `eighths` / 8.
  static func decode(
    _ data: Data, header: Header, region: ImageRegion, eighths: Int, path: String
  ) throws(FileFailure) -> Image {
    var info = ci_jpeg_info()
    var isInverted = false
    var isRead = false
    let size = region.height * region.width * header.components
    let request = ci_jpeg_request(
      eighths: Int32(eighths), top: Int32(region.top), left: Int32(region.left),
      height: Int32(region.height), width: Int32(region.width))
    let pixels = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      isRead = data.withUnsafeBytes { bytes in
        ci_jpeg_decode(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, request,
          target.baseAddress, &isInverted, &info)
      }
      count = isRead ? size : 0
    }
    guard isRead else { throw malformed(info, path: path) }
    guard header.components == 4 else {
      return Image(
        height: region.height, width: region.width, channels: header.components, pixels: pixels)
    }
    return Image(
      height: region.height, width: region.width, channels: 3,
      pixels: colors(ofInks: pixels, isInverted: isInverted))
  }

  static func message(_ info: ci_jpeg_info) -> String {
    withUnsafeBytes(of: info.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Red, green and blue of cyan, magenta, yellow and black, as printed without a color profile.
  private static func colors(ofInks inks: [UInt8], isInverted: Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(inks.count / 4 * 3)
    for pixel in stride(from: 0, to: inks.count, by: 4) {
      func paper(_ channel: Int) -> Int {
        Int(isInverted ? inks[pixel + channel] : 255 - inks[pixel + channel])
      }
      for channel in 0..<3 { result.append(UInt8((paper(channel) * paper(3) + 127) / 255)) }
    }
    return result
  }

  private static func malformed(_ info: ci_jpeg_info, path: String) -> FileFailure {
    let state = info.is_cut_short ? "is cut short or damaged" : "is not a sound JPEG image"
    return FileFailure(
      .malformed, path: path,
      reason: "\(state) (libjpeg: \(message(info))); fetch or save the file again")
  }
}
