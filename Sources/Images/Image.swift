/// A picture of 8-bit samples.
///
/// - Shapes: ``pixels`` is row-major `[height, width, channels]`. One channel is gray, two are
///   gray and opacity, three red, green and blue, four the same and opacity.
public struct Image: Sendable, Hashable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The samples per pixel, 1 to 4.
  public let channels: Int
  /// The samples, row by row, the channels of a pixel side by side.
  public var pixels: [UInt8] {
    didSet {
      precondition(pixels.count == height * width * channels, "the size of an image is fixed")
    }
  }

  /// Creates an image from its samples.
  ///
  /// - Precondition: Sides of at least one pixel, 1 to 4 channels and as many samples as that needs.
  public init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    precondition(
      height > 0 && width > 0 && (1...4).contains(channels),
      "an image of \(height) x \(width) with \(channels) channels cannot be")
    precondition(
      pixels.count == height * width * channels,
      "an image of \(height) x \(width) x \(channels) does not have \(pixels.count) samples")
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// Creates an image of one value everywhere.
  public init(height: Int, width: Int, channels: Int = 1, filledWith value: UInt8) {
    self.init(
      height: height, width: width, channels: channels,
      pixels: [UInt8](repeating: value, count: height * width * channels))
  }

  /// The sample at a place.
  ///
  /// - Precondition: The place lies in the image.
  public subscript(row: Int, column: Int, channel: Int = 0) -> UInt8 {
    get { pixels[index(row, column, channel)] }
    set { pixels[index(row, column, channel)] = newValue }
  }

  private func index(_ row: Int, _ column: Int, _ channel: Int) -> Int {
    precondition(
      (0..<height).contains(row) && (0..<width).contains(column)
        && (0..<channels).contains(channel),
      "place (\(row), \(column), \(channel)) is not in \(height) x \(width) x \(channels)")
    return (row * width + column) * channels + channel
  }
}
