import Foundation
internal import LibArchive

/// Reads a file that may be compressed with gzip or bzip2; one that is not is returned as it stands.
///
/// Check sums are verified. A file of several gzip members one after the other is refused, because
/// only the last one's check sum is known.
///
/// - Parameters:
///   - path: The file.
///   - limit: The most bytes accepted after decompression.
/// - Returns: The bytes, decompressed.
/// - Throws: ``FileFailure`` of kind `missing` or `unreadable`, or `malformed` where the
///   compressed bytes are damaged, cut short or larger than `limit`.
public func readDecompressed(at path: String, limit: Int = 1 << 32) throws(FileFailure) -> Data {
  let packed = try MappedFile(path: path)
  if packed.withBytes({ $0.starts(with: Array("BZh".utf8)) }) {
    let reader = try ArchiveReader(path: path, content: .compressed)
    guard try reader.nextName(after: 0) != nil else { return Data() }
    return try reader.content(of: "the compressed content", limit: limit)
  }
  guard packed.withBytes({ $0.starts(with: [0x1f, 0x8b]) }) else {
    return try readFile(at: path, limit: limit)
  }
  // Ten bytes of header, two of an empty content and eight of trailer are the least.
  guard packed.count >= 20 else {
    throw FileFailure(
      .malformed, path: path,
      reason: "is cut short after \(packed.count) bytes; fetch or pack the file again")
  }
  let reader = try ArchiveReader(path: path, content: .compressed)
  let isEmpty = try reader.nextName(after: 0) == nil
  let content =
    isEmpty ? Data() : try reader.content(of: "the compressed content", limit: limit)
  // The trailer of RFC 1952: check sum and length, both little-endian, of the last member.
  let (checkSum, length) = packed.withBytes { bytes in
    let words = [8, 4].map { before in
      bytes.loadUnaligned(fromByteOffset: bytes.count - before, as: UInt32.self)
    }
    return (UInt32(littleEndian: words[0]), UInt32(littleEndian: words[1]))
  }
  guard length == UInt32(truncatingIfNeeded: content.count), checkSum == crc32(of: content) else {
    throw FileFailure(
      .malformed, path: path,
      reason: "the check sum at its end does not fit the content; fetch or pack the file again")
  }
  return content
}

/// The check sum of zip, gzip and PNG (polynomial 0xEDB88320, reflected).
func crc32(of data: Data) -> UInt32 {
  let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
  }
  return data.withUnsafeBytes { bytes in
    table.withUnsafeBufferPointer { table in
      ~bytes.reduce(UInt32.max) { sum, byte in
        table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8
      }
    }
  }
}
