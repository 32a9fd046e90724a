import Files
import Formats
import Foundation

extension ImageSet {
  /// Reads images and their labels from a pair of IDX files, compressed with gzip or not.
  ///
  /// Images of a class keep their order in the file. Labels without an image are left out.
  ///
  /// - Parameters:
  ///   - images: The file of images, `[images, height, width]` bytes.
  ///   - labels: The file of labels, `[images]` bytes.
  ///   - name: The name of the data set.
  ///   - classNames: The name of each label from 0; the label's number where there is none.
  ///   - mostPerClass: How many images of a class are read at most, the first ones; `nil` for all.
  ///   - isTransposed: Whether the file stores images column by column.
  ///   - options: Size and inversion.
  /// - Returns: The set, its classes in order of their labels.
  /// - Throws: `FileFailure` or ``DatasetError``.
  public static func idx(
    images: String, labels: String, name: String, classNames: [String] = [],
    mostPerClass: Int? = nil, isTransposed: Bool = false, options: LoadOptions = LoadOptions()
  ) throws -> ImageSet {
    let values = try IDXArray(parsing: readDecompressed(at: images), path: images)
    let classes = try IDXArray(parsing: readDecompressed(at: labels), path: labels)
    guard values.elementType == .uint8, values.shape.count == 3, values.bytes.count > 0 else {
      throw DatasetError.contradiction(
        path: images,
        reason: "holds \(values.elementType) of shape \(values.shape), expected bytes "
          + "[images, height, width]")
    }
    guard classes.elementType == .uint8, classes.shape == [values.shape[0]] else {
      throw DatasetError.contradiction(
        path: labels,
        reason: "holds \(classes.elementType) of shape \(classes.shape), expected one byte for "
          + "each of the \(values.shape[0]) images in \(images)")
    }
    let set = ImageSet(
      name: name, height: values.shape[1], width: values.shape[2], channels: 1,
      labels: classes.bytes, classNames: classNames, mostPerClass: mostPerClass,
      pixels: values.bytes)
    return options.applied(to: isTransposed ? set.transposed() : set)
  }

  /// Reads the digits of MNIST, 28 x 28, 255 is ink; also any set published under its file names.
  ///
  /// - Parameters:
  ///   - folder: Holds `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, or `t10k-...`,
  ///     each plain or with `.gz`.
  ///   - isTest: Whether the 10,000 test images are read instead of the 60,000 training images.
  ///   - name: The name of the data set; that of the digits unless told.
  ///   - classNames: The name of each label from 0; the label's number where there is none.
  ///   - options: Size and inversion.
  /// - Returns: The set, ten classes for the digits.
  /// - Throws: `FileFailure` or ``DatasetError``.
  public static func mnist(
    from folder: String, isTest: Bool = false, name: String? = nil, classNames: [String] = [],
    options: LoadOptions = LoadOptions()
  ) throws -> ImageSet {
    let stem = "\(folder)/\(isTest ? "t10k" : "train")"
    return try idx(
      images: plainOrCompressed("\(stem)-images-idx3-ubyte"),
      labels: plainOrCompressed("\(stem)-labels-idx1-ubyte"),
      name: name ?? (isTest ? "mnist-test" : "mnist"), classNames: classNames, options: options)
  }

  /// The path itself, or with `.gz` where there is no such file.
  static func plainOrCompressed(_ path: String) -> String {
    FileManager.default.fileExists(atPath: path) ? path : path + ".gz"
  }
}
