import Files
import Foundation
import Images

/// Labelled images of one size in one block of memory, class after class.
///
/// This is the form every episode is drawn from. Values are as stored by the source (Omniglot: 0
/// is ink and 255 paper; MNIST: 255 is ink); scaling belongs to ``EpisodeSampler``. Copies share
/// their pixels until one of them changes.
///
/// - Shapes: ``pixels`` is `[samples, height, width, channels]`, the samples of class `k` being
///   ``samples(ofClass:)``.
public struct ImageSet: Sendable {
  /// The name of the data set, for messages and reports.
  public var name: String
  /// The rows of every image.
  public let height: Int
  /// The columns of every image.
  public let width: Int
  /// The samples per pixel of every image, 1 or 3.
  public let channels: Int
  /// The name of every class, in order.
  public let classNames: [String]
  /// All samples, class after class.
  public let pixels: [UInt8]
  /// The first sample of every class, and one past the last sample of the last class.
  private let starts: [Int]

  /// Creates a set from its parts.
  ///
  /// - Parameters:
  ///   - name: The name of the data set.
  ///   - height: The rows of every image.
  ///   - width: The columns of every image.
  ///   - channels: The samples per pixel.
  ///   - classNames: The name of every class.
  ///   - counts: The images of every class; they may differ.
  ///   - pixels: `[samples, height, width, channels]`, class after class.
  /// - Precondition: The sizes fit together.
  public init(
    name: String, height: Int, width: Int, channels: Int, classNames: [String], counts: [Int],
    pixels: [UInt8]
  ) {
    precondition(
      classNames.count == counts.count && counts.allSatisfy { $0 >= 0 },
      "image set \(name): \(classNames.count) class names, \(counts.count) counts")
    let total = counts.reduce(0, +)
    precondition(
      pixels.count == total * height * width * channels,
      "image set \(name): \(total) images of \(height) x \(width) x \(channels) do not have "
        + "\(pixels.count) values")
    self.name = name
    self.height = height
    self.width = width
    self.channels = channels
    self.classNames = classNames
    self.pixels = pixels
    starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
  }

  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// The number of images.
  public var count: Int { starts[classCount] }

  /// The values of one image.
  public var imageSize: Int { height * width * channels }

  /// The samples of a class, numbered through the whole set.
  ///
  /// - Precondition: The class exists.
  public func samples(ofClass index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// The class of a sample.
  ///
  /// - Precondition: The sample exists.
  public func label(ofSample sample: Int) -> Int {
    precondition((0..<count).contains(sample), "image set \(name) has no sample \(sample)")
    var (low, high) = (0, classCount)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= sample { low = middle } else { high = middle }
    }
    return low
  }

  /// One image, copied out.
  ///
  /// - Precondition: The sample exists.
  public func image(_ sample: Int) -> Image {
    precondition((0..<count).contains(sample), "image set \(name) has no sample \(sample)")
    return Image(
      height: height, width: width, channels: channels,
      pixels: [UInt8](pixels[sample * imageSize..<(sample + 1) * imageSize]))
  }

  /// A digest of names, sizes and values, the same for the same data however it was packed.
  public var digest: String {
    var digest = SHA256()
    let sizes = [height, width, channels].map(String.init)
    let classes = classNames.indices.map { "\(classNames[$0])\t\(samples(ofClass: $0).count)" }
    Data((sizes + classes).joined(separator: "\n").utf8).withUnsafeBytes { digest.update($0) }
    pixels.withUnsafeBytes { digest.update($0) }
    return digest.hexadecimal()
  }
}
