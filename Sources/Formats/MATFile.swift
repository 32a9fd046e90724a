import Files
import Foundation

/// The numeric arrays of a MATLAB file of version 5, compressed or not.
///
/// Cells, structures, sparse and complex arrays and text are passed over. Files of version 7.3 are
/// HDF5 and refused by name.
///
/// - Source: *MAT-File Format*, The MathWorks.
public struct MATFile: Sendable {
  /// The arrays by name.
  public let arrays: [String: MATArray]

  /// Reads a file held in memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: Where it comes from, for messages.
  ///   - limit: The most bytes one array may have after decompression.
  /// - Throws: `FileFailure` of kind `malformed`.
  public init(
    parsing bytes: UnsafeRawBufferPointer, path: String, limit: Int = 1 << 32
  ) throws(FileFailure) {
    let head = bytes.prefix(128)
    if String(decoding: head, as: UTF8.self).hasPrefix("MATLAB 7.3") {
      throw FileFailure(
        .malformed, path: path,
        reason: "is a MATLAB file of version 7.3, which is HDF5; save it with -v7")
    }
    guard head.count == 128, head[126] == UInt8(ascii: "I"), head[127] == UInt8(ascii: "M") else {
      throw FileFailure(
        .malformed, path: path, reason: "is not a MATLAB file of version 5, little-endian")
    }
    var arrays: [String: MATArray] = [:]
    var reader = MATReader(UnsafeRawBufferPointer(rebasing: bytes[128...]), path: path)
    while let element = try reader.nextElement() {
      if element.type == .compressed {
        let content = try inflated(
          element.bytes, limit: limit, path: path, what: "the array after \(arrays.count) others")
        try Self.add(from: content, path: path, to: &arrays)
      } else if element.type == .matrix {
        if let (name, array) = try MATReader.array(in: element.bytes, path: path) {
          arrays[name] = array
        }
      }
    }
    self.arrays = arrays
  }

  private static func add(
    from content: Data, path: String, to arrays: inout [String: MATArray]
  ) throws(FileFailure) {
    let result = content.withUnsafeBytes { bytes in
      Result { () throws(FileFailure) in
        var reader = MATReader(bytes, path: path)
        guard let element = try reader.nextElement(), element.type == .matrix else {
          return nil as (String, MATArray)?
        }
        return try MATReader.array(in: element.bytes, path: path)
      }
    }
    if let (name, array) = try result.get() { arrays[name] = array }
  }
}

/// An array of numbers as MATLAB keeps it: the first axis changes fastest.
public struct MATArray: Sendable {
  /// The kinds of numbers a file may hold.
  public enum Kind: Int, Sendable, Hashable {
    /// Whole numbers of 8 bits, with and without a sign.
    case int8 = 1, uint8
    /// Whole numbers of 16 bits.
    case int16, uint16
    /// Whole numbers of 32 bits.
    case int32, uint32
    /// Floating-point numbers of 32 bits.
    case float32
    /// Floating-point numbers of 64 bits.
    case float64 = 9
    /// Whole numbers of 64 bits.
    case int64 = 12, uint64

    /// The bytes of one number.
    public var byteCount: Int {
      switch self {
      case .int8, .uint8: 1
      case .int16, .uint16: 2
      case .int32, .uint32, .float32: 4
      case .float64, .int64, .uint64: 8
      }
    }
  }

  /// The lengths of the axes.
  public let shape: [Int]
  /// The kind of number stored, which may be smaller than that of the array in MATLAB.
  public let kind: Kind
  /// The numbers, little-endian.
  public let bytes: Data

  /// The numbers in stored order.
  public func values() -> [Double] {
    bytes.withUnsafeBytes { bytes in
      func read<Number: BinaryInteger & FixedWidthInteger>(_ type: Number.Type) -> [Double] {
        (0..<bytes.count / kind.byteCount).map {
          Double(
            Number(
              littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * kind.byteCount, as: type)))
        }
      }
      return switch kind {
      case .int8: read(Int8.self)
      case .uint8: read(UInt8.self)
      case .int16: read(Int16.self)
      case .uint16: read(UInt16.self)
      case .int32: read(Int32.self)
      case .uint32: read(UInt32.self)
      case .int64: read(Int64.self)
      case .uint64: read(UInt64.self)
      case .float32:
        (0..<bytes.count / 4).map {
          Double(
            Float(
              bitPattern: UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))))
        }
      case .float64:
        (0..<bytes.count / 8).map {
          Double(
            bitPattern: UInt64(
              littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
        }
      }
    }
  }
}
