import Files
import Foundation
import Images

/// Finds, reads, checks and fetches data sets by name.
///
/// A data set is looked for in the folder that the environment variable `SWIFTLET_DATA` names and
/// then in the user's own (`$XDG_DATA_HOME/swiftlet`, or `~/.local/share/swiftlet`), which is also
/// where fetched files go.
///
/// ```swift
/// let catalog = DatasetCatalog()
/// let characters = try catalog.load("omniglot", options: LoadOptions(side: 28))
/// let few = try catalog.load("omniglot:0-9,20")
/// let mine = try catalog.load("Pictures/birds", options: LoadOptions(side: 84))
/// ```
public struct DatasetCatalog: Sendable {
  /// The data sets known by name.
  public let entries: [DatasetEntry]
  /// The folders searched, the first one first.
  public let searchFolders: [String]
  /// Where fetched files go.
  public let storeFolder: String

  /// Creates a catalog.
  ///
  /// - Parameters:
  ///   - environment: The variables that name folders; those of the process unless told.
  ///   - entries: The data sets known by name.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    entries: [DatasetEntry] = DatasetEntry.known
  ) {
    self.entries = entries
    let home =
      environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share"
    storeFolder = home + "/swiftlet"
    let given = environment["SWIFTLET_DATA"].flatMap { $0.isEmpty ? nil : $0 }
    searchFolders = [given, storeFolder].compactMap { $0 }
  }

  /// The data set of a name.
  ///
  /// - Parameter name: A known name.
  /// - Returns: Its entry.
  /// - Throws: ``DatasetError/unknown(name:known:)``.
  public func entry(named name: String) throws(DatasetError) -> DatasetEntry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw .unknown(name: name, known: entries.map(\.name))
    }
    return entry
  }

  /// The folder that holds a data set, or `nil` where none of the search folders does.
  public func location(of entry: DatasetEntry) -> String? {
    guard let folder = entry.folder else { return nil }
    return searchFolders.map { "\($0)/\(folder)" }.first { place in
      entry.marks.contains { FileManager.default.fileExists(atPath: "\(place)/\($0)") }
    }
  }

  /// Reads a data set, or some of its classes.
  ///
  /// A path may be a folder of class folders (see ``ImageFolder``), a tar archive of them (see
  /// ``ImageFiles``), a folder of MNIST files, or Omniglot in any of its layouts. A known name goes before a path; write `./omniglot` for a
  /// folder of that name.
  ///
  /// - Parameters:
  ///   - selection: A known name or a path, and after a colon the classes wanted; see
  ///     ``ClassSelection``.
  ///   - options: Size and inversion.
  /// - Returns: The set, named after the selection's source.
  /// - Throws: ``DatasetError`` or `FileFailure`.
  public func load(_ selection: String, options: LoadOptions = LoadOptions()) throws -> ImageSet {
    let selection = try ClassSelection(parsing: selection)
    let set = try loadAll(selection.source, options: options)
    guard selection.ranges != nil else { return set }
    return set.selecting(classes: try selection.classes(of: set.classCount))
  }

  private func loadAll(_ source: String, options: LoadOptions) throws -> ImageSet {
    if let entry = entries.first(where: { $0.name == source }) {
      return try entry.read(folder(of: entry), options)
    }
    guard FileManager.default.fileExists(atPath: source) else {
      throw DatasetError.unknown(name: source, known: entries.map(\.name))
    }
    for part in ["train", "t10k"] {
      let stem = "\(source)/\(part)-images-idx3-ubyte"
      if [stem, stem + ".gz"].contains(where: { FileManager.default.fileExists(atPath: $0) }) {
        return try ImageSet.mnist(from: source, isTest: part == "t10k", options: options)
      }
    }
    if isTarArchive(source) {
      return try ImageFiles(at: source).decoded(options: options)
    }
    if !isFolder(source) || Omniglot.isPresent(in: source) {
      return try Omniglot.load(from: source, options: options)
    }
    return try ImageFolder(readingFrom: source, options: options).images
  }

  /// A data set whose images are read one at a time where that is possible.
  ///
  /// Sets that are published as files of various sizes, and folders and archives of class folders,
  /// stay where they are and may be larger than the memory; others are loaded.
  ///
  /// - Parameter source: A known name or a path.
  /// - Returns: The images.
  /// - Throws: ``DatasetError`` or `FileFailure`.
  public func source(_ source: String) throws -> any ImageSource {
    if let entry = entries.first(where: { $0.name == source }) {
      guard let files = entry.files else { return try load(source) }
      return try files(folder(of: entry))
    }
    if isTarArchive(source) { return try ImageFiles(at: source) }
    let isPlain = isFolder(source) && !Omniglot.isPresent(in: source)
    guard isPlain, let files = try? ImageFiles(at: source) else { return try load(source) }
    return files
  }

  /// A set of images with boxes.
  ///
  /// - Parameter source: A known name, a COCO annotation file, a folder with `annotations.json`, or
  ///   a folder in the form of Pascal VOC.
  /// - Returns: The images and what is in them.
  /// - Throws: ``DatasetError`` or `FileFailure`.
  public func detectionSet(_ source: String) throws -> DetectionSet {
    let known = entries.filter { $0.boxes != nil }
    if let entry = known.first(where: { $0.name == source }), let boxes = entry.boxes {
      return try boxes(folder(of: entry))
    }
    guard FileManager.default.fileExists(atPath: source) else {
      throw DatasetError.unknown(name: source, known: known.map(\.name))
    }
    if !isFolder(source) { return try DetectionSet(coco: source) }
    let annotations = "\(source)/annotations.json"
    return FileManager.default.fileExists(atPath: annotations)
      ? try DetectionSet(coco: annotations) : try DetectionSet(voc: source)
  }

  /// Whether a name or path is that of a set of images with boxes.
  public func hasBoxes(_ source: String) -> Bool {
    if let entry = entries.first(where: { $0.name == source }) { return entry.boxes != nil }
    return source.hasSuffix(".json")
      || ["annotations.json", "Annotations"].contains {
        FileManager.default.fileExists(atPath: "\(source)/\($0)")
      }
  }

  /// A sheet of sample images, with boxes where there are some.
  ///
  /// - Parameter source: A known name or a path.
  /// - Returns: The sheet.
  /// - Throws: ``DatasetError`` or `FileFailure`.
  public func sampleGrid(of source: String) throws -> Image {
    hasBoxes(source)
      ? try detectionSet(source).sampleGrid() : try self.source(source).sampleGrid()
  }

  private func isTarArchive(_ path: String) -> Bool {
    [".tar", ".tar.gz", ".tgz"].contains { path.lowercased().hasSuffix($0) }
  }

  /// The folder of an entry; that of one made on the spot is never looked at.
  func folder(of entry: DatasetEntry) throws(DatasetError) -> String {
    guard entry.folder != nil else { return "" }
    if let found = location(of: entry) { return found }
    throw .absent(
      name: entry.name, searched: searchFolders,
      advice: entry.origins.isEmpty
        ? "name the folder above it in SWIFTLET_DATA"
        : "fetch it first, or name the folder above it in SWIFTLET_DATA")
  }
}
