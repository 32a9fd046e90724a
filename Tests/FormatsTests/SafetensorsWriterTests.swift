import Files
import Formats
import Foundation
import Testing

private struct Sample {
  let name: String
  let elementType: SafetensorsElementType
  let shape: [Int]
  let bytes: [UInt8]
  var tensor: SafetensorsTensor {
    SafetensorsTensor(name: name, elementType: elementType, shape: shape, bytes: bytes)
  }
}

/// Every type, with as many bytes as it needs, and the shapes that are easy to get wrong.
private let samples: [Sample] =
  SafetensorsElementType.allCases.enumerated().map { index, type in
    Sample(
      name: "layer.\(index).\(type.rawValue)", elementType: type, shape: [3, 1],
      bytes: (0..<UInt8(3 * type.byteCount)).map { $0 &* 37 &+ UInt8(index) })
  } + [
    Sample(name: "scalar", elementType: .float32, shape: [], bytes: [0, 0, 0x20, 0x40]),
    Sample(name: "empty", elementType: .float64, shape: [4, 0], bytes: []),
    Sample(
      name: "\u{1}\"\\\n\u{7f}\u{1f600}", elementType: .uint8, shape: [1], bytes: [9]),
  ]
private let metadata = ["z": "last", "format": "pt", "note": "two\nlines \u{0} \"x\""]

private func withFolder(_ body: (String) throws -> Void) throws {
  let folder = NSTemporaryDirectory() + "safetensors-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}

@Test func `what is written reads back equal`() throws {
  try withFolder { folder in
    try SafetensorsWriter.write(
      samples.map(\.tensor), metadata: metadata, to: folder + "/all.safetensors")
    let file = try SafetensorsFile(path: folder + "/all.safetensors")
    #expect(file.metadata == metadata)
    #expect(file.entries.count == samples.count)
    #expect(file.header.dataStart % 64 == 0)
    for sample in samples {
      let entry = try #require(file[sample.name])
      #expect(entry.elementType == sample.elementType)
      #expect(entry.shape == sample.shape)
      #expect(entry.byteRange.lowerBound % entry.elementType.byteCount == 0)
      #expect(try file.withBytes(of: sample.name) { Array($0) } == sample.bytes)
    }
  }
}

@Test(arguments: ["numpy", "raw", "nothing"])
func `a file of the reference is written again as the reference wrote it`(name: String) throws {
  let path = try fixture(name)
  let file = try SafetensorsFile(path: path)
  let tensors = file.entries.reversed().map { entry in
    SafetensorsTensor(name: entry.name, elementType: entry.elementType, shape: entry.shape) {
      try file.withBytes(of: entry.name, $0)
    }
  }
  let ours = [UInt8](try SafetensorsWriter.encoded(tensors, metadata: file.metadata))
  let theirs = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  let start = try SafetensorsFile(parsing: Data(ours), path: "ours").header.dataStart
  // Only the padding differs: ours reaches a multiple of 64, theirs a multiple of 8.
  let space = UInt8(ascii: " ")
  func text(_ header: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    header.prefix((header.lastIndex { $0 != space } ?? header.startIndex) + 1 - header.startIndex)
  }
  #expect(Array(text(ours[8..<start])) == Array(text(theirs[8..<file.header.dataStart])))
  #expect(ours[start...].elementsEqual(theirs[file.header.dataStart...]))
}

@Test func `the order of the arguments does not change the bytes`() throws {
  let first = try SafetensorsWriter.encoded(samples.map(\.tensor), metadata: metadata)
  let second = try SafetensorsWriter.encoded(samples.reversed().map(\.tensor), metadata: metadata)
  #expect(first == second)
}

@Test func `a tensor may come in pieces`() throws {
  let whole = SafetensorsTensor(
    name: "a", elementType: .int16, shape: [3], bytes: [1, 2, 3, 4, 5, 6])
  let pieces = SafetensorsTensor(name: "a", elementType: .int16, shape: [3]) { sink in
    for piece in [[1, 2, 3], [], [4, 5, 6]] as [[UInt8]] {
      try piece.withUnsafeBytes { try sink($0) }
    }
  }
  #expect(try SafetensorsWriter.encoded([pieces]) == SafetensorsWriter.encoded([whole]))
}

@Test(
  arguments: [
    ([("a", [1], 1), ("a", [1], 1)], "\"a\" is reserved or stands twice"),
    ([("\u{e9}", [1], 1), ("e\u{301}", [1], 1)], "is reserved or stands twice"),
    ([("__metadata__", [1], 1)], "\"__metadata__\" is reserved"),
    ([("a", [-1], 1)], "impossible shape [-1]"),
    ([("a", [Int.max, 2], 1)], "impossible shape"),
    ([("a", [Int.max], 0), ("b", [Int.max], 0)], "larger than a file can be"),
    ([("a", [3], 2)], "tensor \"a\" of shape [3] and type U8 needs 3 bytes, found 2"),
    ([("a", [1], 2)], "needs 1 bytes, found 2"),
  ] as [([(String, [Int], Int)], String)])
func `bad tensors are refused and the earlier file stays`(
  tensors: [(String, [Int], Int)], reason: String
) throws {
  try withFolder { folder in
    let path = folder + "/kept.safetensors"
    try writeDurably("earlier", to: path)
    let failure = #expect(throws: FileFailure.self) {
      try SafetensorsWriter.write(
        tensors.map { name, shape, count in
          SafetensorsTensor(
            name: name, elementType: .uint8, shape: shape,
            bytes: [UInt8](repeating: 0, count: count))
        }, to: path)
    }
    #expect(failure?.description.contains(reason) == true, "\(String(describing: failure))")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "earlier")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
  }
}

// MARK: The reference implementation reads ours

/// The interpreter that has the package `safetensors`, if any.
private let python: [String]? = {
  let interpreter = ProcessInfo.processInfo.environment["SWIFTLET_PYTHON"] ?? "python3"
  return (try? run([interpreter, "-c", "import safetensors"])) == nil ? nil : [interpreter]
}()

private struct Exit: Error {}

private func run(_ arguments: [String]) throws -> Data {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw Exit() }
  return data
}

private struct Reading: Decodable {
  struct View: Decodable {
    let dtype: String
    let shape: [Int]
    let data: String
  }
  let tensors: [String: View]
  let metadata: [String: String]
}

@Test(.enabled(if: python != nil, "needs the Python package safetensors; see SWIFTLET_PYTHON"))
func `the reference implementation reads what is written`() throws {
  let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Reference/read_safetensors.py").path
  try withFolder { folder in
    let path = folder + "/ours.safetensors"
    try SafetensorsWriter.write(samples.map(\.tensor), metadata: metadata, to: path)
    let printed = try run(#require(python) + [script, path])
    let reading = try JSONDecoder().decode(Reading.self, from: printed)
    #expect(reading.metadata == metadata)
    #expect(reading.tensors.count == samples.count)
    for sample in samples {
      let view = try #require(reading.tensors[sample.name])
      #expect(view.dtype == sample.elementType.rawValue)
      #expect(view.shape == sample.shape)
      #expect(view.data == sample.bytes.map { hexadecimal($0) }.joined())
    }
  }
}

private func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
