import Files
import Foundation
import Testing

private func temporaryPath() -> String { NSTemporaryDirectory() + "mapped-\(UUID().uuidString)" }

@Test func `a mapped file shows the bytes that were written`() throws {
  let path = temporaryPath()
  defer { try? FileManager.default.removeItem(atPath: path) }
  try writeDurably(Data((0..<10_000).map { UInt8(truncatingIfNeeded: $0) }), to: path)
  let file = try MappedFile(path: path)
  #expect(file.count == 10_000)
  #expect(file.withBytes { bytes in bytes.indices.allSatisfy { bytes[$0] == UInt8($0 % 256) } })
}

@Test func `a mapping outlives the replacement of its file`() throws {
  let path = temporaryPath()
  defer { try? FileManager.default.removeItem(atPath: path) }
  try writeDurably("first", to: path)
  let file = try MappedFile(path: path)
  try writeDurably("second, longer", to: path)
  #expect(file.withBytes { String(validating: $0, as: UTF8.self) } == "first")
}

@Test func `an empty file maps to no bytes`() throws {
  let path = temporaryPath()
  defer { try? FileManager.default.removeItem(atPath: path) }
  try writeDurably("", to: path)
  #expect(try MappedFile(path: path).withBytes { $0.count } == 0)
}

@Test func `a missing file and a folder are told apart`() throws {
  let missing = #expect(throws: FileFailure.self) { try MappedFile(path: temporaryPath()) }
  #expect(missing?.kind == .missing)
  let folder = #expect(throws: FileFailure.self) {
    try MappedFile(path: NSTemporaryDirectory())
  }
  #expect(folder?.kind == .unreadable)
}
