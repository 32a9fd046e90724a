import Foundation

/// Where the files of a tar archive begin and end, so that any of them can be read by itself.
///
/// Reads the POSIX and GNU forms: long names in either way, sizes in octal or binary digits. Folders,
/// links and devices are passed over. Nothing is unpacked, so names can do no harm.
public struct TarIndex: Sendable {
  /// A regular file of the archive.
  public struct Entry: Sendable, Hashable {
    /// The name in the archive, with `/` between folders and without a leading `./`.
    public var name: String
    /// Its bytes in the archive.
    public var range: Range<Int>
  }

  /// The regular files, in the order of the archive.
  public let entries: [Entry]

  /// Reads the headers of an archive held in memory or mapped.
  ///
  /// - Parameters:
  ///   - bytes: The whole archive, not compressed.
  ///   - path: Where it comes from, for messages.
  /// - Throws: ``FileFailure`` of kind `malformed` that names the entry after which the archive is
  ///   damaged or cut short.
  public init(of bytes: UnsafeRawBufferPointer, path: String) throws(FileFailure) {
    var entries: [Entry] = []
    var position = 0
    var longName: String?
    func damaged(_ reason: String) -> FileFailure {
      let place = entries.last.map { "after \"\($0.name)\"" } ?? "at its beginning"
      return FileFailure(
        .malformed, path: path,
        reason: "is not a sound tar archive: \(reason) \(place); fetch or pack the file again")
    }
    while position + 512 <= bytes.count {
      let block = UnsafeRawBufferPointer(rebasing: bytes[position..<position + 512])
      if block.allSatisfy({ $0 == 0 }) { break }
      let header = TarHeader(block)
      guard header.isSound, let size = header.size else { throw damaged("a header is damaged") }
      let start = position + 512
      guard size <= bytes.count - start else { throw damaged("the bytes end") }
      let content = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
      switch header.kind {
      case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
        let name = longName ?? header.name
        entries.append(
          Entry(
            name: name.hasPrefix("./") ? String(name.dropFirst(2)) : name,
            range: start..<start + size))
        longName = nil
      case UInt8(ascii: "L"): longName = TarHeader.text(content)
      case UInt8(ascii: "x"): longName = Self.path(inExtendedHeader: content) ?? longName
      case UInt8(ascii: "g"): break
      default: longName = nil
      }
      position = start + (size + 511) / 512 * 512
    }
    // An archive ends with an empty block; one that was cut between two entries has none.
    guard position + 512 <= bytes.count else { throw damaged("the bytes end") }
    self.entries = entries
  }

  /// The record `path` of lines such as `30 path=folder/name\n`.
  private static func path(inExtendedHeader content: UnsafeRawBufferPointer) -> String? {
    var rest = content[...]
    while let space = rest.firstIndex(of: UInt8(ascii: " ")) {
      let digits = String(decoding: rest[..<space], as: UTF8.self)
      guard let length = Int(digits), length > digits.utf8.count + 2, length <= rest.count else {
        return nil
      }
      let end = rest.startIndex + length
      let record = String(decoding: rest[(space + 1)..<(end - 1)], as: UTF8.self)
      if record.hasPrefix("path=") { return String(record.dropFirst(5)) }
      rest = rest[end...]
    }
    return nil
  }
}

/// One header block of a tar archive.
private struct TarHeader {
  private let block: UnsafeRawBufferPointer

  init(_ block: UnsafeRawBufferPointer) { self.block = block }

  var kind: UInt8 { block[156] }

  var name: String {
    let name = field(0, 100)
    let prefix = field(257, 5) == "ustar" ? field(345, 155) : ""
    return prefix.isEmpty || block[263] == UInt8(ascii: " ") ? name : prefix + "/" + name
  }

  /// Whether the check sum is that of the block with blanks in its place.
  var isSound: Bool {
    guard let expected = number(148, 8) else { return false }
    let sum = block.enumerated().reduce(0) { sum, byte in
      sum + ((148..<156).contains(byte.offset) ? 32 : Int(byte.element))
    }
    return sum == expected
  }

  /// Octal digits, or from 8 GiB on a binary number after a byte of 128.
  var size: Int? {
    guard block[124] & 0x80 != 0 else { return number(124, 12) }
    let bytes = block[125..<136]
    guard block[124] == 0x80, bytes.prefix(4).allSatisfy({ $0 == 0 }) else { return nil }
    let value = bytes.dropFirst(3).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }

  private func field(_ start: Int, _ count: Int) -> String {
    Self.text(UnsafeRawBufferPointer(rebasing: block[start..<start + count]))
  }

  static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private func number(_ start: Int, _ count: Int) -> Int? {
    let digits = field(start, count).trimmingCharacters(in: .whitespaces)
    return digits.isEmpty ? 0 : Int(digits, radix: 8)
  }
}
