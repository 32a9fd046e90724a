import Foundation

/// A file seen as memory: pages are read when first touched and shared between processes.
///
/// The view stays valid for as long as this object lives, also when the file is renamed or
/// removed. Cutting the file short in place while it is mapped ends the program (the system's
/// rule); files written with ``writeDurably(to:_:)`` are exchanged as a whole and are safe.
///
/// Sendable because the mapping is read-only and never changes after creation.
public final class MappedFile: @unchecked Sendable {
  /// Where the file stood when it was opened.
  public let path: String
  private let bytes: UnsafeRawBufferPointer

  /// Maps a file.
  ///
  /// - Throws: ``FileFailure`` of kind `missing` or `unreadable`.
  public init(path: String) throws(FileFailure) {
    let file = try OpenedFile(path: path)
    defer { close(file.descriptor) }
    self.path = path
    guard file.size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let start = mmap(nil, file.size, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
    guard let start, start != MAP_FAILED else {
      throw FileFailure(
        .unreadable, path: path, reason: "cannot be mapped (\(systemMessage(errno)))")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: file.size)
  }

  /// The length of the file in bytes.
  public var count: Int { bytes.count }

  /// Lends the whole file to `body`; the pointer must not leave it.
  public func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
