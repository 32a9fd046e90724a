import Images

/// How images are changed on their way into an ``ImageSet``.
public struct LoadOptions: Sendable, Hashable {
  /// The height and width every image shall have, by exact area averaging, or `nil` for the
  /// stored size. Images that are not square are stretched.
  public var side: Int?
  /// Whether every value `v` becomes `255 - v`.
  public var isInverted: Bool

  /// Creates options; without arguments images stay as stored.
  public init(side: Int? = nil, isInverted: Bool = false) {
    self.side = side
    self.isInverted = isInverted
  }

  /// The set as the options want it.
  func applied(to set: ImageSet) -> ImageSet {
    let resized = side.map { set.resized(height: $0, width: $0) } ?? set
    return isInverted ? resized.inverted() : resized
  }

  /// The image as the options want it.
  func applied(to image: Image) -> Image {
    let resized = side.map { image.resized(height: $0, width: $0) } ?? image
    return isInverted ? resized.inverted() : resized
  }
}
