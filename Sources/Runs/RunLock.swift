import Files
import Foundation

/// Keeps a second process from writing the same run.
///
/// The lock is the system's (`flock`), so it ends with the process however that ends; the file only
/// carries the process number for the message. What a dead process left behind is taken over.
final class RunLock: Sendable {
  private let path: String
  private let descriptor: Int32

  init(_ paths: RunPaths) throws {
    path = paths.lock
    descriptor = try Self.locked(paths)
    let owner = "\(getpid())\n"
    ftruncate(descriptor, 0)
    put(owner, to: descriptor)
  }

  deinit {
    // Removed while still held; whoever waits for it notices that its file is gone and tries again.
    unlink(path)
    close(descriptor)
  }

  private static func locked(_ paths: RunPaths) throws -> Int32 {
    while true {
      let descriptor = open(paths.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else {
        throw FileFailure(
          .unwritable, path: paths.folder,
          reason: "cannot be written (\(systemMessage(errno))); choose another --output")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        let owner = readOwner(descriptor)
        close(descriptor)
        if code == EINTR { continue }
        guard code == EWOULDBLOCK else {
          throw FileFailure(
            .unwritable, path: paths.folder,
            reason: "cannot be locked (\(systemMessage(code))); choose another file system")
        }
        throw RunFolderError.busy(path: paths.folder, process: owner)
      }
      if isSameFile(descriptor, paths.lock) { return descriptor }
      close(descriptor)
    }
  }

  private static func readOwner(_ descriptor: Int32) -> Int? {
    var buffer = [UInt8](repeating: 0, count: 20)
    let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    let text = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private static func isSameFile(_ descriptor: Int32, _ path: String) -> Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0
      && held.st_ino == named.st_ino && held.st_dev == named.st_dev
  }
}
