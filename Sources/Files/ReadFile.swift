import Foundation

/// Reads a whole file into memory.
///
/// - Parameters:
///   - path: The file.
///   - limit: The most bytes accepted; a larger file is refused before it is read.
/// - Returns: The bytes.
/// - Throws: ``FileFailure`` of kind `missing`, `unreadable`, or `malformed` above the limit.
public func readFile(at path: String, limit: Int = 1 << 32) throws(FileFailure) -> Data {
  let file = try OpenedFile(path: path)
  defer { close(file.descriptor) }
  guard file.size <= limit else {
    throw FileFailure(
      .malformed, path: path,
      reason: "is \(file.size) bytes long, at most \(limit) are accepted here")
  }
  var data = Data(count: file.size)
  var filled = 0
  while filled < data.count {
    let position = filled
    let got = data.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return 0 }
      return read(file.descriptor, start + position, buffer.count - position)
    }
    if got < 0 {
      if errno == EINTR { continue }
      throw FileFailure(
        .unreadable, path: path, reason: "could not be read (\(systemMessage(errno)))")
    }
    if got == 0 { break }
    filled += got
  }
  return data.prefix(filled)
}

/// A regular file opened for reading; whoever creates it closes the descriptor.
struct OpenedFile {
  let descriptor: Int32
  let size: Int

  init(path: String) throws(FileFailure) {
    // Without the non-blocking flag a pipe in place of the file would stop the program here.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENOENT || code == ENOTDIR
        ? FileFailure(.missing, path: path, reason: "there is no such file")
        : FileFailure(.unreadable, path: path, reason: "cannot be opened (\(systemMessage(code)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileFailure(.unreadable, path: path, reason: "is not a regular file")
    }
    size = Int(status.st_size)
  }
}
