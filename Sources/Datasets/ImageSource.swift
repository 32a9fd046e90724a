import Files
import Images

/// Labelled images that are read one at a time, in memory or not.
///
/// An ``ImageSet`` holds its pixels; ``ImageFiles`` reads files as they are asked for, so it may be
/// far larger than the memory.
public protocol ImageSource: Sendable {
  /// The name of the data set, for messages and reports.
  var name: String { get }
  /// The name of every class, in order.
  var classNames: [String] { get }
  /// The number of images.
  var count: Int { get }
  /// The class of an image.
  ///
  /// - Precondition: The image exists.
  func label(ofSample sample: Int) -> Int
  /// Where an image comes from, for messages.
  ///
  /// - Precondition: The image exists.
  func name(ofSample sample: Int) -> String
  /// One image, its pixels perhaps not decoded yet.
  ///
  /// - Precondition: The image exists.
  /// - Throws: `FileFailure` for one that cannot be read.
  func sample(_ sample: Int) throws(FileFailure) -> SourceImage
}

extension ImageSource {
  /// The class of every image.
  public var labels: [Int] { (0..<count).map(label(ofSample:)) }
}

/// An image as a source has it: its pixels, or the file they are in.
public enum SourceImage: Sendable {
  /// Pixels.
  case pixels(Image)
  /// A file that is not decoded yet.
  case file(EncodedImage)

  /// The rows of the image.
  public var height: Int {
    switch self {
    case .pixels(let image): image.height
    case .file(let file): file.height
    }
  }

  /// The columns of the image.
  public var width: Int {
    switch self {
    case .pixels(let image): image.width
    case .file(let file): file.width
    }
  }

  /// The whole image.
  ///
  /// - Throws: `FileFailure` for pixels that are damaged or missing.
  public func decoded() throws(FileFailure) -> Image {
    switch self {
    case .pixels(let image): image
    case .file(let file): try file.decoded()
    }
  }

  /// A region at a size; see `EncodedImage/decoded(_:resizedTo:filter:isAntialiased:scalesWhileDecoding:)`.
  ///
  /// - Throws: `FileFailure` for pixels that are damaged or missing.
  public func decoded(
    _ region: ImageRegion, resizedTo size: (height: Int, width: Int), filter: ResamplingFilter,
    isAntialiased: Bool = true, scalesWhileDecoding: Bool = false
  ) throws(FileFailure) -> Image {
    switch self {
    case .pixels(let image):
      image.cropped(to: region).resized(
        height: size.height, width: size.width, filter: filter, isAntialiased: isAntialiased)
    case .file(let file):
      try file.decoded(
        region, resizedTo: size, filter: filter, isAntialiased: isAntialiased,
        scalesWhileDecoding: scalesWhileDecoding)
    }
  }
}

extension ImageSet: ImageSource {
  /// The class and the number of an image in it.
  public func name(ofSample sample: Int) -> String {
    let label = label(ofSample: sample)
    return "\(name) \"\(classNames[label])\" \(sample - samples(ofClass: label).lowerBound)"
  }

  /// One image, copied out.
  public func sample(_ sample: Int) throws(FileFailure) -> SourceImage { .pixels(image(sample)) }
}
