import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Fetches a file over the network so that only the complete, verified file ever has its name.
///
/// The bytes arrive under a temporary name in the same folder; after the digest has been compared
/// the file is synced and renamed.
///
/// - Parameters:
///   - url: Where the file is; redirections are followed.
///   - path: Where it shall stand; missing folders are created.
///   - sha256: The expected digest as hexadecimal digits, or `nil` where none is known.
///   - progress: Called now and then with the bytes received and, where the server says, expected.
/// - Throws: ``FileFailure`` of kind `unavailable` where the network or server fails, `malformed`
///   where the digest differs, `unwritable` where the file cannot be stored.
public func download(
  _ url: URL, to path: String, sha256: String? = nil,
  progress: @escaping @Sendable (_ received: Int64, _ expected: Int64?) -> Void = { _, _ in }
) async throws {
  let folder = (path as NSString).deletingLastPathComponent
  let temporary = path + ".\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
  do {
    try FileManager.default.createDirectory(
      atPath: folder.isEmpty ? "." : folder, withIntermediateDirectories: true)
  } catch {
    throw FileFailure(.unwritable, path: folder, reason: "cannot create this folder (\(error))")
  }
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else {
    throw FileFailure(
      .unwritable, path: path, reason: "cannot be written (\(systemMessage(errno)))")
  }
  let sink = FileSink(descriptor: descriptor, path: path)
  do {
    defer { close(descriptor) }
    let reception = Reception(url: url, sink: sink, progress: progress)
    let digest = try await reception.run()
    if let sha256, sha256.lowercased() != digest {
      throw FileFailure(
        .malformed, path: path,
        reason: "\(url) delivered digest \(digest), expected \(sha256); nothing was stored")
    }
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw sink.failure(errno) }
  } catch {
    unlink(temporary)
    throw error
  }
}

/// Receives the bytes of one transfer.
///
/// Sendable because the session calls its delegate on one serial queue, and the only other
/// access, the start in ``run()``, comes before the first call.
private final class Reception: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  private let url: URL
  private var sink: FileSink
  private let progress: @Sendable (Int64, Int64?) -> Void
  private var digest = SHA256()
  private var received: Int64 = 0
  private var expected: Int64?
  private var failure: (any Error)?
  private var continuation: CheckedContinuation<String, any Error>?

  init(url: URL, sink: FileSink, progress: @escaping @Sendable (Int64, Int64?) -> Void) {
    self.url = url
    self.sink = sink
    self.progress = progress
  }

  func run() async throws -> String {
    let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
    defer { session.finishTasksAndInvalidate() }
    let task = session.dataTask(with: url)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        self.continuation = continuation
        task.resume()
      }
    } onCancel: {
      task.cancel()
    }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    if let status = (response as? HTTPURLResponse)?.statusCode, !(200..<300).contains(status) {
      failure = unavailable("the server answered with status \(status)")
      return completionHandler(.cancel)
    }
    expected = response.expectedContentLength > 0 ? response.expectedContentLength : nil
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard failure == nil else { return }
    do {
      try data.withUnsafeBytes { bytes in
        digest.update(bytes)
        try sink.write(bytes)
      }
    } catch {
      failure = error
      dataTask.cancel()
    }
    received += Int64(data.count)
    progress(received, expected)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    if let failure = failure ?? error.map({ unavailable($0.localizedDescription) }) {
      continuation?.resume(throwing: failure)
    } else if let expected, received != expected {
      continuation?.resume(
        throwing: unavailable("\(received) of \(expected) bytes arrived; try again"))
    } else {
      continuation?.resume(returning: digest.hexadecimal())
    }
    continuation = nil
  }

  private func unavailable(_ reason: String) -> FileFailure {
    FileFailure(.unavailable, path: url.absoluteString, reason: reason)
  }
}
