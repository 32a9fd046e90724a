import Files
import Formats
import Foundation
import Testing

/// A file with this header, its true length before it, and so many bytes of data.
private func file(_ header: String, data count: Int = 0, claim: UInt64? = nil) -> [UInt8] {
  file(Array(header.utf8), data: count, claim: claim)
}

private func file(_ header: [UInt8], data count: Int = 0, claim: UInt64? = nil) -> [UInt8] {
  let length = claim ?? UInt64(header.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header
    + [UInt8](repeating: 0, count: count)
}

private func parse(_ bytes: [UInt8]) throws -> SafetensorsHeader {
  try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, path: "hostile") }
}

/// A tensor's object, every part of which can be replaced.
private func tensor(
  _ dtype: String = "\"F32\"", _ shape: String = "[2]", _ offsets: String = "[0,8]"
) -> String {
  "{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}"
}

private let huge = "9223372036854775807"

struct HostileHeader: CustomTestStringConvertible, Sendable {
  let bytes: [UInt8]
  let reason: String
  var testDescription: String { reason }

  init(_ header: String, data: Int = 8, claim: UInt64? = nil, _ reason: String) {
    bytes = file(header, data: data, claim: claim)
    self.reason = reason
  }

  init(bytes: [UInt8], _ reason: String) {
    self.bytes = bytes
    self.reason = reason
  }
}

private let lengths: [HostileHeader] = [
  .init(bytes: [], "begins with 8 bytes, found only 0"),
  .init("{}", data: 0, claim: 0, "does not begin with '{'"),
  .init("{}", data: 0, claim: 3, "header of 3 bytes, found only 2"),
  .init("{}", data: 0, claim: 100_000_001, "at most 100000000"),
  .init("{}", data: 0, claim: 1 << 63, "header of 9223372036854775808 bytes, at most"),
  .init("{}", data: 0, claim: .max, "header of 18446744073709551615 bytes, at most"),
  .init(" {}", data: 0, "does not begin with '{'"),
  .init("[]", data: 0, "does not begin with '{'"),
  .init("{}\n", data: 0, "only spaces after the closing brace"),
  .init("{} {}", data: 0, "only spaces after the closing brace"),
  .init("{}\0", data: 0, "only spaces after the closing brace"),
  .init("{}", data: 1, "need 0 bytes of data, found 1"),
]

private let grammar: [HostileHeader] = [
  .init("{", "found the end of the header"),
  .init("{\"a\"}", "expected ':' in the header, found '}'"),
  .init("{\"a\":\(tensor()),}", "expected '\"' in the header"),
  .init("{\"a\":\(tensor()) \"b\":\(tensor())}", "expected '}' in the header"),
  .init("{a:\(tensor())}", "expected '\"' in the header, found 'a'"),
  .init("{\"a\":null}", "expected '{' in tensor \"a\", found 'n'"),
  .init("{\"a\":{\"b\":\(tensor())}}", "unknown field \"b\""),
  .init("{\"a\":[\(tensor())]}", "expected '{' in tensor \"a\""),
  .init("{\"a\":" + String(repeating: "{\"dtype\":", count: 100_000), "expected '\"'"),
  .init("{\"a\":" + tensor("\"F32\"", String(repeating: "[", count: 100_000)), "integer"),
  .init("{\"a\":\(tensor()),\"a\":\(tensor())}", "\"a\" stands twice"),
  .init("{\"a\":\(tensor()),\"\\u0061\":\(tensor())}", "\"a\" stands twice"),
  .init("{\"\u{e9}\":\(tensor()),\"e\\u0301\":\(tensor())}", "stands twice"),
  .init("{\"a", "is not closed"),
  .init("{\"a\\", "is not closed"),
  .init("{\"a\u{1}\":\(tensor())}", "control byte 1"),
  .init("{\"\\x41\":\(tensor())}", "unknown escape, found 'x'"),
  .init("{\"\\u12\":\(tensor())}", "four hexadecimal digits"),
  .init("{\"\\ud800\":\(tensor())}", "half of a surrogate pair"),
  .init("{\"\\ud800\\u0041\":\(tensor())}", "half of a surrogate pair"),
  .init("{\"\\udc00\\ud800\":\(tensor())}", "half of a surrogate pair"),
  .init(bytes: file([0x7b, 0x22, 0xff, 0x22, 0x3a]), "not valid UTF-8"),
  .init(bytes: file([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a]), "not valid UTF-8"),
  .init(bytes: file([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a]), "not valid UTF-8"),
  .init(bytes: file([0x7b, 0xff]), "found byte 255"),
]

