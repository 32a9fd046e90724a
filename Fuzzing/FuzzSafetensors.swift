import Files
import Formats
import Foundation

/// Reads any bytes as a safetensors file; what is accepted must keep the reader's promises.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSafetensors(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeBufferPointer(start: start, count: count))
  guard let file = try? SafetensorsFile(parsing: input, path: "input") else { return 0 }
  checkRanges(of: file, in: input)
  do {
    let written = try rewritten(file)
    let again = try SafetensorsFile(parsing: written, path: "rewritten")
    try checkEqual(file, again)
    // What this package wrote it writes again to the byte.
    let last = try rewritten(again)
    require(last == written, "writing is not stable")
  } catch {
    fatalError("an accepted file did not survive writing: \(error)")
  }
  return 0
}

/// Byte ranges are disjoint, lie inside the data, fill it, and have the size of their tensors.
private func checkRanges(of file: SafetensorsFile, in input: Data) {
  var end = 0
  for entry in file.entries {
    require(entry.byteRange.lowerBound == end, "ranges overlap or leave a hole")
    end = entry.byteRange.upperBound
    let size = entry.shape.reduce(entry.elementType.byteCount, *)
    require(entry.byteRange.count == size, "a range has the wrong size")
  }
  require(file.header.dataStart + end == input.count, "ranges do not fill the file")
  require(Set(file.names).count == file.entries.count, "names repeat")
}

private func rewritten(_ file: SafetensorsFile) throws -> Data {
  let tensors = file.entries.map { entry in
    SafetensorsTensor(name: entry.name, elementType: entry.elementType, shape: entry.shape) {
      try file.withBytes(of: entry.name, $0)
    }
  }
  return try SafetensorsWriter.encoded(tensors, metadata: file.metadata)
}

/// The same tensors with the same bytes; their order may differ.
private func checkEqual(_ first: SafetensorsFile, _ second: SafetensorsFile) throws {
  require(first.metadata == second.metadata, "metadata changed")
  require(first.names == second.names, "names changed")
  for entry in first.entries {
    let other = second[entry.name]
    require(
      other?.elementType == entry.elementType && other?.shape == entry.shape, "an entry changed")
    let bytes = try first.withBytes(of: entry.name) { [UInt8]($0) }
    let others = try second.withBytes(of: entry.name) { [UInt8]($0) }
    require(bytes == others, "the bytes of a tensor changed")
  }
}

private func require(_ condition: Bool, _ flaw: String) {
  guard condition else { fatalError(flaw) }
}
