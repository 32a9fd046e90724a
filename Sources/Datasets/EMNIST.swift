import Files
import Foundation

/// EMNIST: handwritten digits and letters, 28 x 28, 255 is ink.
///
/// The published layout is one archive, `gzip.zip`, with a pair of compressed IDX files for every
/// split and part; the files may also stand unpacked in the folder or in a folder `gzip` there.
/// Images are stored column by column and come out upright.
///
/// - Source: Cohen, Afshar, Tapson and van Schaik, *EMNIST: an extension of MNIST to handwritten
///   letters* (2017).
public enum EMNIST {
  /// How characters are divided into classes; the raw value is the name in the files.
  public enum Split: String, Sendable, Hashable, CaseIterable {
    /// 62 classes: digits, capital and small letters, of very different sizes.
    case byClass = "byclass"
    /// 47 classes: small letters that look like capital ones are merged with them.
    case byMerge = "bymerge"
    /// The same 47 classes, 2,400 training images of each.
    case balanced
    /// 26 classes: letters, capital and small ones together, numbered from 1.
    case letters
    /// The ten digits.
    case digits
    /// The ten digits, as many as in MNIST.
    case mnist

    /// The name of each label from 0.
    var classNames: [String] {
      let digits = (0...9).map(String.init)
      let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
      switch self {
      case .byClass: return digits + capitals + capitals.map { $0.lowercased() }
      case .byMerge, .balanced: return digits + capitals + "abdefghnqrt".map(String.init)
      case .letters: return ["none"] + capitals
      case .digits, .mnist: return digits
      }
    }
  }

  /// Reads a split in whichever layout it is found.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - split: The classes wanted.
  ///   - isTest: Whether the test images are read instead of the training images.
  ///   - name: The name of the set; `emnist-` and the split's unless told.
  ///   - mostPerClass: How many images of a class are read at most, the first ones; `nil` for all.
  ///   - options: Size and inversion.
  /// - Returns: The set, its classes in order of their labels.
  /// - Throws: `FileFailure` or ``DatasetError``.
  public static func load(
    from folder: String, _ split: Split = .byClass, isTest: Bool = false, name: String? = nil,
    mostPerClass: Int? = nil, options: LoadOptions = LoadOptions()
  ) throws -> ImageSet {
    let files = fileNames(split, isTest: isTest)
    let read = { (place: String) in
      try ImageSet.idx(
        images: ImageSet.plainOrCompressed("\(place)/\(files.images)"),
        labels: ImageSet.plainOrCompressed("\(place)/\(files.labels)"),
        name: name ?? "emnist-\(split.rawValue)", classNames: split.classNames,
        mostPerClass: mostPerClass, isTransposed: true, options: options)
    }
    let places = [folder, folder + "/gzip"]
    let found = places.first { place in
      ["", ".gz"].contains {
        FileManager.default.fileExists(atPath: "\(place)/\(files.images)\($0)")
      }
    }
    if let found { return try read(found) }
    return try withUnpacked(
      [files.images, files.labels], of: folder + "/gzip.zip", read)
  }

  /// Files or folders one of which is there where a split's training images are.
  static func marks(_ split: Split) -> [String] {
    let images = fileNames(split, isTest: false).images
    return ["gzip.zip"] + ["", "gzip/"].flatMap { ["\($0)\(images)", "\($0)\(images).gz"] }
  }

  private static func fileNames(_ split: Split, isTest: Bool) -> (images: String, labels: String) {
    let stem = "emnist-\(split.rawValue)-\(isTest ? "test" : "train")"
    return ("\(stem)-images-idx3-ubyte", "\(stem)-labels-idx1-ubyte")
  }

  /// Unpacks some files of the archive, still compressed each, for as long as `body` runs.
  private static func withUnpacked(
    _ names: [String], of archive: String, _ body: (_ folder: String) throws -> ImageSet
  ) throws -> ImageSet {
    let folder = FileManager.default.temporaryDirectory.path + "/emnist-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let wanted = Set(names.map { "\($0).gz" })
    let file = { (name: String) in name.split(separator: "/").last.map(String.init) ?? "" }
    try Archive(path: archive).forEachEntry(where: { wanted.contains(file($0)) }) { entry in
      try writeDurably(entry.bytes, to: "\(folder)/\(file(entry.name))")
    }
    return try body(folder)
  }
}
