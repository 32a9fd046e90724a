import Foundation

/// Writes a file so that a crash, a full disk or a kill leaves either the old content or the new.
///
/// The bytes go to a temporary name in the same folder, are synced, and the name is exchanged by
/// `rename`; the folder is synced last. Missing parent folders are created.
///
/// - Parameters:
///   - path: Where the content shall stand.
///   - body: Called once with the sink that takes the bytes in order.
/// - Throws: ``FileFailure`` of kind `unwritable`, or whatever `body` throws; the temporary file is
///   removed either way and the old file is untouched.
public func writeDurably(to path: String, _ body: (inout FileSink) throws -> Void) throws {
  let folder = (path as NSString).deletingLastPathComponent
  let parent = folder.isEmpty ? "." : folder
  do {
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
  } catch {
    throw FileFailure(
      .unwritable, path: parent, reason: "cannot create this folder (\(systemMessage(errno)))")
  }
  let temporary = path + ".\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else {
    throw FileFailure(
      .unwritable, path: path,
      reason: "cannot be written (\(systemMessage(errno))); choose a folder you may write to")
  }
  var sink = FileSink(descriptor: descriptor, path: path)
  do {
    defer { close(descriptor) }
    try body(&sink)
    guard fsync(descriptor) == 0 else { throw sink.failure(errno) }
  } catch {
    unlink(temporary)
    throw error
  }
  guard rename(temporary, path) == 0 else {
    let code = errno
    unlink(temporary)
    throw sink.failure(code)
  }
  let directory = open(parent, O_RDONLY | O_CLOEXEC)
  if directory >= 0 {
    fsync(directory)
    close(directory)
  }
}

/// Writes `data` durably; see ``writeDurably(to:_:)``.
///
/// - Throws: ``FileFailure`` of kind `unwritable`.
public func writeDurably(_ data: Data, to path: String) throws {
  try writeDurably(to: path) { sink in
    try data.withUnsafeBytes { try sink.write($0) }
  }
}

/// Writes `text` as UTF-8 durably; see ``writeDurably(to:_:)``.
///
/// - Throws: ``FileFailure`` of kind `unwritable`.
public func writeDurably(_ text: String, to path: String) throws {
  try writeDurably(Data(text.utf8), to: path)
}

/// Takes the bytes of a file that is being written.
public struct FileSink {
  let descriptor: Int32
  let path: String

  /// Appends bytes, however many calls to the system that takes.
  ///
  /// - Throws: ``FileFailure`` of kind `unwritable`, naming a full disk as such.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let written = systemWrite(descriptor, start, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw failure(errno)
      }
      rest = rest.dropFirst(written)
    }
  }

  func failure(_ code: Int32) -> FileFailure {
    let advice =
      code == ENOSPC ? "; free some space and run again, the earlier content is kept" : ""
    return FileFailure(
      .unwritable, path: path, reason: "could not be written (\(systemMessage(code)))\(advice)")
  }
}

private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  #if canImport(Glibc)
    Glibc.write(descriptor, start, count)
  #else
    write(descriptor, start, count)
  #endif
}

/// The system's own words for an error number.
public func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
