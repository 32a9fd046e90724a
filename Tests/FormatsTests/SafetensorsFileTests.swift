import Files
import Formats
import Foundation
import Testing

func fixture(_ name: String) throws -> String {
  try #require(Bundle.module.path(forResource: "Fixtures/" + name, ofType: "safetensors"))
}

@Test func `a file of the reference implementation is read, every type`() throws {
  let file = try SafetensorsFile(path: fixture("numpy"))
  #expect(file.metadata == ["format": "np"])
  #expect(file.entries.count == 16)
  #expect(file.names == file.entries.map(\.name).sorted())
  #expect(file.header.dataStart % 8 == 0)

  func check<Value: Equatable & BitwiseCopyable>(_ name: String, _ expected: [Value]) throws {
    let entry = try #require(file["values." + name])
    #expect(entry.elementType.rawValue == name)
    #expect(entry.shape == [2, 3])
    try file.withBytes(of: entry.name) { bytes in
      let width = MemoryLayout<Value>.stride
      #expect(bytes.count == 6 * width)
      let values = (0..<6).map { bytes.loadUnaligned(fromByteOffset: $0 * width, as: Value.self) }
      #expect(values == expected)
    }
  }
  try check("F64", [-3, -2, -1, 0, 1, 2] as [Double])
  try check("F32", [-3, -2, -1, 0, 1, 2] as [Float])
  try check("F16", [0xc200, 0xc000, 0xbc00, 0, 0x3c00, 0x4000] as [UInt16])
  try check("I64", [-3, -2, -1, 0, 1, 2] as [Int64])
  try check("I32", [-3, -2, -1, 0, 1, 2] as [Int32])
  try check("I16", [-3, -2, -1, 0, 1, 2] as [Int16])
  try check("I8", [-3, -2, -1, 0, 1, 2] as [Int8])
  try check("U64", [0, 1, 2, 3, 4, 5] as [UInt64])
  try check("U32", [0, 1, 2, 3, 4, 5] as [UInt32])
  try check("U16", [0, 1, 2, 3, 4, 5] as [UInt16])
  try check("U8", [0, 1, 2, 3, 4, 5] as [UInt8])
  try check("BOOL", [0, 1, 0, 1, 0, 1] as [UInt8])
  try check("C64", [-3, -2, -1, 0, 1, 2].map { SIMD2<Float>($0, 0) })
}

@Test func `scalars, empty tensors and odd names of the reference are read`() throws {
  let file = try SafetensorsFile(path: fixture("numpy"))
  #expect(file["scalar"]?.shape == [])
  #expect(try file.withBytes(of: "scalar") { $0.loadUnaligned(as: Double.self) } == 2.5)
  #expect(file["empty"]?.shape == [0, 5])
  #expect(try file.withBytes(of: "empty") { $0.count } == 0)
  let odd = "\u{fc}n\u{ef} \"quoted\"\n\\ \u{1}"
  #expect(try file.withBytes(of: odd) { Array($0) } == [7])
}

@Test func `the narrow types of the reference are read`() throws {
  let file = try SafetensorsFile(path: fixture("raw"))
  #expect(file.entries.count == 6)
  for entry in file.entries {
    #expect(entry.name == "raw." + entry.elementType.rawValue)
    let count = entry.elementType == .bfloat16 ? 8 : 4
    #expect(try file.withBytes(of: entry.name) { Array($0) } == (0..<UInt8(count)).map { $0 })
  }
}

@Test func `a file without tensors is read`() throws {
  let file = try SafetensorsFile(path: fixture("nothing"))
  #expect(file.entries.isEmpty)
  #expect(file.metadata.isEmpty)
}

@Test func `a tensor that is not there is named with what is`() throws {
  let file = try SafetensorsFile(path: fixture("raw"))
  #expect(file["weight"] == nil)
  let failure = #expect(throws: FileFailure.self) { try file.withBytes(of: "weight") { _ in } }
  #expect(failure?.description.contains("no tensor \"weight\"; it holds 6 tensors") == true)
}

@Test func `a missing file is reported as missing`() {
  let failure = #expect(throws: FileFailure.self) { try SafetensorsFile(path: "/nowhere/at/all") }
  #expect(failure?.kind == .missing)
}
