import Foundation

/// Stores numbers as the bytes they are (64-bit little-endian), so that an encoded state is compact
/// and restores bit for bit, infinities included.
@propertyWrapper
public struct PackedDoubles: Sendable, Hashable, Codable {
  /// The numbers.
  public var wrappedValue: [Double]

  /// Wraps numbers.
  public init(wrappedValue: [Double]) { self.wrappedValue = wrappedValue }

  /// Restores numbers from their bytes.
  public init(from decoder: any Decoder) throws {
    let data = try decoder.singleValueContainer().decode(Data.self)
    guard data.count.isMultiple(of: 8) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "\(data.count) bytes are not a whole number of 64-bit numbers"))
    }
    let bytes = [UInt8](data)
    wrappedValue = stride(from: 0, to: bytes.count, by: 8).map { start in
      let pattern = bytes[start..<(start + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Double(bitPattern: pattern)
    }
  }

  /// Encodes the bytes of the numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Self.bytes(of: wrappedValue))
  }

  /// The numbers as 64-bit little-endian bytes.
  static func bytes(of numbers: [Double]) -> Data {
    var data = Data(capacity: 8 * numbers.count)
    for number in numbers {
      withUnsafeBytes(of: number.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }
}
