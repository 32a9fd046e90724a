/// CRC-32C (Castagnoli), the checksum of iSCSI (RFC 3720) and of TensorBoard's records.
package enum Checksum {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1
    }
  }

  package static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { value, byte in
      (value >> 8) ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }
  }

  /// The checksum as records store it, rotated and offset, so that checksums of data that holds
  /// checksums stay sound.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = crc32c(bytes)
    return ((value >> 15) | (value << 17)) &+ 0xA282_EAD8
  }
}
