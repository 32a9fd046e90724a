import Files

/// Reads the small part of JSON that safetensors headers use: objects, arrays of natural numbers
/// and strings.
///
/// Foundation's decoder is not used because it lets duplicate keys pass, takes `1.0` and `1e3` for
/// integers and recurses as deep as the input says. Nothing here recurses, and memory grows only
/// with bytes that have been read.
struct HeaderScanner {
  /// The part of the header being read, named only when a message needs it.
  enum Owner: CustomStringConvertible {
    case header
    case metadata
    case tensor(String)

    var description: String {
      switch self {
      case .header: "the header"
      case .metadata: metadataKey
      case .tensor(let name): "tensor \(quoted(name))"
      }
    }
  }

  let path: String
  /// The header alone, as an array so that every access is checked in release builds too.
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// Visits the members of an object; the visitor consumes each value.
  ///
  /// Two keys are the same when they are the same text (canonical equivalence), because that is
  /// how a Swift dictionary will look them up.
  mutating func members(
    of owner: Owner,
    _ visit: (inout HeaderScanner, String) throws(FileFailure) -> Void
  ) throws(FileFailure) {
    try expect("{", in: owner)
    if accept("}") { return }
    var seen: Set<String> = []
    repeat {
      let key = try string(in: owner)
      guard seen.insert(key).inserted else {
        throw failure("the name \(quoted(key)) stands twice in \(owner)")
      }
      try expect(":", in: owner)
      try visit(&self, key)
    } while accept(",")
    try expect("}", in: owner)
  }

  /// An array of integers in `0 ... Int.max`.
  mutating func naturals(in owner: Owner) throws(FileFailure) -> [Int] {
    try expect("[", in: owner)
    if accept("]") { return [] }
    var numbers: [Int] = []
    repeat { numbers.append(try natural(in: owner)) } while accept(",")
    try expect("]", in: owner)
    return numbers
  }

  /// Asserts that nothing but padding spaces remains.
  mutating func end() throws(FileFailure) {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
    guard position == bytes.count else {
      throw failure("expected only spaces after the closing brace, found \(found)")
    }
  }

  func failure(_ reason: String) -> FileFailure {
    FileFailure(.malformed, path: path, reason: "header byte \(position): \(reason)")
  }

  private mutating func natural(in owner: Owner) throws(FileFailure) -> Int {
    skipWhitespace()
    let start = position
    var value = 0
    while position < bytes.count, case let digit = Int(bytes[position]) - 48, 0...9 ~= digit {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(digit)
      guard !overflow, !carry else {
        throw failure("a number in \(owner) is 2^63 or more")
      }
      value = sum
      position += 1
    }
    guard position > start else {
      throw failure("expected a non-negative integer in \(owner), found \(found)")
    }
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      throw failure("a number in \(owner) begins with a superfluous zero")
    }
    return value
  }

  mutating func expect(_ character: Unicode.Scalar, in owner: Owner) throws(FileFailure) {
    guard accept(character) else {
      throw failure("expected '\(character)' in \(owner), found \(found)")
    }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipWhitespace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  /// Names the byte at hand for a message.
  private var found: String {
    guard position < bytes.count else { return "the end of the header" }
    let byte = bytes[position]
    return 0x21...0x7e ~= byte ? "'\(Unicode.Scalar(byte))'" : "byte \(byte)"
  }
}

// MARK: Strings

extension HeaderScanner {
  mutating func string(in owner: Owner) throws(FileFailure) -> String {
    try expect("\"", in: owner)
    let start = position
    // Most strings have no escapes and are copied at once.
    let plain = bytes[position...].prefix { $0 != 0x22 && $0 != 0x5c && $0 >= 0x20 }
    var text = Array(plain)
    position = plain.endIndex
    while true {
      guard position < bytes.count else { throw failure("a string in \(owner) is not closed") }
      let byte = bytes[position]
      guard byte >= 0x20 else {
        throw failure("a string in \(owner) holds the control byte \(byte)")
      }
      position += 1
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: String(try escape(in: owner)).utf8)
      } else {
        text.append(byte)
      }
    }
    guard let string = String(validating: text, as: UTF8.self) else {
      position = start
      throw failure("a string in \(owner) is not valid UTF-8")
    }
    return string
  }

  /// The character of an escape whose backslash has been read.
  private mutating func escape(in owner: Owner) throws(FileFailure) -> Unicode.Scalar {
    guard position < bytes.count else { throw failure("a string in \(owner) is not closed") }
    let byte = bytes[position]
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return Unicode.Scalar(byte)
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try unicodeEscape(in: owner)
    default:
      position -= 1
      throw failure("a string in \(owner) has an unknown escape, found \(found)")
    }
  }

  private mutating func unicodeEscape(in owner: Owner) throws(FileFailure) -> Unicode.Scalar {
    let first = try hexadecimal(in: owner)
    if let scalar = Unicode.Scalar(first) { return scalar }
    // What is no scalar is a surrogate: the first of a pair must be followed by a second.
    if first < 0xdc00, bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
      position += 2
      let second = try hexadecimal(in: owner)
      if 0xdc00...0xdfff ~= second,
        let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
      {
        return scalar
      }
    }
    throw failure("a string in \(owner) has half of a surrogate pair")
  }

  private mutating func hexadecimal(in owner: Owner) throws(FileFailure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw failure("an escape in \(owner) needs four hexadecimal digits, found \(found)") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}

/// A name from a file as it may stand in a one-line message: quoted, escaped and not too long.
func quoted(_ name: String) -> String {
  let limit = 80
  let scalars = name.unicodeScalars
  let start = String(String.UnicodeScalarView(scalars.prefix(limit)))
  return start.debugDescription + (scalars.dropFirst(limit).isEmpty ? "" : "...")
}

/// A shape as it may stand in a one-line message.
func brief(_ shape: [Int]) -> String {
  shape.count <= 16
    ? "\(shape)" : "[\(shape.prefix(16).map(String.init).joined(separator: ", ")), ...]"
}
