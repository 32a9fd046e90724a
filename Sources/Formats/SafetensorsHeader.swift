import Files
import Foundation

/// What a safetensors file says about its tensors, checked.
///
/// A file is eight bytes with the length of the header (little-endian), the header as JSON and the
/// data: `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}`, where the
/// offsets count from the end of the header, and `"__metadata__"` may map strings to strings.
///
/// Whoever holds a header may rely on this: the byte ranges lie one behind another, begin at zero,
/// have no holes and end with the data, and each has exactly the bytes its shape and type need.
///
/// - Source: the format description of the safetensors project; stricter than its reference
///   implementation in that unknown fields, duplicate names and unusual numbers are refused.
public struct SafetensorsHeader: Sendable, Equatable {
  /// One tensor of the file.
  public struct Entry: Sendable, Equatable {
    /// The name of the tensor.
    public let name: String
    /// What its elements are.
    public let elementType: SafetensorsElementType
    /// The lengths of its axes, outermost first; a scalar has none.
    public let shape: [Int]
    /// Where its bytes stand, counted from the first byte of data.
    public let byteRange: Range<Int>
  }

  /// The tensors in the order of their bytes.
  public let entries: [Entry]
  /// The free-form text that travels with the tensors.
  public let metadata: [String: String]
  /// The offset in the file of the first byte of data. Files of this package and of current
  /// reference implementations make it a multiple of 8; the format does not promise it.
  public let dataStart: Int

  /// The longest header that is read, the same as in the reference implementation.
  static let longestHeader = 100_000_000

  /// Reads and checks the header of a file that stands in memory.
  ///
  /// - Parameters:
  ///   - file: The whole file; only the header's bytes are touched.
  ///   - path: Where the bytes come from, for the message of a failure.
  /// - Throws: `FileFailure` of kind `malformed` naming the tensor, what was expected and what
  ///   was found.
  public init(parsing file: UnsafeRawBufferPointer, path: String) throws(FileFailure) {
    let length = try SafetensorsHeader.headerLength(file, path: path)
    var reading = HeaderScanner([UInt8](file[8..<(8 + length)]), path: path)
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    try reading.members(of: .header) { scanner, name throws(FileFailure) in
      if name == metadataKey {
        try scanner.members(of: .metadata) { scanner, key throws(FileFailure) in
          metadata[key] = try scanner.string(in: .metadata)
        }
      } else {
        entries.append(try scanner.entry(named: name))
      }
    }
    try reading.end()
    dataStart = 8 + length
    self.metadata = metadata
    self.entries = try inOrder(entries, filling: file.count - dataStart, path: path)
  }

  private static func headerLength(
    _ file: UnsafeRawBufferPointer, path: String
  ) throws(FileFailure) -> Int {
    func malformed(_ reason: String) -> FileFailure {
      FileFailure(.malformed, path: path, reason: reason)
    }
    guard file.count >= 8 else {
      throw malformed("a safetensors file begins with 8 bytes, found only \(file.count)")
    }
    let claimed = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard claimed <= UInt64(longestHeader) else {
      throw malformed(
        "claims a header of \(claimed) bytes, at most \(longestHeader) are read; "
          + "is this a safetensors file?")
    }
    guard claimed <= UInt64(file.count - 8) else {
      throw malformed(
        "claims a header of \(claimed) bytes, found only \(file.count - 8); "
          + "the file is cut short")
    }
    guard claimed > 0, file[8] == UInt8(ascii: "{") else {
      throw malformed("the header does not begin with '{'; is this a safetensors file?")
    }
    return Int(claimed)
  }
}

/// The one name that is not a tensor's.
let metadataKey = "__metadata__"

extension HeaderScanner {
  /// Reads one tensor's object, which has the three known fields, each once, and no other.
  fileprivate mutating func entry(named name: String) throws(FileFailure) -> SafetensorsHeader.Entry
  {
    let owner = Owner.tensor(name)
    var elementType: SafetensorsElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try members(of: owner) { scanner, field throws(FileFailure) in
      switch field {
      case "dtype": elementType = try scanner.elementType(in: owner)
      case "shape": shape = try scanner.naturals(in: owner)
      case "data_offsets": offsets = try scanner.naturals(in: owner)
      default: throw scanner.failure("\(owner) has the unknown field \(quoted(field))")
      }
    }
    guard let elementType else { throw failure("\(owner) has no dtype") }
    guard let shape else { throw failure("\(owner) has no shape") }
    guard let offsets else { throw failure("\(owner) has no data_offsets") }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw failure("\(owner) has data_offsets \(brief(offsets)), expected a begin and an end")
    }
    guard let expected = byteCount(of: shape, elementWidth: elementType.byteCount) else {
      throw failure(
        "\(owner) has shape \(brief(shape)) of \(elementType.rawValue), "
          + "which is larger than any file can be")
    }
    guard offsets[1] - offsets[0] == expected else {
      throw failure(
        "\(owner) has shape \(brief(shape)) of \(elementType.rawValue), which needs \(expected) "
          + "bytes, found \(offsets[1] - offsets[0]) between its data_offsets")
    }
    return .init(
      name: name, elementType: elementType, shape: shape, byteRange: offsets[0]..<offsets[1])
  }

  private mutating func elementType(in owner: Owner) throws(FileFailure) -> SafetensorsElementType {
    let name = try string(in: owner)
    guard let elementType = SafetensorsElementType(rawValue: name) else {
      throw failure(
        "\(owner) has the dtype \(quoted(name)), expected one of "
          + SafetensorsElementType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return elementType
  }
}

/// Sorts entries by their bytes and checks that these fill the data exactly.
private func inOrder(
  _ entries: [SafetensorsHeader.Entry], filling dataCount: Int, path: String
) throws(FileFailure) -> [SafetensorsHeader.Entry] {
  // Sorting is stable, so empty tensors at the same offset stay in the order of the header.
  let sorted = entries.sorted {
    ($0.byteRange.lowerBound, $0.byteRange.upperBound)
      < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
  }
  var end = 0
  for entry in sorted {
    guard entry.byteRange.lowerBound == end else {
      let flaw = entry.byteRange.lowerBound < end ? "overlaps the one before it" : "leaves a hole"
      throw FileFailure(
        .malformed, path: path,
        reason: "tensor \(quoted(entry.name)) \(flaw): expected its bytes to begin at \(end), "
          + "found \(entry.byteRange.lowerBound)")
    }
    end = entry.byteRange.upperBound
  }
  guard end == dataCount else {
    throw FileFailure(
      .malformed, path: path,
      reason: "the tensors need \(end) bytes of data, found \(dataCount); "
        + (dataCount < end ? "the file is cut short" : "something follows the last tensor"))
  }
  return sorted
}