private let fields: [HostileHeader] = [
  .init("{\"a\":{}}", "tensor \"a\" has no dtype"),
  .init("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "tensor \"a\" has no shape"),
  .init("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "tensor \"a\" has no data_offsets"),
  .init("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", "\"dtype\" stands twice"),
  .init("{\"a\":{\"stride\":[1]}}", "unknown field \"stride\""),
  .init("{\"a\":\(tensor("\"f32\""))}", "dtype \"f32\", expected one of BOOL"),
  .init("{\"a\":\(tensor("\"F4\""))}", "dtype \"F4\""),
  .init("{\"a\":\(tensor("5"))}", "expected '\"' in tensor \"a\", found '5'"),
  .init("{\"__metadata__\":{\"a\":1}}", "expected '\"' in __metadata__, found '1'"),
  .init("{\"__metadata__\":{\"a\":{}}}", "expected '\"' in __metadata__"),
  .init("{\"__metadata__\":null}", "expected '{' in __metadata__"),
  .init("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", "\"a\" stands twice in __metadata__"),
  .init("{\"__metadata__\":{},\"__metadata__\":{}}", "stands twice in the header"),
]

private let numbers: [HostileHeader] = [
  .init("{\"a\":\(tensor("\"F32\"", "[-2]"))}", "non-negative integer in tensor \"a\", found '-'"),
  .init("{\"a\":\(tensor("\"F32\"", "[NaN]"))}", "non-negative integer in tensor \"a\", found 'N'"),
  .init("{\"a\":\(tensor("\"F32\"", "[2.0]"))}", "expected ']' in tensor \"a\", found '.'"),
  .init("{\"a\":\(tensor("\"F32\"", "[2e0]"))}", "expected ']' in tensor \"a\", found 'e'"),
  .init("{\"a\":\(tensor("\"F32\"", "[02]"))}", "superfluous zero"),
  .init("{\"a\":\(tensor("\"F32\"", "[\"2\"]"))}", "non-negative integer"),
  .init("{\"a\":\(tensor("\"F32\"", "[9223372036854775808]"))}", "2^63 or more"),
  .init("{\"a\":\(tensor("\"F32\"", "[99999999999999999999999999]"))}", "2^63 or more"),
  .init("{\"a\":\(tensor("\"U8\"", "[\(huge),2]"))}", "larger than any file"),
  .init("{\"a\":\(tensor("\"F32\"", "[\(huge)]"))}", "larger than any file"),
  .init(
    "{\"a\":\(tensor("\"F64\"", "[2305843009213693952,0]", "[0,0]"))}", data: 0,
    "larger than any file"),
  .init("{\"a\":\(tensor("\"U8\"", "[\(huge),2,0]", "[0,0]"))}", data: 0, "larger than any file"),
  .init("{\"a\":\(tensor("\"U8\"", "[\(huge)]", "[0,\(huge)]"))}", "the file is cut short"),
]

