import Files
import Foundation

/// What a check of a data set found.
public struct DatasetReport: Sendable, Hashable, CustomStringConvertible {
  /// How far the data set is the expected one.
  public enum Verdict: Sendable, Hashable {
    /// Every value is the expected one.
    case verified
    /// The numbers of classes and images are the expected ones; no digest is known.
    case counted
    /// Something differs; the text says what.
    case unexpected(String)
  }

  /// The name of the data set.
  public var name: String
  /// The folder it was read from; empty where it is made on the spot.
  public var folder: String
  /// The number of classes found.
  public var classes: Int
  /// The number of images found.
  public var images: Int
  /// The number of boxes found, where there are some.
  public var objects: Int?
  /// The ``ImageSet/digest`` of what was found.
  public var digest: String
  /// How far it is the expected data set.
  public var verdict: Verdict

  /// One line for the user.
  public var description: String {
    let outcome =
      switch verdict {
      case .verified: "every value as expected"
      case .counted: "counts as expected, no digest known"
      case .unexpected(let reason): reason
      }
    let place = folder.isEmpty ? "made on the spot" : folder
    let boxes = objects.map { ", \($0) boxes" } ?? ""
    return "\(name): \(classes) classes, \(images) images\(boxes), \(place): \(outcome)"
  }
}

extension DatasetCatalog {
  /// Reads a data set completely and compares it with what it should be.
  ///
  /// - Parameter name: A known name.
  /// - Returns: What was found; a difference is a verdict, not an error.
  /// - Throws: ``DatasetError`` or `FileFailure` where it cannot be read at all.
  public func check(_ name: String) throws -> DatasetReport {
    let entry = try entry(named: name)
    let folder = try folder(of: entry)
    let found = try Findings(entry, in: folder)
    let counts = entry.contents.filter {
      $0.classes == found.classes && $0.images == found.images && $0.objects == found.objects
    }
    let verdict: DatasetReport.Verdict =
      if let problems = found.problems {
        .unexpected(problems)
      } else if counts.isEmpty {
        .unexpected("expected " + entry.contents.map(\.sentence).joined(separator: " or "))
      } else if counts.contains(where: { $0.digest == found.digest }) {
        .verified
      } else if counts.contains(where: { $0.digest == nil }) {
        .counted
      } else {
        .unexpected("the values differ from the published ones; fetch it again")
      }
    return DatasetReport(
      name: name, folder: folder, classes: found.classes, images: found.images,
      objects: found.objects, digest: found.digest, verdict: verdict)
  }

  /// What reading a data set completely found.
  private struct Findings {
    var classes: Int
    var images: Int
    var objects: Int?
    var digest: String
    var problems: String?

    init(_ entry: DatasetEntry, in folder: String) throws {
      if let boxes = entry.boxes {
        let set = try boxes(folder)
        for index in set.images.indices { _ = try set.file(index).decoded() }
        (classes, images, objects) = (set.classNames.count, set.images.count, set.objectCount)
        digest = try set.digest()
        problems = set.problems.isEmpty ? nil : "\(set.problems)"
      } else if let files = entry.files {
        let set = try files(folder)
        for sample in 0..<set.count { _ = try set.sample(sample).decoded() }
        (classes, images) = (set.classNames.count, set.count)
        digest = try set.digest()
      } else {
        let set = try entry.read(folder, LoadOptions())
        (classes, images, digest) = (set.classCount, set.count, set.digest)
      }
    }
  }

  /// Fetches the public original of a data set into ``storeFolder`` and checks it.
  ///
  /// Files that are already there, whole and right, are kept.
  ///
  /// - Parameters:
  ///   - name: A known name.
  ///   - progress: Called now and then with the file and the bytes received and expected.
  /// - Returns: What was found in the fetched files.
  /// - Throws: ``DatasetError``, or `FileFailure` where a file cannot be fetched or stored.
  public func fetch(
    _ name: String,
    progress: @escaping @Sendable (_ file: String, _ received: Int64, _ expected: Int64) -> Void =
      { _, _, _ in }
  ) async throws -> DatasetReport {
    let entry = try entry(named: name)
    guard let folder = entry.folder else { return try check(name) }
    guard !entry.origins.isEmpty else {
      throw DatasetError.absent(
        name: name, searched: searchFolders,
        advice: "it has no public original that could be fetched")
    }
    let place = "\(storeFolder)/\(folder)"
    for origin in entry.origins {
      let path = "\(place)/\(origin.fileName)"
      guard !isComplete(origin, at: path) else { continue }
      try await download(origin.url, to: path, sha256: origin.sha256) { received, expected in
        progress(origin.fileName, received, expected ?? Int64(origin.byteCount ?? 0))
      }
    }
    return try DatasetCatalog(environment: ["XDG_DATA_HOME": storeParent], entries: entries)
      .check(name)
  }

  private var storeParent: String { (storeFolder as NSString).deletingLastPathComponent }

  private func isComplete(_ origin: DatasetEntry.Origin, at path: String) -> Bool {
    guard let file = try? MappedFile(path: path), file.count == origin.byteCount ?? file.count
    else { return false }
    guard let expected = origin.sha256 else { return true }
    var digest = SHA256()
    file.withBytes { digest.update($0) }
    return digest.hexadecimal() == expected
  }
}

extension DatasetEntry.Contents {
  /// The counts in words.
  fileprivate var sentence: String {
    "\(classes) classes and \(images) images" + (objects.map { " with \($0) boxes" } ?? "")
  }
}
