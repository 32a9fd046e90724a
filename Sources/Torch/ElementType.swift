/// What one element of a tensor is.
///
/// The raw values are libtorch's own numbers.
public enum ElementType: Int32, Sendable, Hashable, CaseIterable {
  /// Unsigned byte.
  case uint8 = 0
  /// Signed byte.
  case int8 = 1
  /// Signed 16-bit integer.
  case int16 = 2
  /// Signed 32-bit integer.
  case int32 = 3
  /// Signed 64-bit integer; the type of labels and indices.
  case int64 = 4
  /// IEEE half precision.
  case float16 = 5
  /// IEEE single precision; what networks are made of unless said otherwise.
  case float32 = 6
  /// IEEE double precision; what gradients are checked in.
  case float64 = 7
  /// Single-precision complex.
  case complex64 = 9
  /// Double-precision complex.
  case complex128 = 10
  /// Truth value, one byte.
  case bool = 11
  /// Brain floating point: the range of single precision with 8 bits of fraction.
  case bfloat16 = 15

  /// Bytes per element.
  public var size: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64, .complex64: 8
    case .complex128: 16
    }
  }

  /// True for whole numbers, truth values not included.
  public var isInteger: Bool {
    switch self {
    case .uint8, .int8, .int16, .int32, .int64: true
    default: false
    }
  }

  /// True for the complex types.
  public var isComplex: Bool { self == .complex64 || self == .complex128 }

  /// True for the real floating-point types, those that can be differentiated.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}

/// A Swift type whose values can be the elements of a tensor without conversion.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The element type with the same memory layout.
  static var elementType: ElementType { get }
}

extension UInt8: TensorElement {
  /// `uint8`.
  public static var elementType: ElementType { .uint8 }
}
extension Int8: TensorElement {
  /// `int8`.
  public static var elementType: ElementType { .int8 }
}
extension Int16: TensorElement {
  /// `int16`.
  public static var elementType: ElementType { .int16 }
}
extension Int32: TensorElement {
  /// `int32`.
  public static var elementType: ElementType { .int32 }
}
extension Int64: TensorElement {
  /// `int64`.
  public static var elementType: ElementType { .int64 }
}
extension Int: TensorElement {
  /// `int64`.
  public static var elementType: ElementType { .int64 }
}
#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  extension Float16: TensorElement {
    /// `float16`.
    public static var elementType: ElementType { .float16 }
  }
#endif
extension Float: TensorElement {
  /// `float32`.
  public static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
  /// `float64`.
  public static var elementType: ElementType { .float64 }
}
extension Bool: TensorElement {
  /// `bool`.
  public static var elementType: ElementType { .bool }
}
