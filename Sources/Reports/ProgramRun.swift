import Foundation

/// What a program left behind.
struct ProgramResult {
  /// The exit status, or 128 and the signal's number like a shell's.
  var status: Int32
  var output: Data
  var errors: Data
}

/// Why a program could not be started.
struct StartFailure: Error { var reason: String }

/// Runs a program to its end.
///
/// Input and both outputs are unnamed temporary files instead of pipes: a pipe that fills up would
/// need threads on this side, and one that closes early would send a signal to the whole process.
func runProgram(
  _ program: String, arguments: [String], input: Data
) throws(StartFailure) -> ProgramResult {
  let files = [try ScratchFile(), try ScratchFile(), try ScratchFile()]
  try files[0].fill(with: input)
  let child = try start(program, arguments, standardStreams: files)
  var status: Int32 = 0
  while waitpid(child, &status, 0) < 0 {
    guard errno == EINTR else { throw StartFailure(reason: String(cString: strerror(errno))) }
  }
  let signal = status & 0x7F
  return ProgramResult(
    status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
    output: files[1].content(), errors: files[2].content())
}

private func start(
  _ program: String, _ arguments: [String], standardStreams: [ScratchFile]
) throws(StartFailure) -> pid_t {
  #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
  #else
    var actions = posix_spawn_file_actions_t()
  #endif
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (stream, file) in standardStreams.enumerated() {
    posix_spawn_file_actions_adddup2(&actions, file.descriptor, Int32(stream))
  }
  let words = copiedForC([program] + arguments)
  let environment = copiedForC(["LC_ALL=C"])
  defer { for word in words + environment { free(word) } }
  var child = pid_t()
  let code = posix_spawnp(&child, program, &actions, nil, words + [nil], environment + [nil])
  guard code == 0 else { throw StartFailure(reason: String(cString: strerror(code))) }
  return child
}

private func copiedForC(_ words: [String]) -> [UnsafeMutablePointer<CChar>?] {
  words.map { strdup($0) }
}

/// A file without a name, gone when its last user is.
private final class ScratchFile {
  let descriptor: Int32

  init() throws(StartFailure) {
    var template = Array((NSTemporaryDirectory() + "/reports.XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw StartFailure(reason: "no temporary file: " + String(cString: strerror(errno)))
    }
    unlink(template)
    // Other programs started meanwhile must not inherit it; the copies made for the child may.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  func fill(with data: Data) throws(StartFailure) {
    do {
      try handle.write(contentsOf: data)
    } catch {
      throw StartFailure(reason: "its input could not be stored: \(error.localizedDescription)")
    }
    lseek(descriptor, 0, SEEK_SET)
  }

  func content() -> Data {
    lseek(descriptor, 0, SEEK_SET)
    return (try? handle.readToEnd()) ?? Data()
  }

  private var handle: FileHandle {
    FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
  }
}
