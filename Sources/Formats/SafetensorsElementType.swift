/// The element types that safetensors files can hold; the raw value is the name in the file.
///
/// They stand in the order of the reference implementation, by rising width: written from last
/// to first every tensor is aligned to its own elements. The format's packed types of less than a
/// byte (`F4`, `F6_E2M3`, `F6_E3M2`) are not supported.
public enum SafetensorsElementType: String, Sendable, CaseIterable {
  /// Truth values, one byte each.
  case bool = "BOOL"
  /// Unsigned 8-bit integers.
  case uint8 = "U8"
  /// Signed 8-bit integers.
  case int8 = "I8"
  /// 8-bit floating point with 5 bits of exponent.
  case float8e5m2 = "F8_E5M2"
  /// 8-bit floating point with 4 bits of exponent.
  case float8e4m3 = "F8_E4M3"
  /// 8-bit powers of two, the scales of block formats.
  case float8e8m0 = "F8_E8M0"
  /// 8-bit floating point with 4 bits of exponent, finite and without a negative zero.
  case float8e4m3fnuz = "F8_E4M3FNUZ"
  /// 8-bit floating point with 5 bits of exponent, finite and without a negative zero.
  case float8e5m2fnuz = "F8_E5M2FNUZ"
  /// Signed 16-bit integers.
  case int16 = "I16"
  /// Unsigned 16-bit integers.
  case uint16 = "U16"
  /// IEEE 754 half precision.
  case float16 = "F16"
  /// The upper half of single precision.
  case bfloat16 = "BF16"
  /// Signed 32-bit integers.
  case int32 = "I32"
  /// Unsigned 32-bit integers.
  case uint32 = "U32"
  /// IEEE 754 single precision.
  case float32 = "F32"
  /// Pairs of single precision, real part first.
  case complex64 = "C64"
  /// IEEE 754 double precision.
  case float64 = "F64"
  /// Signed 64-bit integers.
  case int64 = "I64"
  /// Unsigned 64-bit integers.
  case uint64 = "U64"

  /// The bytes one element takes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .float8e5m2, .float8e4m3, .float8e8m0, .float8e4m3fnuz, .float8e5m2fnuz: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .complex64, .float64, .int64, .uint64: 8
    }
  }
}
