import Foundation
internal import LibArchive

/// A zip, tar or gzip-compressed tar file that is read from front to back.
///
/// Nothing is unpacked to disk and at most one entry is in memory at a time, so names that point
/// outside a folder can do no harm and a whole data set can stay packed. Only regular files are
/// entries; folders and links are passed over. The check sums of zip entries and of tar headers
/// are verified; the contents of tar entries carry none.
///
/// ```swift
/// try Archive(path: "pictures.zip").forEachEntry(where: { $0.hasSuffix(".png") }) { entry in
///   let picture = try Image(png: entry.bytes, path: entry.name)
/// }
/// ```
public struct Archive: Sendable {
  /// A file of the archive.
  public struct Entry: Sendable {
    /// The name in the archive, with `/` between folders.
    public var name: String
    /// The whole content, decompressed.
    public var bytes: Data
  }

  /// The archive file.
  public var path: String
  /// The most bytes one wanted entry may have.
  public var entryLimit: Int

  /// Names an archive; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - path: The archive file.
  ///   - entryLimit: The most bytes one wanted entry may have, 1 GiB unless told.
  public init(path: String, entryLimit: Int = 1 << 30) {
    self.path = path
    self.entryLimit = entryLimit
  }

  /// Calls `body` with every wanted entry, in the order of the file.
  ///
  /// - Parameters:
  ///   - isWanted: Decides by name; the bytes of other entries are skipped.
  ///   - body: Takes an entry; whatever it throws ends the reading and is thrown on.
  /// - Throws: ``FileFailure`` of kind `missing` or `unreadable`, or `malformed` with the name of
  ///   the entry that is damaged or larger than ``entryLimit``.
  public func forEachEntry(
    where isWanted: (String) -> Bool = { _ in true }, _ body: (Entry) throws -> Void
  ) throws {
    let reader = try ArchiveReader(path: path, content: .entries)
    var number = 0
    while let name = try reader.nextName(after: number) {
      number += 1
      guard isWanted(name) else { continue }
      let bytes = try reader.content(of: "entry \"\(name)\"", limit: entryLimit)
      try body(Entry(name: name, bytes: bytes))
    }
  }

  /// The names of all entries, in the order of the file.
  ///
  /// - Throws: ``FileFailure`` as ``forEachEntry(where:_:)`` does.
  public func names() throws -> [String] {
    let reader = try ArchiveReader(path: path, content: .entries)
    var names: [String] = []
    while let name = try reader.nextName(after: names.count) { names.append(name) }
    return names
  }
}

/// Owns one libarchive reading handle.
final class ArchiveReader {
  enum Content { case entries, compressed }

  private let handle: OpaquePointer
  private let path: String

  init(path: String, content: Content) throws(FileFailure) {
    close(try OpenedFile(path: path).descriptor)
    guard let handle = archive_read_new() else {
      throw FileFailure(.unreadable, path: path, reason: "not enough memory to open it")
    }
    self.handle = handle
    self.path = path
    archive_read_support_filter_gzip(handle)
    switch content {
    case .entries:
      archive_read_support_format_tar(handle)
      archive_read_support_format_zip(handle)
    case .compressed:
      archive_read_support_filter_bzip2(handle)
      archive_read_support_format_raw(handle)
      archive_read_support_format_empty(handle)
    }
    guard archive_read_open_filename(handle, path, 1 << 16) == ARCHIVE_OK else {
      throw damaged("the archive")
    }
  }

  deinit { archive_read_free(handle) }

  /// Moves to the next regular file.
  func nextName(after count: Int) throws(FileFailure) -> String? {
    while true {
      var entry: OpaquePointer?
      let code = archive_read_next_header(handle, &entry)
      if code == ARCHIVE_EOF { return nil }
      guard code >= ARCHIVE_WARN, let entry else {
        throw damaged("the header after entry \(count)")
      }
      guard UInt32(archive_entry_filetype(entry)) & 0o170000 == 0o100000 else { continue }
      guard let name = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else {
        throw damaged("the name of entry \(count + 1)")
      }
      return String(cString: name)
    }
  }

  /// Reads the bytes of the entry that ``nextName(after:)`` moved to.
  func content(of what: String, limit: Int) throws(FileFailure) -> Data {
    var content = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = archive_read_data(handle, &buffer, buffer.count)
      if count == 0 { return content }
      guard count > 0 else { throw damaged(what) }
      guard content.count + count <= limit else {
        throw FileFailure(
          .malformed, path: path, reason: "\(what) is larger than the \(limit) bytes accepted here")
      }
      content.append(contentsOf: buffer[..<count])
    }
  }

  private func damaged(_ what: String) -> FileFailure {
    let detail = archive_error_string(handle).map { String(cString: $0) } ?? "no further detail"
    return FileFailure(
      .malformed, path: path,
      reason: "\(what) cannot be read (\(detail)); fetch or pack the file again")
  }
}
