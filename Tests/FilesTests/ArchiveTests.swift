import FileFixtures
import Files
import Foundation
import Testing

@Suite struct ArchiveTests {
  let folder: TemporaryFolder
  let entries: [(name: String, bytes: [UInt8])] = [
    ("pictures/a.bin", (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 31) }),
    ("pictures/empty.bin", []),
    ("notes.txt", Array("hello".utf8)),
  ]

  init() throws { folder = try TemporaryFolder() }

  private func contents(_ path: String, limit: Int = 1 << 30) throws -> [String: Data] {
    var found: [String: Data] = [:]
    try Archive(path: path, entryLimit: limit).forEachEntry { found[$0.name] = $0.bytes }
    return found
  }

  private func files() throws -> [String] {
    [
      try folder.write(zipped(entries), to: "a.zip"),
      try folder.write(tarred(entries), to: "a.tar"),
      try folder.write(gzipped(tarred(entries)), to: "a.tar.gz"),
    ]
  }

  @Test func `zip, tar and compressed tar give every file in order`() throws {
    for path in try files() {
      #expect(try Archive(path: path).names() == entries.map(\.name))
      let found = try contents(path)
      for (name, bytes) in entries { #expect(found[name] == Data(bytes)) }
    }
  }

  @Test func `unwanted entries are passed over`() throws {
    for path in try files() {
      var seen: [String] = []
      try Archive(path: path).forEachEntry(where: { $0.hasSuffix(".txt") }) {
        seen.append($0.name)
      }
      #expect(seen == ["notes.txt"])
    }
  }

  @Test func `an entry above the limit is refused by name`() throws {
    for path in try files() {
      let failure = #expect(throws: FileFailure.self) { try contents(path, limit: 99_999) }
      #expect(failure?.kind == .malformed)
      #expect(failure?.reason.contains("pictures/a.bin") == true)
    }
  }

  @Test func `a changed byte in a zip entry is found and the entry named`() throws {
    var bytes = zipped(entries)
    bytes[500] ^= 1
    let path = try folder.write(bytes, to: "changed.zip")
    let failure = #expect(throws: FileFailure.self) { try contents(path) }
    #expect(failure?.kind == .malformed)
    #expect(failure?.reason.contains("pictures/a.bin") == true)
  }

  @Test func `an archive cut short is malformed, wherever it is cut`() throws {
    for bytes in [zipped(entries), Data(tarred(entries)), gzipped(tarred(entries))] {
      for part in [1, 30, 300, 700, 50_000, 100_000] {
        let path = try folder.write(bytes.prefix(part), to: "short")
        let failure = #expect(throws: FileFailure.self) { try contents(path) }
        #expect(failure?.kind == .malformed)
      }
    }
  }

  @Test func `what is no archive, missing or a folder is said to be so`() throws {
    let text = try folder.write(Data("just some text, no archive".utf8), to: "a.txt")
    #expect(#expect(throws: FileFailure.self) { try contents(text) }?.kind == .malformed)
    let missing = #expect(throws: FileFailure.self) { try contents(folder.path + "/none.zip") }
    #expect(missing?.kind == .missing)
    #expect(#expect(throws: FileFailure.self) { try contents(folder.path) }?.kind == .unreadable)
  }
}

@Suite struct GzipTests {
  let folder: TemporaryFolder
  let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }

  init() throws { folder = try TemporaryFolder() }

  @Test func `plain and compressed files give the same bytes`() throws {
    let plain = try folder.write(bytes, to: "plain")
    let packed = try folder.write(gzipped(bytes), to: "packed.gz")
    #expect(try readDecompressed(at: plain) == Data(bytes))
    #expect(try readDecompressed(at: packed) == Data(bytes))
    #expect(try readDecompressed(at: folder.write(gzipped([]), to: "empty.gz")).isEmpty)
  }

  @Test func `damage anywhere is found`() throws {
    let whole = gzipped(bytes)
    for place in [20, 1000, 150_000, whole.count - 6, whole.count - 1] {
      var damaged = whole
      damaged[place] ^= 4
      let path = try folder.write(damaged, to: "damaged.gz")
      let failure = #expect(throws: FileFailure.self) { try readDecompressed(at: path) }
      #expect(failure?.kind == .malformed)
    }
    for length in [2, 3, 9, 18, 19, 25, 70_000, whole.count - 1] {
      let path = try folder.write(whole.prefix(length), to: "short.gz")
      let failure = #expect(throws: FileFailure.self) { try readDecompressed(at: path) }
      #expect(failure?.kind == .malformed)
    }
  }

  @Test func `content above the limit is refused`() throws {
    let path = try folder.write(gzipped(bytes), to: "large.gz")
    #expect(throws: FileFailure.self) { try readDecompressed(at: path, limit: bytes.count - 1) }
    #expect(try readDecompressed(at: path, limit: bytes.count).count == bytes.count)
  }
}
