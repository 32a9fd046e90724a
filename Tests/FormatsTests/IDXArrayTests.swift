import Files
import Formats
import Foundation
import Testing

private func parse(_ bytes: [UInt8]) throws -> IDXArray {
  try IDXArray(parsing: Data(bytes), path: "digits-idx")
}

/// Two by three bytes, written out by hand from the description of the format.
private let small: [UInt8] = [
  0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60,
]

@Test func `a file written out by hand is read`() throws {
  let array = try parse(small)
  #expect(array.elementType == .uint8)
  #expect(array.shape == [2, 3])
  #expect(array.values(as: UInt8.self) == [10, 20, 30, 40, 50, 60])
  #expect(array.values(as: Int8.self) == nil)
}

@Test func `a slice of a larger buffer is read from its own start`() throws {
  let buffer = Data([9, 9, 9] + small + [9])
  let array = try IDXArray(parsing: buffer[3..<(3 + small.count)], path: "slice")
  #expect(array.bytes == [10, 20, 30, 40, 50, 60])
}

@Test func `numbers are turned from big-endian`() throws {
  #expect(
    try parse([0, 0, 11, 1, 0, 0, 0, 2, 0x01, 0x02, 0xff, 0xfe]).values(as: Int16.self)
      == [258, -2])
  #expect(
    try parse([0, 0, 12, 1, 0, 0, 0, 1, 0x80, 0, 0, 1]).values(as: Int32.self)
      == [-2_147_483_647])
  #expect(
    try parse([0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0]).values(as: Float.self) == [1.5])
  #expect(
    try parse([0, 0, 14, 0, 0xc0, 0x04, 0, 0, 0, 0, 0, 0]).values(as: Double.self) == [-2.5])
  #expect(try parse([0, 0, 9, 1, 0, 0, 0, 1, 0xff]).values(as: Int8.self) == [-1])
}

@Test func `what is written is the file written out by hand`() {
  #expect(
    [UInt8](IDXArray([10, 20, 30, 40, 50, 60] as [UInt8], shape: [2, 3]).encoded()) == small)
  #expect(
    [UInt8](IDXArray([1.5] as [Float], shape: [1]).encoded())
      == [0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0])
}

@Test func `a written file reads back equal`() throws {
  let folder = NSTemporaryDirectory() + "idx-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let array = IDXArray([-1, 0.25, .infinity, 3] as [Double], shape: [2, 1, 2])
  try array.write(to: folder + "/deep/values-idx")
  let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/deep/values-idx"))
  #expect(try IDXArray(parsing: data, path: "values-idx") == array)
}

@Test func `every truncation and every trailing byte is refused with both counts`() throws {
  for length in 0..<small.count {
    #expect(throws: FileFailure.self) { try parse(Array(small.prefix(length))) }
  }
  let missing = #expect(throws: FileFailure.self) { try parse(small.dropLast()) }
  #expect(missing?.description.contains("needs 6 bytes of values, found 5") == true)
  let extra = #expect(throws: FileFailure.self) { try parse(small + [0]) }
  #expect(extra?.description.contains("needs 6 bytes of values, found 7") == true)
  #expect(extra?.kind == .malformed)
}

@Test(
  arguments: [
    ([1, 0, 8, 0, 0], "two zero bytes"),
    ([0, 0, 10, 0, 0], "element type 10"),
    ([0, 0, 8, 255, 0], "255 axes need a header of 1024 bytes"),
    ([0x1f, 0x8b, 8, 0, 0], "gzip"),
    ([0, 0, 14, 2] + [UInt8](repeating: 255, count: 8), "larger than any file"),
    ([0, 0, 8, 3] + [0, 0, 0, 0] + [UInt8](repeating: 255, count: 8), "larger than any file"),
    (
      [0, 0, 12, 3, 42, 0, 0, 0, 218, 0, 20, 0, 0, 0, 0, 0], "larger than any file"
    ),
    ([0, 0, 8, 2] + [UInt8](repeating: 127, count: 8), "found 0"),
  ] as [([UInt8], String)])
func `hostile IDX headers are refused with a reason`(bytes: [UInt8], reason: String) {
  let failure = #expect(throws: FileFailure.self) { try parse(bytes) }
  #expect(failure?.description.contains(reason) == true, "\(String(describing: failure))")
}

@Test func `axes of length zero hold nothing`() throws {
  let array = try parse([0, 0, 12, 2, 0, 0, 0, 0, 0, 0, 0, 7])
  #expect(array.shape == [0, 7])
  #expect(array.values(as: Int32.self) == [])
}
