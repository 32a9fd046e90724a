import Foundation
internal import LibZ

/// Decompresses a zlib stream (RFC 1950), whose check sum is verified.
///
/// - Parameters:
///   - bytes: The whole stream.
///   - limit: The most bytes accepted after decompression.
///   - path: Where the bytes come from, for messages.
///   - what: The part of the file, for messages.
/// - Returns: The content.
/// - Throws: ``FileFailure`` of kind `malformed` where the stream is damaged, cut short or larger
///   than `limit`.
public func inflated(
  _ bytes: UnsafeRawBufferPointer, limit: Int, path: String, what: String
) throws(FileFailure) -> Data {
  var stream = z_stream()
  func damaged(_ reason: String) -> FileFailure {
    FileFailure(
      .malformed, path: path,
      reason: "\(what) cannot be decompressed (\(reason)); fetch the file again")
  }
  guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
    throw damaged("not enough memory")
  }
  defer { inflateEnd(&stream) }
  // zlib does not write to its input, it merely has no word for that in C.
  stream.next_in = UnsafeMutablePointer(
    mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
  stream.avail_in = UInt32(clamping: bytes.count)
  var content = Data()
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    var code = Z_OK
    let count = buffer.withUnsafeMutableBufferPointer { target in
      stream.next_out = target.baseAddress
      stream.avail_out = UInt32(target.count)
      code = inflate(&stream, Z_NO_FLUSH)
      return target.count - Int(stream.avail_out)
    }
    content.append(contentsOf: buffer[..<count])
    guard content.count <= limit else { throw damaged("it is larger than \(limit) bytes") }
    if code == Z_STREAM_END { return content }
    guard code == Z_OK, count > 0 || stream.avail_in > 0 else {
      throw damaged(stream.msg.map { String(cString: $0) } ?? "it is cut short")
    }
  }
}
