import Files
import Foundation

/// A JPEG or PNG file in memory, its header read and judged but its pixels not yet decoded.
///
/// Size and kind are known at the cost of the header, so an image that is far too large is refused
/// before memory is asked for, and a part of a large photograph can be decoded alone.
///
/// ```swift
/// let file = try EncodedImage(contentsOf: "photo.jpg")
/// let upright = try file.decoded(appliesOrientation: true)
/// let region = ImageRegion(top: 0, left: 90, height: 400, width: 400)
/// let input = try file.decoded(region, resizedTo: (224, 224), filter: .bilinear)
/// ```
public struct EncodedImage: Sendable {
  /// The formats that are read.
  public enum Format: String, Sendable, Hashable, Codable {
    /// ITU-T T.81, baseline or progressive, 8 bits.
    case jpeg = "JPEG"
    /// Portable Network Graphics, 1 to 16 bits.
    case png = "PNG"
  }

  /// The whole file.
  public let data: Data
  /// Where it comes from, for messages.
  public let path: String
  /// What kind of file it is.
  public let format: Format
  /// The rows as stored.
  public let height: Int
  /// The columns as stored.
  public let width: Int
  /// How the stored rows and columns lie, from the EXIF part; upright where nothing is said.
  public let orientation: ImageOrientation
  private let header: JPEGDecoder.Header?

  /// Reads and judges the header of a file.
  ///
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where it comes from, for messages.
  ///   - sampleLimit: The most samples the decoded image may have.
  /// - Throws: `FileFailure` of kind `malformed`: an empty file, another format, an animation, a
  ///   damaged header, or more samples than the limit.
  public init(
    _ data: Data, path: String, sampleLimit: Int = Image.sampleLimit
  ) throws(FileFailure) {
    let format = try ImageSignature.format(of: data, path: path)
    let size: (height: Int, width: Int, samples: Int)
    switch format {
    case .jpeg:
      let header = try JPEGDecoder.header(of: data, path: path)
      self.header = header
      size = (header.height, header.width, header.components)
    case .png:
      header = nil
      let header = try PNGHeader(of: data, path: path)
      size = (header.height, header.width, header.channels)
    }
    guard size.height <= sampleLimit / size.samples / max(size.width, 1) else {
      throw FileFailure(
        .malformed, path: path,
        reason: "\(size.height) x \(size.width) pixels are more than the \(sampleLimit) samples "
          + "accepted; make the image smaller")
    }
    self.data = data
    self.path = path
    self.format = format
    height = size.height
    width = size.width
    orientation = ImageOrientation(ofFile: data, format: format)
  }

  /// Reads a file from disk.
  ///
  /// - Throws: `FileFailure` of kind `missing`, `unreadable` or `malformed`.
  public init(contentsOf path: String) throws(FileFailure) {
    try self.init(readFile(at: path, limit: 1 << 30), path: path)
  }

  /// Decodes the image at full size.
  ///
  /// - Parameter appliesOrientation: Whether the image is turned upright as its EXIF part says.
  ///   Box annotations usually count in stored pixels, for which it must not be.
  /// - Returns: 1 or 3 channels, for PNG also 2 or 4.
  /// - Throws: `FileFailure` of kind `malformed` for damaged or missing pixels.
  public func decoded(appliesOrientation: Bool = false) throws(FileFailure) -> Image {
    let image =
      if let header {
        try JPEGDecoder.decode(
          data, header: header,
          region: ImageRegion(top: 0, left: 0, height: height, width: width), eighths: 8,
          path: path)
      } else {
        try Image(png: data, path: path)
      }
    return appliesOrientation ? orientation.upright(image) : image
  }

  /// Decodes a region and resizes it, doing no more work than that needs.
  ///
  /// Of a JPEG file only the rows and columns of the region are transformed.
  ///
  /// - Parameters:
  ///   - region: In stored pixels.
  ///   - size: Height and width of the result.
  ///   - filter: How pixels are computed; pixels outside of the region do not count.
  ///   - isAntialiased: See ``Resampler``.
  ///   - scalesWhileDecoding: Whether a JPEG file may be decoded at 1/8 to 7/8 of its size where
  ///     the region still has at least twice the size wanted. Several times quicker for large
  ///     photographs, and another way of averaging: values differ by a few gray levels.
  /// - Returns: The region at the size.
  /// - Throws: `FileFailure` of kind `malformed`.
  /// - Precondition: The region lies in the image and the size is positive.
  public func decoded(
    _ region: ImageRegion, resizedTo size: (height: Int, width: Int), filter: ResamplingFilter,
    isAntialiased: Bool = true, scalesWhileDecoding: Bool = false
  ) throws(FileFailure) -> Image {
    precondition(
      region.isInside(height: height, width: width),
      "\(region) does not lie in \(path) of \(height) x \(width)")
    guard let header else {
      return try decoded().cropped(to: region).resized(
        height: size.height, width: size.width, filter: filter, isAntialiased: isAntialiased)
    }
    let eighths = scalesWhileDecoding ? Self.eighths(for: region, size) : 8
    let (rows, firstRow) = Self.scaled(region.top, region.height, of: height, eighths)
    let (columns, firstColumn) = Self.scaled(region.left, region.width, of: width, eighths)
    let part = try JPEGDecoder.decode(
      data, header: header,
      region: ImageRegion(
        top: rows.lowerBound, left: columns.lowerBound, height: rows.count, width: columns.count),
      eighths: eighths, path: path)
    guard eighths < 8 || size != (region.height, region.width) else { return part }
    func box(_ first: Double, _ length: Int, in count: Int) -> ClosedRange<Double> {
      first...min(first + Double(length * eighths) / 8, Double(count))
    }
    return Resampler(
      from: (part.height, part.width),
      box: (
        box(firstRow, region.height, in: part.height),
        box(firstColumn, region.width, in: part.width)
      ), to: size, channels: part.channels, filter: filter, isAntialiased: isAntialiased)(part)
  }

  /// The smallest scale at which the region keeps twice the size wanted, or the full one.
  private static func eighths(
    for region: ImageRegion, _ size: (height: Int, width: Int)
  ) -> Int {
    (1...8).first {
      region.height * $0 >= 16 * size.height && region.width * $0 >= 16 * size.width
    } ?? 8
  }

  /// The scaled pixels that a stretch of stored ones touches, and where in them it begins.
  private static func scaled(
    _ start: Int, _ length: Int, of count: Int, _ eighths: Int
  ) -> (pixels: Range<Int>, first: Double) {
    let low = start * eighths / 8
    let high = min(
      JPEGDecoder.scaled(start + length, eighths: eighths),
      JPEGDecoder.scaled(count, eighths: eighths))
    return (low..<high, Double(start * eighths) / 8 - Double(low))
  }
}

extension Image {
  /// Decodes a JPEG or PNG file held in memory; pixels are in stored order.
  ///
  /// - Throws: `FileFailure` of kind `malformed`; see ``EncodedImage``.
  public init(decoding data: Data, path: String) throws(FileFailure) {
    self = try EncodedImage(data, path: path).decoded()
  }

  /// Reads and decodes a JPEG or PNG file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - appliesOrientation: Whether the image is turned upright as its EXIF part says.
  /// - Throws: `FileFailure` of kind `missing`, `unreadable` or `malformed`.
  public init(fileAt path: String, appliesOrientation: Bool = false) throws(FileFailure) {
    self = try EncodedImage(contentsOf: path).decoded(appliesOrientation: appliesOrientation)
  }
}
