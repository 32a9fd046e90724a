import Files
import Foundation

/// Takes a MATLAB file apart into its elements: a tag of type and size, then the bytes.
struct MATReader {
  /// The types of elements that are of use.
  enum ElementType: Int {
    case matrix = 14
    case compressed = 15
  }

  struct Element {
    var code: Int
    var bytes: UnsafeRawBufferPointer
    var type: ElementType? { ElementType(rawValue: code) }
  }

  private var rest: UnsafeRawBufferPointer
  private let path: String

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    rest = bytes
    self.path = path
  }

  /// The next element, or `nil` at the end.
  mutating func nextElement() throws(FileFailure) -> Element? {
    if rest.isEmpty { return nil }
    guard rest.count >= 8 else { throw damaged("a tag is cut short") }
    let word = UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self))
    // Up to four bytes stand in the tag itself, their number in its upper half.
    if word >> 16 != 0 {
      let (code, size) = (Int(word & 0xffff), Int(word >> 16))
      guard size <= 4 else { throw damaged("a small element has \(size) bytes") }
      let bytes = UnsafeRawBufferPointer(rebasing: rest[4..<4 + size])
      rest = UnsafeRawBufferPointer(rebasing: rest[8...])
      return Element(code: code, bytes: bytes)
    }
    let size = Int(UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    guard size <= rest.count - 8 else { throw damaged("an element is cut short") }
    let bytes = UnsafeRawBufferPointer(rebasing: rest[8..<8 + size])
    // Compressed elements are not padded to eight bytes.
    let padded = Int(word) == ElementType.compressed.rawValue ? size : (size + 7) / 8 * 8
    rest = UnsafeRawBufferPointer(rebasing: rest[min(8 + padded, rest.count)...])
    return Element(code: Int(word), bytes: bytes)
  }

  /// The array in a matrix element, or `nil` where it is none of plain numbers.
  static func array(
    in bytes: UnsafeRawBufferPointer, path: String
  ) throws(FileFailure) -> (name: String, array: MATArray)? {
    var reader = MATReader(bytes, path: path)
    guard let flags = try reader.nextElement(), flags.bytes.count == 8,
      let axes = try reader.nextElement(), let name = try reader.nextElement()
    else { throw reader.damaged("an array has no name") }
    // Classes 6 to 15 are numbers; 0x08 in the next byte says complex.
    guard (6...15).contains(flags.bytes[0]), flags.bytes[1] & 0x08 == 0,
      let values = try reader.nextElement(), let kind = MATArray.Kind(rawValue: values.code)
    else { return nil }
    let shape = (0..<axes.bytes.count / 4).map {
      Int(Int32(littleEndian: axes.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)))
    }
    var size = kind.byteCount
    for length in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { throw reader.damaged("an array has shape \(shape)") }
      size = product
    }
    guard size == values.bytes.count else {
      throw reader.damaged("an array of shape \(shape) has \(values.bytes.count) bytes")
    }
    return (
      String(decoding: name.bytes, as: UTF8.self),
      MATArray(shape: shape, kind: kind, bytes: Data(values.bytes))
    )
  }

  private func damaged(_ reason: String) -> FileFailure {
    FileFailure(
      .malformed, path: path,
      reason: "is not a sound MATLAB file: \(reason); fetch the file again")
  }
}
