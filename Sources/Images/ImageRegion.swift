/// A rectangle of whole pixels.
public struct ImageRegion: Sendable, Hashable, Codable {
  /// The first row.
  public var top: Int
  /// The first column.
  public var left: Int
  /// The number of rows.
  public var height: Int
  /// The number of columns.
  public var width: Int

  /// Creates a rectangle.
  public init(top: Int, left: Int, height: Int, width: Int) {
    self.top = top
    self.left = left
    self.height = height
    self.width = width
  }

  /// The rectangle of a size in the middle of an image, as torchvision's `center_crop` places it:
  /// half of an odd rest is rounded to the even number.
  ///
  /// The rectangle may be larger than the image; it then begins outside of it.
  public init(height: Int, width: Int, centeredIn image: (height: Int, width: Int)) {
    func start(_ rest: Int) -> Int { Int((Double(rest) / 2).rounded(.toNearestOrEven)) }
    self.init(
      top: start(image.height - height), left: start(image.width - width), height: height,
      width: width)
  }

  /// Whether there is at least one pixel and all of them lie in an image.
  public func isInside(height imageHeight: Int, width imageWidth: Int) -> Bool {
    height > 0 && width > 0 && top >= 0 && left >= 0 && height <= imageHeight - top
      && width <= imageWidth - left
  }
}
