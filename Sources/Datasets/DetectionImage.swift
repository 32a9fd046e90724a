/// A rectangle in an image, in pixels; its edges may lie between them.
public struct BoundingBox: Sendable, Hashable, Codable {
  /// The left edge, from the left edge of the image.
  public var x: Double
  /// The upper edge, from the upper edge of the image.
  public var y: Double
  /// The extent to the right.
  public var width: Double
  /// The extent downward.
  public var height: Double

  /// Creates a rectangle.
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The area in pixels, 0 for a rectangle that is empty or turned inside out.
  public var area: Double { width > 0 && height > 0 ? width * height : 0 }

  /// The part inside an image.
  public func clipped(toHeight imageHeight: Int, width imageWidth: Int) -> BoundingBox {
    // Sums are not taken apart again where nothing is cut off: that would round.
    let isInside =
      x >= 0 && y >= 0 && x + width <= Double(imageWidth) && y + height <= Double(imageHeight)
    guard !isInside else { return self }
    let (left, top) = (max(x, 0), max(y, 0))
    return BoundingBox(
      x: left, y: top, width: min(x + width, Double(imageWidth)) - left,
      height: min(y + height, Double(imageHeight)) - top)
  }
}

/// One thing in an image.
public struct DetectionObject: Sendable, Hashable {
  /// Its class.
  public var label: Int
  /// Where it is.
  public var box: BoundingBox
  /// Whether evaluations may leave it out, because it is hard to see.
  public var isDifficult = false
  /// Whether it goes on beyond the box.
  public var isTruncated = false
  /// Whether the box holds many of its kind.
  public var isCrowd = false

  /// Creates an object.
  public init(label: Int, box: BoundingBox) {
    self.label = label
    self.box = box
  }
}

/// An image and the things in it.
public struct DetectionImage: Sendable, Hashable {
  /// The file, relative to the folder or archive of images.
  public var file: String
  /// The rows, as annotated.
  public var height: Int
  /// The columns, as annotated.
  public var width: Int
  /// The part of the data set it belongs to, such as `train`, where that is said.
  public var split: String?
  /// The things in it.
  public var objects: [DetectionObject]

  /// Creates an image.
  public init(
    file: String, height: Int, width: Int, split: String? = nil, objects: [DetectionObject] = []
  ) {
    self.file = file
    self.height = height
    self.width = width
    self.split = split
    self.objects = objects
  }
}
