import Files
import Foundation

/// Files by name, in a folder or a tar archive.
struct FileStore: Sendable {
  private let place: String
  private let archive: FileBytes?
  private let ranges: [String: Range<Int>]

  /// Looks at a folder, or reads the headers of an archive.
  init(at place: String) throws(FileFailure) {
    self.place = place
    guard !isFolder(place) else {
      (archive, ranges) = (nil, [:])
      return
    }
    let bytes = try FileBytes(path: place)
    let index = try bytes.withBytes { bytes throws(FileFailure) in
      try TarIndex(of: bytes, path: place)
    }
    archive = bytes
    ranges = Dictionary(
      index.entries.map { ($0.name, $0.range) }, uniquingKeysWith: { _, last in last })
  }

  /// Whether a file is there. A name that leads out of the folder never is.
  func has(_ name: String) -> Bool {
    guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
      return false
    }
    return archive == nil
      ? FileManager.default.fileExists(atPath: path(of: name)) && !isFolder(path(of: name))
      : ranges[name] != nil
  }

  func path(of name: String) -> String { "\(place)/\(name)" }

  func bytes(of name: String) throws(FileFailure) -> Data {
    guard has(name) else {
      throw FileFailure(.missing, path: path(of: name), reason: "there is no such image")
    }
    guard let archive, let range = ranges[name] else {
      return try readFile(at: path(of: name), limit: 1 << 30)
    }
    return archive.data(in: range)
  }
}
