import FileFixtures
import Files
import Foundation
import Testing

@Suite struct DurableWriteTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a body that throws leaves the old content and no temporary file`() throws {
    struct Stop: Error {}
    let path = folder.path + "/a.txt"
    try writeDurably("old", to: path)
    #expect(throws: Stop.self) {
      try writeDurably(to: path) { sink in
        try Data("half".utf8).withUnsafeBytes { try sink.write($0) }
        throw Stop()
      }
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.txt"])
  }

  @Test func `a full disk is named as such`() throws {
    #expect(throws: FileFailure.self) { try writeDurably("x", to: "/dev/full/none") }
  }
}