private let offsets: [HostileHeader] = [
  .init("{\"a\":\(tensor("\"F32\"", "[2]", "[0]"))}", "data_offsets [0], expected a begin"),
  .init("{\"a\":\(tensor("\"F32\"", "[2]", "[0,8,8]"))}", "data_offsets [0, 8, 8]"),
  .init("{\"a\":\(tensor("\"F32\"", "[2]", "[8,0]"))}", "data_offsets [8, 0]"),
  .init("{\"a\":\(tensor("\"F32\"", "[3]"))}", "needs 12 bytes, found 8"),
  .init("{\"a\":\(tensor("\"F32\"", "[]"))}", "needs 4 bytes, found 8"),
  .init("{\"a\":\(tensor("\"F32\"", "[0]"))}", "needs 0 bytes, found 8"),
  .init("{\"a\":\(tensor())}", data: 7, "need 8 bytes of data, found 7; the file is cut short"),
  .init("{\"a\":\(tensor())}", data: 9, "need 8 bytes of data, found 9; something follows"),
  .init(
    "{\"a\":\(tensor()),\"b\":\(tensor("\"F32\"", "[2]", "[4,12]"))}", data: 12,
    "tensor \"b\" overlaps the one before it: expected its bytes to begin at 8, found 4"),
  .init("{\"a\":\(tensor()),\"b\":\(tensor())}", "tensor \"b\" overlaps"),
  .init(
    "{\"a\":\(tensor()),\"b\":\(tensor("\"F32\"", "[2]", "[12,20]"))}", data: 20,
    "tensor \"b\" leaves a hole: expected its bytes to begin at 8, found 12"),
  .init("{\"a\":\(tensor("\"F32\"", "[2]", "[1,9]"))}", data: 9, "tensor \"a\" leaves a hole"),
  .init(
    "{\"a\":\(tensor()),\"b\":\(tensor("\"F32\"", "[0]", "[4,4]"))}", "tensor \"b\" overlaps"),
  .init(
    "{\"a\":\(tensor()),\"b\":\(tensor("\"F32\"", "[0]", "[9,9]"))}", "tensor \"b\" leaves a hole"),
]

@Test(arguments: lengths + grammar + fields + numbers + offsets)
func `hostile safetensors headers are refused with a reason`(hostile: HostileHeader) {
  let failure = #expect(throws: FileFailure.self) { try parse(hostile.bytes) }
  let message = failure?.description ?? "accepted"
  #expect(failure?.kind == .malformed)
  #expect(message.contains(hostile.reason), "\(message)")
  #expect(message.utf8.count < 1000 && !message.contains("\n"), "\(message)")
}

@Test func `a good file cut anywhere is refused`() throws {
  let good = file("{\"a\":\(tensor()),\"__metadata__\":{\"b\":\"\\u00e9\"}} ", data: 8)
  #expect(try parse(good).entries.map(\.byteRange) == [0..<8])
  for length in 0..<good.count {
    #expect(throws: FileFailure.self) { try parse(Array(good.prefix(length))) }
  }
}

@Test func `a good header cut anywhere is refused though its length is told truly`() {
  let header = Array("{\"a\":\(tensor()),\"__metadata__\":{\"b\":\"\\ud83d\\ude00\"}}".utf8)
  for length in 0..<header.count {
    #expect(throws: FileFailure.self) { try parse(file(Array(header.prefix(length)), data: 8)) }
  }
}

@Test func `liberties that the format grants are taken`() throws {
  let header = try parse(
    file(
      "{ \"b\\u0061\\ud83d\\ude00\" : \(tensor("\"U8\"", "[ 3 ]", "[8,\t11]")),\r\n"
        + "\"a\":\(tensor()), \"empty\":\(tensor("\"I64\"", "[0,7]", "[8,8]")),"
        + "\"__metadata__\":{}, \"\":\(tensor("\"BOOL\"", "[]", "[11,12]"))}   ", data: 12))
  #expect(header.entries.map(\.name) == ["a", "empty", "ba\u{1f600}", ""])
  #expect(header.entries.map(\.byteRange) == [0..<8, 8..<8, 8..<11, 11..<12])
  #expect(header.entries.map(\.shape) == [[2], [0, 7], [3], []])
}

@Test func `a header that is not padded leaves the data where it is`() throws {
  let bytes = file("{\"a\":\(tensor("\"I16\"", "[1]", "[0,2]"))} ") + [1, 2]
  let open = try SafetensorsFile(parsing: Data(bytes), path: "odd")
  #expect(open.header.dataStart % 2 == 1)
  #expect(try open.withBytes(of: "a") { $0.loadUnaligned(as: Int16.self) } == 513)
}
