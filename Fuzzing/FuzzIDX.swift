import Files
import Formats
import Foundation

/// Reads any bytes as an IDX file; what is accepted must be exactly what would be written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzIDX(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeBufferPointer(start: start, count: count))
  guard let array = try? IDXArray(parsing: input, path: "input") else { return 0 }
  // The format has one way to write an array, so reading loses nothing exactly when this holds.
  require(array.encoded() == input, "an accepted file is written differently")
  // Lengths beside an empty axis may be so large that their product overflows.
  let count = array.shape.contains(0) ? 0 : array.shape.reduce(array.elementType.byteCount, *)
  require(array.bytes.count == count, "the number of bytes is not that of the shape")
  switch array.elementType {
  case .uint8: checkValues(of: array, as: UInt8.self)
  case .int8: checkValues(of: array, as: Int8.self)
  case .int16: checkValues(of: array, as: Int16.self)
  case .int32: checkValues(of: array, as: Int32.self)
  case .float32: checkValues(of: array, as: Float.self)
  case .float64: checkValues(of: array, as: Double.self)
  }
  return 0
}

/// Values go to the machine's byte order and back without losing a bit.
private func checkValues<Value: IDXElement>(of array: IDXArray, as type: Value.Type) {
  guard let values = array.values(as: type) else { fatalError("the values have another type") }
  require(
    IDXArray(values, shape: array.shape).bytes == array.bytes, "values do not go back to bytes")
}

private func require(_ condition: Bool, _ flaw: String) {
  guard condition else { fatalError(flaw) }
}
