import Files
import Foundation

/// Reads an XML document from front to back, as far as annotation files need it.
///
/// Elements and their text; attributes, comments, processing instructions and a document type
/// without declarations of its own are passed over. Names must match, entities must be the five of
/// XML or numbers, and the bytes must be UTF-8: anything else is refused with its line. (The
/// parser of Foundation on Linux stops the program at names that are not UTF-8, and takes a document
/// that ends early for whole.)
public struct XMLReader {
  /// What comes next in a document.
  public enum Event: Sendable, Hashable {
    /// An element begins.
    case start(String)
    /// Text between tags, entities resolved.
    case text(String)
    /// An element ends.
    case end(String)
  }

  private let bytes: [UInt8]
  private let path: String
  private var position = 0
  private var open: [String] = []
  private var pendingEnd: String?
  private var hasRoot = false

  /// Elements nested deeper than this are refused.
  private static let depthLimit = 100

  /// Prepares reading a document held in memory.
  ///
  /// - Parameters:
  ///   - data: The whole document.
  ///   - path: Where it comes from, for messages.
  /// - Throws: `FileFailure` of kind `malformed` for bytes that are not UTF-8.
  public init(_ data: Data, path: String) throws(FileFailure) {
    bytes = [UInt8](data)
    self.path = path
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw FileFailure(.malformed, path: path, reason: "is not XML: its text is not UTF-8")
    }
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
  }

  /// The line of the next event, counted from 1.
  public var line: Int { 1 + bytes[..<position].count { $0 == 0x0a } }

  /// Moves to the next event, or returns `nil` at the end of a whole document.
  ///
  /// - Throws: `FileFailure` of kind `malformed` with the line.
  public mutating func next() throws(FileFailure) -> Event? {
    if let name = pendingEnd {
      pendingEnd = nil
      open.removeLast()
      return .end(name)
    }
    while position < bytes.count {
      if bytes[position] != UInt8(ascii: "<") {
        if let text = try text() { return .text(text) }
      } else if try skipsRemark() {
        continue
      } else if starts(with: "<![CDATA[") {
        return .text(try section())
      } else {
        return try tag()
      }
    }
    guard open.isEmpty, hasRoot else {
      throw malformed(open.last.map { "<\($0)> is not closed" } ?? "it has no element")
    }
    return nil
  }

  private func malformed(_ reason: String) -> FileFailure {
    FileFailure(
      .malformed, path: path, reason: "is not well-formed XML: \(reason) at line \(line)")
  }

  private func starts(with word: StaticString) -> Bool {
    bytes[position...].starts(with: Array("\(word)".utf8))
  }

  /// The place of a word from here on.
  private func find(_ word: String) -> Int? {
    let wanted = Array(word.utf8)
    guard bytes.count - position >= wanted.count else { return nil }
    return (position...bytes.count - wanted.count).first {
      bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }

  private mutating func skipsRemark() throws(FileFailure) -> Bool {
    if try skips("<?", to: "?>") { return true }
    if try skips("<!--", to: "-->") { return true }
    return try skipsDocumentType()
  }

  private mutating func skips(_ start: StaticString, to end: String) throws(FileFailure) -> Bool {
    guard starts(with: start) else { return false }
    guard let place = find(end) else { throw malformed("\(start) is not closed") }
    position = place + end.utf8.count
    return true
  }

  private mutating func skipsDocumentType() throws(FileFailure) -> Bool {
    guard starts(with: "<!DOCTYPE") else { return false }
    guard let end = find(">"), !bytes[position..<end].contains(UInt8(ascii: "[")) else {
      throw malformed("a document type with declarations is not read")
    }
    position = end + 1
    return true
  }

  private mutating func section() throws(FileFailure) -> String {
    position += 9
    guard let end = find("]]>"), !open.isEmpty else { throw malformed("a section is not closed") }
    defer { position = end + 3 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  /// Text up to the next tag; `nil` for blanks outside of the first element.
  private mutating func text() throws(FileFailure) -> String? {
    let end = bytes[position...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
    let raw = String(decoding: bytes[position..<end], as: UTF8.self)
    if open.isEmpty {
      guard raw.allSatisfy(\.isWhitespace) else { throw malformed("text stands outside") }
      position = end
      return nil
    }
    let text = try resolved(raw)
    position = end
    return text
  }

  private func resolved(_ raw: String) throws(FileFailure) -> String {
    let parts = raw.split(separator: "&", omittingEmptySubsequences: false)
    var text = String(parts[0])
    for part in parts.dropFirst() {
      guard let end = part.firstIndex(of: ";"), let character = Self.entity(part[..<end]) else {
        throw malformed("&\(part.prefix(12)) is no entity of XML")
      }
      text.append(character)
      text += part[part.index(after: end)...]
    }
    return text
  }

  private static func entity(_ name: Substring) -> Character? {
    let known: [Substring: Character] = [
      "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
    ]
    if let character = known[name] { return character }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let code =
      digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
    return code.flatMap(UnicodeScalar.init).map { Character($0) }
  }

  private mutating func tag() throws(FileFailure) -> Event {
    let isEnd = starts(with: "</")
    let start = position + (isEnd ? 2 : 1)
    var end = start
    var quote: UInt8?
    // A bracket in a quoted attribute does not close the tag.
    while end < bytes.count, quote != nil || bytes[end] != UInt8(ascii: ">") {
      let byte = bytes[end]
      if byte == quote {
        quote = nil
      } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      }
      end += 1
    }
    guard end < bytes.count else { throw malformed("a tag is not closed") }
    let isEmpty = !isEnd && end > start && bytes[end - 1] == UInt8(ascii: "/")
    let content = String(decoding: bytes[start..<(isEmpty ? end - 1 : end)], as: UTF8.self)
    let name = String(content.prefix { !$0.isWhitespace })
    guard let first = name.first, first.isLetter || first == "_" || first == ":",
      !name.contains("<")
    else { throw malformed("<\(content.prefix(20))> is no tag") }
    if isEnd {
      guard open.last == name else {
        throw malformed("</\(name)> closes \(open.last.map { "<\($0)>" } ?? "nothing")")
      }
      open.removeLast()
    } else {
      guard !open.isEmpty || !hasRoot else { throw malformed("<\(name)> is a second document") }
      guard open.count < Self.depthLimit else { throw malformed("elements are nested too deep") }
      hasRoot = true
      open.append(name)
      if isEmpty { pendingEnd = name }
    }
    position = end + 1
    return isEnd ? .end(name) : .start(name)
  }
}
