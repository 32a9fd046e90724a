import Files
import Foundation

/// Reads any bytes as a tar archive; the files found lie in it, one after the other.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTar(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  guard let index = try? TarIndex(of: bytes, path: "input") else { return 0 }
  var end = 0
  for entry in index.entries {
    guard entry.range.lowerBound >= end, entry.range.upperBound <= count else {
      fatalError("files overlap or end beyond the archive")
    }
    end = entry.range.upperBound
  }
  return 0
}
