/// The CRC-32 of zip, gzip and PNG, bit by bit: slow, and independent of the product's.
public func slowCRC32(_ bytes: [UInt8]) -> UInt32 {
  var sum = UInt32.max
  for byte in bytes {
    for bit in 0..<8 {
      let input = UInt32(byte >> UInt8(bit)) & 1
      sum = (sum ^ input) & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
    }
  }
  return ~sum
}

/// The Adler-32 of zlib streams.
func adler32(_ bytes: [UInt8]) -> UInt32 {
  var (low, high): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    low = (low + UInt32(byte)) % 65521
    high = (high + low) % 65521
  }
  return high << 16 | low
}

/// Bytes as deflate blocks that are stored, not compressed.
func stored(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  var rest = bytes[...]
  repeat {
    let block = rest.prefix(65535)
    rest = rest.dropFirst(block.count)
    result += [rest.isEmpty ? 1 : 0] + little(UInt16(block.count)) + little(~UInt16(block.count))
    result += block
  } while !rest.isEmpty
  return result
}

func little(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
}

func big(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
}
