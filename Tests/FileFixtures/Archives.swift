import Foundation

/// A gzip file of one member, its content stored.
public func gzipped(_ bytes: [UInt8]) -> Data {
  Data(
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + stored(bytes) + little(slowCRC32(bytes))
      + little(UInt32(bytes.count)))
}

/// A zip file whose entries are stored.
public func zipped(_ entries: [(name: String, bytes: [UInt8])]) -> Data {
  var (file, directory): ([UInt8], [UInt8]) = ([], [])
  for (name, bytes) in entries {
    let size = UInt32(bytes.count)
    let common =
      little(UInt16(20)) + little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0x21))
      + little(slowCRC32(bytes)) + little(size) + little(size)
      + little(UInt16(name.utf8.count)) + little(UInt16(0))
    let start = UInt32(file.count)
    file += [0x50, 0x4b, 3, 4] + common + [UInt8](name.utf8) + bytes
    directory += [0x50, 0x4b, 1, 2] + little(UInt16(20)) + common
    directory += [UInt8](repeating: 0, count: 10) + little(start) + [UInt8](name.utf8)
  }
  let count = UInt16(entries.count)
  let end =
    [0x50, 0x4b, 5, 6] + little(UInt32(0)) + little(count) + little(count)
    + little(UInt32(directory.count)) + little(UInt32(file.count)) + little(UInt16(0))
  return Data(file + directory + end)
}

/// A USTAR file.
public func tarred(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
  var file: [UInt8] = []
  for (name, bytes) in entries {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    put(name, at: 0)
    put("0000644", at: 100)
    put(octal(bytes.count, digits: 11), at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
    file += header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }
  return file + [UInt8](repeating: 0, count: 1024)
}

/// A zlib stream of stored blocks.
public func zlibStream(_ bytes: [UInt8]) -> [UInt8] {
  [0x78, 0x01] + stored(bytes) + big(adler32(bytes))
}

private func octal(_ number: Int, digits: Int) -> String {
  let text = String(number, radix: 8)
  return String(repeating: "0", count: digits - text.count) + text
}
