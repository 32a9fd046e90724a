import Files
import Foundation

/// An array of the IDX format, the one in which MNIST and its relatives are published.
///
/// A file is two zero bytes, one byte for the element type, one for the number of axes, the
/// lengths of the axes as 32-bit integers and the values in row-major order; every number is
/// big-endian and nothing follows the last value. Files in the wild are usually compressed with
/// gzip; unpack the bytes first.
///
/// - Source: LeCun, Cortes and Burges, *The MNIST database of handwritten digits*, section "The
///   IDX file format".
public struct IDXArray: Sendable, Equatable {
  /// What the values are; the raw value is the byte that stands in the file.
  public enum ElementType: UInt8, Sendable, CaseIterable {
    /// Unsigned 8-bit integers.
    case uint8 = 8
    /// Signed 8-bit integers.
    case int8 = 9
    /// Signed 16-bit integers.
    case int16 = 11
    /// Signed 32-bit integers.
    case int32 = 12
    /// IEEE 754 single precision.
    case float32 = 13
    /// IEEE 754 double precision.
    case float64 = 14

    /// The bytes one value takes.
    public var byteCount: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// What the values are.
  public let elementType: ElementType
  /// The lengths of the axes, outermost first; an array without axes holds one value.
  public let shape: [Int]
  /// The values in row-major order, big-endian as stored; see ``values(as:)``.
  public let bytes: [UInt8]

  /// Creates an array from values that are already big-endian.
  ///
  /// - Precondition: At most 255 axes, each length in `0 ..< 2^32`, and as many bytes as the
  ///   lengths say.
  public init(elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    precondition(
      shape.count <= 255 && shape.allSatisfy { UInt32(exactly: $0) != nil },
      "IDX shape \(shape): at most 255 axes of lengths below 2^32 can be stored")
    precondition(
      byteCount(of: shape, elementWidth: elementType.byteCount) == bytes.count,
      "IDX shape \(shape) of \(elementType) does not have \(bytes.count) bytes")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// Creates an array from values in memory.
  ///
  /// - Parameters:
  ///   - values: The values in row-major order.
  ///   - shape: The lengths of the axes, outermost first; their product is `values.count`.
  public init<Value: IDXElement>(_ values: [Value], shape: [Int]) {
    let elementType = Value.idxElementType
    var bytes = values.withUnsafeBytes { [UInt8]($0) }
    bytes.withUnsafeMutableBytes { turnByteOrder(of: $0, width: elementType.byteCount) }
    self.init(elementType: elementType, shape: shape, bytes: bytes)
  }

  /// The values in row-major order and the machine's own byte order, or nil where the array holds
  /// another element type than the one asked for.
  public func values<Value: IDXElement>(as type: Value.Type) -> [Value]? {
    guard Value.idxElementType == elementType else { return nil }
    let count = bytes.count / elementType.byteCount
    return [Value](unsafeUninitializedCapacity: count) { values, initialized in
      let target = UnsafeMutableRawBufferPointer(values)
      target.copyBytes(from: bytes)
      turnByteOrder(of: target, width: elementType.byteCount)
      initialized = count
    }
  }
}

/// Turns numbers of so many bytes between big-endian and the machine's own order, either way.
private func turnByteOrder(of bytes: UnsafeMutableRawBufferPointer, width: Int) {
  func turn<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size) {
      let bits = bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)
      bytes.storeBytes(of: Bits(bigEndian: bits), toByteOffset: offset, as: Bits.self)
    }
  }
  switch width {
  case 2: turn(UInt16.self)
  case 4: turn(UInt32.self)
  case 8: turn(UInt64.self)
  default: break
  }
}

/// The Swift types that IDX files hold; each is stored as its own bits, big-endian.
public protocol IDXElement: BitwiseCopyable {
  /// The element type that stands for it in a file.
  static var idxElementType: IDXArray.ElementType { get }
}

extension UInt8: IDXElement {
  /// Unsigned 8-bit integers.
  public static var idxElementType: IDXArray.ElementType { .uint8 }
}

extension Int8: IDXElement {
  /// Signed 8-bit integers.
  public static var idxElementType: IDXArray.ElementType { .int8 }
}

extension Int16: IDXElement {
  /// Signed 16-bit integers.
  public static var idxElementType: IDXArray.ElementType { .int16 }
}

extension Int32: IDXElement {
  /// Signed 32-bit integers.
  public static var idxElementType: IDXArray.ElementType { .int32 }
}

extension Float: IDXElement {
  /// IEEE 754 single precision.
  public static var idxElementType: IDXArray.ElementType { .float32 }
}

extension Double: IDXElement {
  /// IEEE 754 double precision.
  public static var idxElementType: IDXArray.ElementType { .float64 }
}
