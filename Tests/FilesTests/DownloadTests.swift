import FileFixtures
import Files
import Foundation
import Synchronization
import Testing

/// Answers each of a number of connections with the same bytes.
private final class Server: Sendable {
  let port: UInt16

  init(answers: Int, answer: Data) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) | listen(listener, 4)
          | getsockname(listener, address, &length)
      }
    }
    try #require(bound == 0)
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      for _ in 0..<answers {
        let connection = accept(listener, nil, nil)
        var request = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection, &request, request.count, 0)
        _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, 0) }
        close(connection)
      }
      close(listener)
    }
  }

  func url() throws -> URL { try #require(URL(string: "http://127.0.0.1:\(port)/file")) }
}

@Suite struct DownloadTests {
  let folder: TemporaryFolder
  let body = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 13) })

  init() throws { folder = try TemporaryFolder() }

  private func answer(_ status: String, announcing length: Int) -> Data {
    Data("HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\nConnection: close\r\n\r\n".utf8) + body
  }

  @Test func `a file arrives whole, is checked and reports its progress`() async throws {
    let server = try Server(answers: 1, answer: answer("200 OK", announcing: body.count))
    let path = folder.path + "/new/file.bin"
    let last = Mutex<Int64>(0)
    try await download(
      server.url(), to: path, sha256: SHA256.hexadecimal(of: body).uppercased()
    ) { received, expected in
      #expect(expected == 300_000)
      last.withLock { $0 = received }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == body)
    #expect(last.withLock { $0 } == 300_000)
  }

  @Test func `a wrong digest stores nothing and keeps the old file`() async throws {
    let server = try Server(answers: 1, answer: answer("200 OK", announcing: body.count))
    let path = try folder.write(Data("old".utf8), to: "file.bin")
    let failure = await #expect(throws: FileFailure.self) {
      try await download(server.url(), to: path, sha256: SHA256.hexadecimal(of: Data()))
    }
    #expect(failure?.kind == .malformed)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file.bin"])
  }

  @Test func `a refusal, a broken transfer and a dead server are unavailable`() async throws {
    let refusing = try Server(answers: 1, answer: answer("404 Not Found", announcing: body.count))
    let breaking = try Server(answers: 1, answer: answer("200 OK", announcing: body.count + 1))
    let dead = try #require(URL(string: "http://127.0.0.1:9/file"))
    for url in [try refusing.url(), try breaking.url(), dead] {
      let path = folder.path + "/file.bin"
      let failure = await #expect(throws: FileFailure.self) { try await download(url, to: path) }
      #expect(failure?.kind == .unavailable)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }
}
