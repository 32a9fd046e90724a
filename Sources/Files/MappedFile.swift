import Foundation

/// A file whose bytes are read straight from the system's page cache.
///
/// Nothing is read before it is touched, so opening a file of many gigabytes costs nothing. The
/// bytes are those on disk: a file that another program shortens while it is mapped ends this
/// process when the missing part is touched, so map only files that are replaced as a whole, as
/// ``writeDurably(to:_:)`` does.
public final class MappedFile: Sendable {
  /// The file that is mapped.
  public let path: String
  /// How many bytes it holds.
  public let count: Int
  /// Set once, read-only memory, released with the object: no thread can see it change.
  nonisolated(unsafe) private let start: UnsafeMutableRawPointer?

  /// Maps a regular file.
  ///
  /// - Throws: ``FileFailure`` of kind `missing` or `unreadable`.
  public init(path: String) throws(FileFailure) {
    let file = try OpenedFile(path: path)
    defer { close(file.descriptor) }
    self.path = path
    count = file.size
    // The system refuses to map nothing.
    guard count > 0 else {
      start = nil
      return
    }
    let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
    guard mapped != MAP_FAILED else {
      throw FileFailure(
        .unreadable, path: path, reason: "cannot be mapped (\(systemMessage(errno)))")
    }
    start = mapped
  }

  deinit {
    if let start { munmap(start, count) }
  }

  /// Lends the bytes of the file, which must not be kept beyond `body`.
  public func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(start: start, count: count))
  }
}
