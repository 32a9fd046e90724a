import Files
import Foundation

/// An array of NumPy's `.npy` format, the one of which `.npz` archives are made.
///
/// A file is the magic bytes, a version, the length of the header, the header as a Python dictionary
/// of exactly three entries, and the values. Python objects, structured types and big-endian numbers
/// are refused.
///
/// - Source: the NumPy enhancement proposal 1, *A Simple File Format for NumPy Arrays*.
public struct NumPyArray: Sendable, Equatable {
  /// What the values are; the raw value is NumPy's own description.
  public enum ElementType: String, Sendable, CaseIterable {
    /// Truth values of one byte.
    case bool = "|b1"
    /// Unsigned 8-bit integers.
    case uint8 = "|u1"
    /// Signed 8-bit integers.
    case int8 = "|i1"
    /// Signed 16-bit integers.
    case int16 = "<i2"
    /// Signed 32-bit integers.
    case int32 = "<i4"
    /// Signed 64-bit integers.
    case int64 = "<i8"
    /// IEEE 754 half precision.
    case float16 = "<f2"
    /// IEEE 754 single precision.
    case float32 = "<f4"
    /// IEEE 754 double precision.
    case float64 = "<f8"

    /// The bytes one value takes.
    public var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8: 1
      case .int16, .float16: 2
      case .int32, .float32: 4
      case .int64, .float64: 8
      }
    }
  }

  /// What the values are.
  public let elementType: ElementType
  /// The lengths of the axes, outermost first.
  public let shape: [Int]
  /// Whether the first axis changes quickest ("Fortran order") instead of the last.
  public let isColumnMajor: Bool
  /// The values, little-endian.
  public let bytes: Data

  /// Reads an array from the bytes of a file.
  ///
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where the bytes come from, for the message of a failure.
  /// - Throws: `FileFailure` of kind `malformed` that says what was expected and what was found.
  public init(parsing data: Data, path: String) throws(FileFailure) {
    let (text, start) = try Self.header(of: data, path: path)
    var scanner = NumPyHeaderScanner(text: text, path: path)
    let header = try scanner.header()
    guard let elementType = ElementType(rawValue: header.description) else {
      throw FileFailure(
        .malformed, path: path,
        reason: "holds elements of type \(quoted(header.description)), expected one of "
          + ElementType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard let expected = byteCount(of: header.shape, elementWidth: elementType.byteCount) else {
      throw FileFailure(
        .malformed, path: path,
        reason: "shape \(brief(header.shape)) is larger than any file can be")
    }
    let found = data.count - start
    guard found == expected else {
      throw FileFailure(
        .malformed, path: path,
        reason: "shape \(brief(header.shape)) of \(elementType.rawValue) needs \(expected) bytes "
          + "of values, found \(found); "
          + (found < expected ? "the file is cut short" : "something follows the last value"))
    }
    self.elementType = elementType
    shape = header.shape
    isColumnMajor = header.isColumnMajor
    bytes = Data(data[(data.startIndex + start)...])
  }

  /// The header's text, and the offset of the first value.
  private static func header(of data: Data, path: String) throws(FileFailure) -> (String, Int) {
    func malformed(_ reason: String) -> FileFailure {
      FileFailure(.malformed, path: path, reason: reason)
    }
    let first = [UInt8](data.prefix(12))
    guard first.starts(with: [0x93] + Array("NUMPY".utf8)), first.count >= 10 else {
      throw malformed("does not begin like a NumPy array file")
    }
    let length: Int
    let start: Int
    switch first[6] {
    case 1: (length, start) = (Int(first[8]) | Int(first[9]) << 8, 10)
    case 2, 3:
      guard first.count == 12 else { throw malformed("the header is cut short") }
      length = (8..<12).reversed().reduce(0) { $0 << 8 | Int(first[$1]) }
      start = 12
    default: throw malformed("has version \(first[6]) of the format, expected 1, 2 or 3")
    }
    guard length <= 1 << 20, start + length <= data.count else {
      throw malformed(
        "claims a header of \(length) bytes, found \(data.count - start); the file is cut short")
    }
    let bytes = data[(data.startIndex + start)..<(data.startIndex + start + length)]
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw malformed("the header is not text")
    }
    return (text, start + length)
  }
}

/// Reads the one Python dictionary that headers are.
private struct NumPyHeaderScanner {
  let path: String
  private let text: [Character]
  private var position = 0

  init(text: String, path: String) {
    self.text = Array(text)
    self.path = path
  }

  mutating func header() throws(FileFailure) -> (
    description: String, isColumnMajor: Bool, shape: [Int]
  ) {
    var (description, order, shape): (String?, Bool?, [Int]?)
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where description == nil: description = try string()
      case "fortran_order" where order == nil: order = try truth()
      case "shape" where shape == nil: shape = try tuple()
      default: throw failure("has the unknown or repeated entry \(quoted(key))")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == text.count else { throw failure("has something after its closing brace") }
    guard let description, let order, let shape else {
      throw failure("lacks descr, fortran_order or shape")
    }
    return (description, order, shape)
  }

  private mutating func string() throws(FileFailure) -> String {
    try expect("'")
    let start = position
    while position < text.count, text[position] != "'", text[position] != "\\" { position += 1 }
    let value = String(text[start..<position])
    try expect("'")
    return value
  }

  private mutating func truth() throws(FileFailure) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw failure("has a fortran_order that is neither True nor False")
  }

  private mutating func tuple() throws(FileFailure) -> [Int] {
    var lengths: [Int] = []
    try expect("(")
    while !accept(")") {
      skipSpaces()
      let start = position
      while position < text.count, text[position].isASCII, text[position].isNumber {
        position += 1
      }
      guard let length = Int(String(text[start..<position])) else {
        throw failure("has a shape that is not made of natural numbers")
      }
      lengths.append(length)
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return lengths
  }

  private mutating func accept(_ word: String) -> Bool {
    skipSpaces()
    guard text[position...].starts(with: word) else { return false }
    position += word.count
    return true
  }

  private mutating func expect(_ word: String) throws(FileFailure) {
    guard accept(word) else { throw failure("expected \(quoted(word)) at character \(position)") }
  }

  private mutating func skipSpaces() {
    while position < text.count, text[position] == " " || text[position] == "\n" { position += 1 }
  }

  private func failure(_ reason: String) -> FileFailure {
    FileFailure(.malformed, path: path, reason: "the header of the array \(reason)")
  }
}
