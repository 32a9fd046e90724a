import Files
import Foundation

/// A file that only grows, for logs: each piece is written whole or not at all as far as the
/// process can tell; a crash of the machine may leave a half piece at the end.
package final class AppendOnlyFile {
  let path: String
  private let descriptor: Int32

  /// Opens or creates the file.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`; `nil` is returned instead when the file must
  ///   be new and is not.
  package init?(path: String, mustBeNew: Bool = false) throws {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (mustBeNew ? O_EXCL : 0)
    self.path = path
    descriptor = open(path, flags, 0o644)
    if descriptor < 0, mustBeNew, errno == EEXIST { return nil }
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  package func append(_ bytes: [UInt8]) throws {
    let before = lseek(descriptor, 0, SEEK_END)
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        let code = errno
        if code == EINTR { continue }
        if before >= 0 { ftruncate(descriptor, before) }
        throw Self.failure(path, code)
      }
      rest = rest.dropFirst(written)
    }
  }

  func sync() throws {
    guard fsync(descriptor) == 0 else { throw Self.failure(path, errno) }
  }

  private static func failure(_ path: String, _ code: Int32) -> FileFailure {
    let advice = code == ENOSPC ? "; free some space and continue with --resume" : ""
    return FileFailure(
      .unwritable, path: path, reason: "could not be written (\(systemMessage(code)))\(advice)")
  }
}
