import Files
import Foundation
import Images

/// CIFAR-10 and CIFAR-100: photographs of 32 x 32 in color.
///
/// The published binary form is read, packed (`cifar-10-binary.tar.gz`) or unpacked: records of one
/// label (CIFAR-100: two, coarse and fine) and the red, green and blue planes. Copies that were
/// stored as pictures (folders or archives of `train/airplane/0001.jpg`) are read as well.
///
/// - Source: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009).
public enum CIFAR {
  /// Which of the two data sets.
  public enum Kind: Int, Sendable, Hashable {
    /// Ten classes.
    case ten = 10
    /// A hundred classes.
    case hundred = 100
  }

  /// The classes of CIFAR-10 in order of their labels.
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  private static let side = 32

  /// Reads the training or the test part in whichever form it is found.
  ///
  /// - Parameters:
  ///   - path: A folder with the packed or unpacked binary form, or with pictures.
  ///   - kind: Which data set.
  ///   - isTest: Whether the test part is read.
  ///   - options: Size and inversion.
  /// - Returns: The set, classes in order of their labels.
  /// - Throws: `FileFailure` or ``DatasetError``.
  public static func load(
    from path: String, kind: Kind = .ten, isTest: Bool = false, options: LoadOptions = LoadOptions()
  ) throws -> ImageSet {
    if let files = try pictures(in: path, kind: kind, isTest: isTest) {
      return try files.decoded(options: options)
    }
    let names = recordFiles(kind: kind, isTest: isTest)
    let found = try binaryFiles(in: path, kind: kind, wanted: Set(names + ["fine_label_names.txt"]))
    guard names.allSatisfy({ found[$0] != nil }) else {
      throw DatasetError.absent(
        name: "cifar\(kind.rawValue)", searched: [path],
        advice: "expected cifar-\(kind.rawValue)-binary.tar.gz, its "
          + "\(names.joined(separator: ", ")), or pictures in \(isTest ? "test" : "train")/<class>")
    }
    var (labels, pixels) = ([UInt8](), [UInt8]())
    for name in names {
      try append(
        found[name] ?? Data(), path: "\(path)/\(name)", kind: kind, to: &labels, and: &pixels)
    }
    let fine = found["fine_label_names.txt"].map {
      String(decoding: $0, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    }
    return options.applied(
      to: ImageSet(
        name: "cifar\(kind.rawValue)", height: side, width: side, channels: 3, labels: labels,
        classNames: kind == .ten ? classNames : fine ?? [], pixels: pixels))
  }

  /// Pictures, in a folder `train` or `test` or an archive whose name has it.
  static func pictures(in path: String, kind: Kind, isTest: Bool) throws -> ImageFiles? {
    let part = isTest ? "test" : "train"
    let name = "cifar\(kind.rawValue)" + (isTest ? "-test" : "")
    if isFolder("\(path)/\(part)") { return try ImageFiles(at: "\(path)/\(part)", name: name) }
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let archive = entries.sorted().first { entry in
      entry.contains("-\(part)") && [".tar", ".tar.gz", ".tgz"].contains { entry.hasSuffix($0) }
    }
    return try archive.map { try ImageFiles(at: "\(path)/\($0)", name: name) }
  }

  private static func recordFiles(kind: Kind, isTest: Bool) -> [String] {
    switch (kind, isTest) {
    case (.ten, false): (1...5).map { "data_batch_\($0).bin" }
    case (.ten, true): ["test_batch.bin"]
    case (.hundred, false): ["train.bin"]
    case (.hundred, true): ["test.bin"]
    }
  }

  private static func binaryFiles(
    in path: String, kind: Kind, wanted: Set<String>
  ) throws -> [String: Data] {
    var found: [String: Data] = [:]
    let folder = kind == .ten ? "cifar-10-batches-bin" : "cifar-100-binary"
    for place in [path, "\(path)/\(folder)"] {
      for name in wanted where FileManager.default.fileExists(atPath: "\(place)/\(name)") {
        found[name] = try readFile(at: "\(place)/\(name)", limit: 1 << 30)
      }
    }
    let archive = "\(path)/cifar-\(kind.rawValue)-binary.tar.gz"
    if found.isEmpty, FileManager.default.fileExists(atPath: archive) {
      func last(_ name: String) -> String { (name as NSString).lastPathComponent }
      try Archive(path: archive).forEachEntry(where: { wanted.contains(last($0)) }) { entry in
        found[last(entry.name)] = entry.bytes
      }
    }
    return found
  }

  /// Appends the records of a file: the fine label, then planes turned into pixels.
  private static func append(
    _ data: Data, path: String, kind: Kind, to labels: inout [UInt8], and pixels: inout [UInt8]
  ) throws {
    let area = side * side
    let labelCount = kind == .ten ? 1 : 2
    let length = labelCount + 3 * area
    guard !data.isEmpty, data.count % length == 0 else {
      throw DatasetError.contradiction(
        path: path,
        reason: "has \(data.count) bytes, expected records of \(length); fetch the file again")
    }
    let count = data.count / length
    pixels.reserveCapacity(pixels.count + count * 3 * area)
    let bytes = [UInt8](data)
    for record in 0..<count {
      let start = record * length + labelCount
      guard bytes[start - 1] < kind.rawValue else {
        throw DatasetError.contradiction(
          path: path,
          reason: "record \(record) has label \(bytes[start - 1]), expected 0 to "
            + "\(kind.rawValue - 1); fetch the file again")
      }
      labels.append(bytes[start - 1])
      for place in start..<start + area {
        pixels.append(bytes[place])
        pixels.append(bytes[place + area])
        pixels.append(bytes[place + 2 * area])
      }
    }
  }
}
