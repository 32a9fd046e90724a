import Files
import Formats
import Foundation

/// Reads any bytes as a MATLAB file; an accepted array has as many numbers as its shape says.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMAT(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  guard let file = try? MATFile(parsing: bytes, path: "input", limit: 1 << 20) else { return 0 }
  for array in file.arrays.values {
    let size = array.shape.contains(0) ? 0 : array.shape.reduce(1, *)
    guard array.values().count == size else { fatalError("an array has numbers too many or few") }
  }
  return 0
}
