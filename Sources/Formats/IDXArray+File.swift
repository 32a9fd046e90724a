import Files
import Foundation

extension IDXArray {
  /// Reads an array from the bytes of a file.
  ///
  /// Every length is checked against the bytes that are there before anything is allocated.
  ///
  /// - Parameters:
  ///   - data: The whole, uncompressed file.
  ///   - path: Where the bytes come from, for the message of a failure.
  /// - Throws: `FileFailure` of kind `malformed` that says what was expected and what was found.
  public init(parsing data: Data, path: String) throws(FileFailure) {
    func malformed(_ reason: String) -> FileFailure {
      FileFailure(.malformed, path: path, reason: reason)
    }
    let start = data.startIndex
    guard data.count >= 4 else {
      throw malformed("an IDX file begins with 4 bytes, found only \(data.count)")
    }
    if data[start] == 0x1f, data[start + 1] == 0x8b {
      throw malformed("is still compressed with gzip; unpack it first")
    }
    guard data[start] == 0, data[start + 1] == 0 else {
      throw malformed(
        "an IDX file begins with two zero bytes, found \(data[start]) and \(data[start + 1])")
    }
    guard let elementType = ElementType(rawValue: data[start + 2]) else {
      throw malformed(
        "element type \(data[start + 2]) is not one of IDX (8, 9, 11, 12, 13 or 14)")
    }
    let axes = Int(data[start + 3])
    let header = 4 + 4 * axes
    guard data.count >= header else {
      throw malformed(
        "\(axes) axes need a header of \(header) bytes, found a file of \(data.count)")
    }
    let shape = (0..<axes).map { axis in
      (0..<4).reduce(0) { $0 << 8 | Int(data[start + 4 + 4 * axis + $1]) }
    }
    guard let expected = byteCount(of: shape, elementWidth: elementType.byteCount) else {
      throw malformed("shape \(shape) of \(elementType) is larger than any file can be")
    }
    let found = data.count - header
    guard found == expected else {
      throw malformed(
        "shape \(shape) of \(elementType) needs \(expected) bytes of values, found \(found); "
          + (found < expected ? "the file is cut short" : "something follows the last value"))
    }
    self.init(
      elementType: elementType, shape: shape, bytes: [UInt8](data[(start + header)...]))
  }

  /// The bytes of the file that holds this array.
  public func encoded() -> Data {
    var data = Data(capacity: 4 + 4 * shape.count + bytes.count)
    data.append(contentsOf: [0, 0, elementType.rawValue, UInt8(shape.count)])
    for length in shape {
      withUnsafeBytes(of: UInt32(length).bigEndian) { data.append(contentsOf: $0) }
    }
    data.append(contentsOf: bytes)
    return data
  }

  /// Writes the array as an uncompressed IDX file.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws { try writeDurably(encoded(), to: path) }
}
