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
    // Without the non-blocking flag a pipe in place of the file would stop the program here.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw FileFailure(
        code == ENOENT ? .missing : .unreadable, path: path,
        reason: "cannot be read (\(systemMessage(code)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileFailure(.unreadable, path: path, reason: "is not a regular file")
    }
    self.path = path
    count = Int(status.st_size)
    // The system refuses to map nothing.
    guard count > 0 else {
      start = nil
      return
    }
    let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
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
