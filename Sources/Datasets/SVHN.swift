import Files
import Formats
import Foundation

/// Street View House Numbers, cropped digits: 32 x 32 in color.
///
/// The published form is a MATLAB file of an array `X` `[32, 32, 3, images]` and labels `y`, where 10
/// is the digit 0. Folders or archives of pictures, one folder per digit, are read as well.
///
/// - Source: Netzer et al., *Reading Digits in Natural Images with Unsupervised Feature Learning*
///   (2011).
public enum SVHN {
  /// Reads the training or the test part.
  ///
  /// - Parameters:
  ///   - path: A folder with `train_32x32.mat` or `test_32x32.mat`, or with pictures in `train` or
  ///     `test`.
  ///   - isTest: Whether the test part is read.
  ///   - options: Size and inversion.
  /// - Returns: The set, ten classes for the digits.
  /// - Throws: `FileFailure` or ``DatasetError``.
  public static func load(
    from path: String, isTest: Bool = false, options: LoadOptions = LoadOptions()
  ) throws -> ImageSet {
    let part = isTest ? "test" : "train"
    let name = isTest ? "svhn-test" : "svhn"
    if isFolder("\(path)/\(part)") {
      return try ImageFiles(at: "\(path)/\(part)", name: name).decoded(options: options)
    }
    let file = "\(path)/\(part)_32x32.mat"
    let arrays = try MappedFile(path: file).withBytes { try MATFile(parsing: $0, path: file) }
      .arrays
    guard let images = arrays["X"], images.kind == .uint8, images.shape.count == 4,
      Array(images.shape[..<3]) == [32, 32, 3], let classes = arrays["y"],
      classes.shape == [images.shape[3], 1]
    else {
      let found = arrays.map { "\($0.key) \($0.value.kind) \($0.value.shape)" }.sorted()
      throw DatasetError.contradiction(
        path: file,
        reason: "holds \(found.joined(separator: ", ")), expected X uint8 [32, 32, 3, images] and "
          + "y [images, 1]; fetch the file again")
    }
    let labels = try classes.values().map { value in
      guard let label = Int(exactly: value), (0...10).contains(label) else {
        throw DatasetError.contradiction(
          path: file, reason: "has a label \(value), expected 1 to 10; fetch the file again")
      }
      return UInt8(label % 10)
    }
    return options.applied(
      to: ImageSet(
        name: name, height: 32, width: 32, channels: 3, labels: labels,
        pixels: pixels(ofColumns: images.bytes, count: labels.count)))
  }

  /// `[images, channels, columns, rows]` in memory becomes `[images, rows, columns, channels]`.
  private static func pixels(ofColumns bytes: Data, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: bytes.count) { target, filled in
      bytes.withUnsafeBytes { (source: UnsafeRawBufferPointer) in
        var position = 0
        for image in 0..<count {
          for row in 0..<32 {
            for column in 0..<32 {
              for channel in 0..<3 {
                target[position] = source[((image * 3 + channel) * 32 + column) * 32 + row]
                position += 1
              }
            }
          }
        }
      }
      filled = bytes.count
    }
  }
}
