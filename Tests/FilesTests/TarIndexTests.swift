import FileFixtures
import Files
import Foundation
import Testing

@Suite struct TarIndexTests {
  private let files: [(name: String, bytes: [UInt8])] = [
    ("a/1.txt", Array("one".utf8)), ("a/empty", []),
    ("b/2.bin", [UInt8](repeating: 7, count: 1000)),
  ]

  private func index(_ bytes: [UInt8]) throws -> TarIndex {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FileFailure) in try TarIndex(of: bytes, path: "x.tar") }
    }
    return try result.get()
  }

  @Test func `every file is found where its bytes are`() throws {
    let archive = tarred(files)
    let entries = try index(archive).entries
    #expect(entries.map(\.name) == files.map(\.name))
    #expect(entries.map { Array(archive[$0.range]) } == files.map(\.bytes))
  }

  /// Archives of the system's own tar, in the three forms that differ.
  @Test(arguments: ["ustar", "gnu", "pax"])
  func `archives of tar are read, long names and folders included`(format: String) throws {
    let folder = try TemporaryFolder()
    let long = (1...9).map { "folder-number-\($0)-of-many" }.joined(separator: "/")
    let short = "ünïcode/" + String(repeating: "x", count: 90) + ".png"
    for (number, name) in [long + "/picture.png", short, "plain.txt"].enumerated() {
      if format == "ustar", number == 0 { continue }
      try folder.write(Data("content \(number)".utf8), to: "in/\(name)")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "tar", "--format=\(format)", "-cf", folder.path + "/x.tar", "-C", folder.path + "/in", ".",
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let bytes = try FileBytes(path: folder.path + "/x.tar")
    let entries = try bytes.withBytes { bytes throws(FileFailure) in
      try TarIndex(of: bytes, path: "x.tar")
    }.entries
    let names = try Archive(path: folder.path + "/x.tar").names()
    #expect(entries.map { "./" + $0.name } == names)
    #expect(entries.count == (format == "ustar" ? 2 : 3))
    for entry in entries {
      #expect(String(decoding: bytes.data(in: entry.range), as: UTF8.self).hasPrefix("content "))
    }
  }

  @Test func `an archive cut short or damaged is refused after the last good entry`() throws {
    let archive = tarred(files)
    for count in [1, 100, 511, 513, 1024 + 512 + 513, 2500] {
      #expect(throws: FileFailure.self) { try index(Array(archive.prefix(count))) }
    }
    var damaged = archive
    damaged[1024 + 3] ^= 1
    let failure = #expect(throws: FileFailure.self) { try index(damaged) }
    #expect(failure?.description.contains("after \"a/1.txt\"") == true)
    #expect(throws: FileFailure.self) { try index([]) }
    #expect(throws: FileFailure.self) { try index([UInt8](repeating: 65, count: 2000)) }
  }
}

@Suite struct DecompressionTests {
  @Test func `a zlib stream is undone, its check sum verified`() throws {
    let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 31) }
    let stream = zlibStream(content)
    func inflate(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> Data {
      let result = bytes.withUnsafeBytes { bytes in
        Result { () throws(FileFailure) in
          try inflated(bytes, limit: limit, path: "x", what: "the array")
        }
      }
      return try result.get()
    }
    #expect(try Array(inflate(stream)) == content)
    #expect(try inflate(zlibStream([])).isEmpty)
    #expect(throws: FileFailure.self) { try inflate(stream, limit: 199_999) }
    #expect(throws: FileFailure.self) { try inflate(Array(stream.dropLast())) }
    var damaged = stream
    damaged[damaged.count - 1] ^= 1
    #expect(throws: FileFailure.self) { try inflate(damaged) }
    #expect(throws: FileFailure.self) { try inflate([]) }
  }

  /// `bz2.compress(b"first line\nsecond line\n")` of Python.
  private let packed: [UInt8] = [
    66, 90, 104, 57, 49, 65, 89, 38, 83, 89, 139, 19, 225, 132, 0, 0, 4, 209, 128, 0, 16, 64,
    0, 15, 37, 156, 0, 32, 0, 33, 161, 50, 49, 148, 32, 26, 0, 145, 42, 49, 149, 104, 203, 4,
    130, 253, 87, 241, 119, 36, 83, 133, 9, 8, 177, 62, 24, 64,
  ]

  @Test func `bzip2 is undone, its check sum verified`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(packed, to: "x.bz2")
    #expect(try readDecompressed(at: path) == Data("first line\nsecond line\n".utf8))
    #expect(try FileBytes(path: path).data(in: 6..<10) == Data("line".utf8))
    var damaged = packed
    damaged[20] ^= 4
    let broken = try folder.write(damaged, to: "broken.bz2")
    #expect(throws: FileFailure.self) { try readDecompressed(at: broken) }
    let short = try folder.write(Array(packed.dropLast(5)), to: "short.bz2")
    #expect(throws: FileFailure.self) { try readDecompressed(at: short) }
  }
}
