import Images

/// Gathers images class by class until they can become an ``ImageSet``.
struct ClassCollector {
  private let name: String
  private var size: (height: Int, width: Int, channels: Int)?
  private var classNames: [String] = []
  private var counts: [Int] = []
  private var pixels: [UInt8] = []

  init(name: String) { self.name = name }

  /// Begins a class; the images that follow belong to it.
  mutating func beginClass(_ name: String) {
    classNames.append(name)
    counts.append(0)
  }

  /// Appends an image to the class begun last.
  ///
  /// - Throws: ``DatasetError/mixedSizes(path:found:expected:)``.
  mutating func append(_ image: Image, path: String) throws(DatasetError) {
    let expected = size ?? (image.height, image.width, image.channels)
    guard expected == (image.height, image.width, image.channels) else {
      throw .mixedSizes(
        path: path, found: "\(image.height) x \(image.width) x \(image.channels)",
        expected: "\(expected.height) x \(expected.width) x \(expected.channels)")
    }
    size = expected
    pixels += image.pixels
    counts[counts.count - 1] += 1
  }

  /// The set of everything appended, or `nil` where there was no image.
  func imageSet() -> ImageSet? {
    guard let size else { return nil }
    return ImageSet(
      name: name, height: size.height, width: size.width, channels: size.channels,
      classNames: classNames, counts: counts, pixels: pixels)
  }
}
