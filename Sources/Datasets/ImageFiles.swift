import Files
import Foundation
import Images

/// Image files in a folder or a tar archive, one folder per class, read when they are asked for.
///
/// The class of a file is the folder it stands in (`train/airplane/0001.jpg` is an airplane), so the
/// folders above may be anything; ``DomainFolders`` keeps them apart. Classes and files are in
/// order of their names. Hidden files are passed over; a folder `unlabelled` is no class.
///
/// A folder is listed once, an archive's headers are read once; then an image costs reading its
/// own bytes. A `.tar` stays mapped and is never copied, a `.tar.gz` is unpacked into memory.
public struct ImageFiles: ImageSource {
  /// The name of the data set.
  public var name: String
  /// The name of every class, in order.
  public let classNames: [String]
  /// Where the files are.
  public let path: String
  private let files: [File]
  private let archive: FileBytes?

  private struct File: Sendable {
    var name: String
    var label: Int
    var range: Range<Int>?
  }

  /// Lists a folder, or a `.tar`, `.tar.gz` or `.tgz` archive.
  ///
  /// - Parameters:
  ///   - path: The folder or archive.
  ///   - name: The name of the data set; the last part of the path unless told.
  /// - Throws: `FileFailure` for what cannot be read, ``DatasetError`` where there are no classes,
  ///   a class has no images, or a file among them has no name of an image.
  public init(at path: String, name: String? = nil) throws {
    self.path = path
    self.name = name ?? (path as NSString).lastPathComponent
    var places: [(name: String, range: Range<Int>?)] = []
    if isFolder(path) {
      archive = nil
      places = try Self.names(in: path).map { ($0, nil) }
    } else {
      let bytes = try FileBytes(path: path)
      archive = bytes
      places = try bytes.withBytes { try TarIndex(of: $0, path: path) }.entries
        .map { ($0.name, $0.range) }
    }
    var classes: [String: [(name: String, range: Range<Int>?)]] = [:]
    for place in places where Self.isVisible(place.name) {
      guard let folder = Self.className(of: place.name) else { continue }
      guard Self.isImage(place.name) else {
        throw DatasetError.notAnImage(path: "\(path)/\(place.name)")
      }
      classes[folder, default: []].append(place)
    }
    for name in ["unlabelled", "unlabeled"] { classes[name] = nil }
    guard !classes.isEmpty else { throw DatasetError.noClasses(path: path) }
    classNames = classes.keys.sorted()
    files = classNames.enumerated().flatMap { label, name in
      (classes[name] ?? []).sorted { $0.name < $1.name }
        .map { File(name: $0.name, label: label, range: $0.range) }
    }
  }

  private init(_ other: ImageFiles, name: String, keeping isKept: (String) -> Bool) {
    self.name = name
    path = other.path
    archive = other.archive
    let kept = other.files.filter { isKept($0.name) }
    let present = Set(kept.map(\.label)).sorted()
    classNames = present.map { other.classNames[$0] }
    let renumbered = Dictionary(
      uniqueKeysWithValues: present.enumerated().map { ($0.element, $0.offset) })
    files = kept.map {
      File(name: $0.name, label: renumbered[$0.label] ?? 0, range: $0.range)
    }
  }

  /// The number of images.
  public var count: Int { files.count }

  /// The class of an image.
  public func label(ofSample sample: Int) -> Int { files[sample].label }

  /// The file of an image, relative to ``path``.
  public func file(ofSample sample: Int) -> String { files[sample].name }

  /// The path of an image's file, for messages.
  public func name(ofSample sample: Int) -> String { "\(path)/\(files[sample].name)" }

  /// The bytes of an image's file.
  ///
  /// - Throws: `FileFailure` of kind `missing` or `unreadable`.
  public func bytes(ofSample sample: Int) throws(FileFailure) -> Data {
    let file = files[sample]
    guard let archive, let range = file.range else {
      return try readFile(at: "\(path)/\(file.name)", limit: 1 << 30)
    }
    return archive.data(in: range)
  }

  /// One image, its header read and its pixels not decoded yet.
  public func sample(_ sample: Int) throws(FileFailure) -> SourceImage {
    .file(try EncodedImage(bytes(ofSample: sample), path: name(ofSample: sample)))
  }

  /// The images of the files whose path begins with a folder, such as `train`; classes without
  /// one are left out.
  public func inside(_ folder: String) -> ImageFiles {
    ImageFiles(self, name: "\(name)/\(folder)") { $0.hasPrefix(folder + "/") }
  }

  /// A digest of the names of classes and files and of their bytes.
  ///
  /// - Throws: `FileFailure` of kind `missing` or `unreadable`.
  public func digest() throws(FileFailure) -> String {
    var digest = SHA256()
    for sample in 0..<count {
      let bytes = try bytes(ofSample: sample)
      let line = "\(classNames[files[sample].label])\t\(files[sample].name)\t\(bytes.count)\n"
      Data(line.utf8).withUnsafeBytes { digest.update($0) }
      bytes.withUnsafeBytes { digest.update($0) }
    }
    return digest.hexadecimal()
  }

  private static func names(in path: String) throws -> [String] {
    guard let names = FileManager.default.enumerator(atPath: path) else {
      throw FileFailure(.unreadable, path: path, reason: "cannot be listed; check its permissions")
    }
    return names.compactMap { $0 as? String }.filter { !isFolder("\(path)/\($0)") }
  }

  private static func isVisible(_ name: String) -> Bool {
    !name.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__MACOSX" }
  }

  /// The folder a file stands in, `nil` for one beside the class folders.
  private static func className(of name: String) -> String? {
    name.split(separator: "/").dropLast().last.map(String.init)
  }

  static func isImage(_ name: String) -> Bool {
    ["png", "jpg", "jpeg"].contains((name as NSString).pathExtension.lowercased())
  }
}

extension ImageSource {
  /// Decodes every image into one block of memory.
  ///
  /// - Parameters:
  ///   - options: Size and inversion; without a size all images must have the same.
  ///   - workers: The threads to use at the same time.
  /// - Returns: The set: gray where every image is gray, in color otherwise; opacity over white.
  /// - Throws: `FileFailure` for the first image that cannot be decoded,
  ///   ``DatasetError/mixedSizes(path:found:expected:)``.
  public func decoded(
    options: LoadOptions = LoadOptions(), workers: Int = 4
  ) throws -> ImageSet {
    let images = try concurrentMap(count, workers: workers) { index throws(FileFailure) in
      options.applied(to: try sample(index).decoded().opaque())
    }
    let isColored = images.contains { $0.channels == 3 }
    var collector = ClassCollector(name: name)
    var members = [[Int]](repeating: [], count: classNames.count)
    for index in 0..<count { members[label(ofSample: index)].append(index) }
    for (label, samples) in members.enumerated() {
      collector.beginClass(classNames[label])
      for sample in samples {
        try collector.append(
          isColored ? images[sample].color() : images[sample], path: name(ofSample: sample))
      }
    }
    guard let set = collector.imageSet() else { throw DatasetError.noClasses(path: name) }
    return set
  }
}
