import Files
import Foundation

/// A tensor on its way into a safetensors file.
public struct SafetensorsTensor {
  /// Takes some of the bytes of a tensor; may be called any number of times, in order.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  /// The name of the tensor.
  public let name: String
  /// What its elements are.
  public let elementType: SafetensorsElementType
  /// The lengths of its axes, outermost first; a scalar has none.
  public let shape: [Int]
  let produce: (Sink) throws -> Void

  /// Creates a tensor whose bytes are fetched when it is their turn to be written, so that only
  /// one tensor at a time needs a copy in memory.
  ///
  /// - Parameters:
  ///   - name: The name; not `__metadata__`, which the format keeps for itself.
  ///   - elementType: What the elements are.
  ///   - shape: The lengths of the axes, outermost first.
  ///   - produce: Called once by the writer; hands the bytes (row-major, little-endian) to the
  ///     sink it is given.
  public init(
    name: String, elementType: SafetensorsElementType, shape: [Int],
    producing produce: @escaping (Sink) throws -> Void
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.produce = produce
  }

  /// Creates a tensor from its bytes, row-major and little-endian.
  public init(
    name: String, elementType: SafetensorsElementType, shape: [Int], bytes: [UInt8]
  ) {
    self.init(name: name, elementType: elementType, shape: shape) { sink in
      try bytes.withUnsafeBytes { try sink($0) }
    }
  }
}

/// Writes safetensors files.
///
/// The same tensors and metadata give the same bytes, in whatever order they are passed: tensors
/// are written widest elements first and then by name, as the reference implementation does,
/// metadata by key. The data begins at a multiple of 64 bytes and every tensor at a multiple of
/// its element's width, so that a mapped file can be used in place.
public enum SafetensorsWriter {
  /// Writes a file durably, one tensor at a time.
  ///
  /// - Throws: `FileFailure`: of kind `malformed` for a duplicate or reserved name, a shape that
  ///   is negative or too large, or a tensor that produces another number of bytes than its shape
  ///   needs; of kind `unwritable` where the system refuses; or whatever a tensor's closure
  ///   throws. An earlier file at `path` is untouched then.
  public static func write(
    _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], to path: String
  ) throws {
    let plan = try Plan(tensors, metadata: metadata, path: path)
    try writeDurably(to: path) { sink in
      try plan.write { try sink.write($0) }
    }
  }

  /// The bytes of the file that ``write(_:metadata:to:)`` would write.
  ///
  /// - Throws: As ``write(_:metadata:to:)``, with "safetensors" for the path.
  public static func encoded(
    _ tensors: [SafetensorsTensor], metadata: [String: String] = [:]
  ) throws -> Data {
    let plan = try Plan(tensors, metadata: metadata, path: "safetensors")
    var data = Data()
    try plan.write { data.append(contentsOf: $0) }
    return data
  }

  /// The size of the file that ``write(_:metadata:to:)`` would write; nothing is asked of the tensors
  /// but names, types and shapes.
  ///
  /// - Throws: `FileFailure` of kind `malformed` as ``write(_:metadata:to:)``.
  public static func byteCount(
    of tensors: [SafetensorsTensor], metadata: [String: String] = [:]
  ) throws -> Int {
    let plan = try Plan(tensors, metadata: metadata, path: "safetensors")
    return plan.tensors.reduce(8 + plan.header.count) { $0 + $1.byteCount }
  }
}

/// A file that has been checked and laid out but not written.
private struct Plan {
  let path: String
  let tensors: [(tensor: SafetensorsTensor, byteCount: Int)]
  let header: [UInt8]

  init(_ tensors: [SafetensorsTensor], metadata: [String: String], path: String) throws {
    func malformed(_ reason: String) -> FileFailure {
      FileFailure(.malformed, path: path, reason: "not written: \(reason)")
    }
    var names: Set<String> = [metadataKey]
    var measured: [(tensor: SafetensorsTensor, byteCount: Int)] = []
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw malformed("the name \(quoted(tensor.name)) is reserved or stands twice")
      }
      let width = tensor.elementType.byteCount
      guard let byteCount = byteCount(of: tensor.shape, elementWidth: width) else {
        throw malformed(
          "tensor \(quoted(tensor.name)) has the impossible shape \(brief(tensor.shape))")
      }
      measured.append((tensor, byteCount))
    }
    measured.sort { Plan.precedes($0.tensor, $1.tensor) }
    guard let text = headerText(measured, metadata), text.utf8.count <= longestText else {
      throw malformed("the tensors or their names are larger than a file can be")
    }
    self.path = path
    self.tensors = measured
    let padding = (64 - (8 + text.utf8.count) % 64) % 64
    header = Array(text.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: padding)
  }

  /// Writes length, header and data, checking that each tensor keeps its word.
  func write(_ sink: SafetensorsTensor.Sink) throws {
    try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try sink($0) }
    try header.withUnsafeBytes { try sink($0) }
    for (tensor, expected) in tensors {
      var found = 0
      try tensor.produce { piece in
        found += piece.count
        if found <= expected { try sink(piece) }
      }
      guard found == expected else {
        throw FileFailure(
          .malformed, path: path,
          reason: "not written: tensor \(quoted(tensor.name)) of shape \(brief(tensor.shape)) "
            + "and type \(tensor.elementType.rawValue) needs \(expected) bytes, found \(found)")
      }
    }
  }

  /// Widest elements first, then by the bytes of the name.
  private static func precedes(_ left: SafetensorsTensor, _ right: SafetensorsTensor) -> Bool {
    let (leftRank, rightRank) = (rank[left.elementType] ?? 0, rank[right.elementType] ?? 0)
    if leftRank != rightRank { return leftRank > rightRank }
    return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }

  private static let rank = Dictionary(
    uniqueKeysWithValues: zip(SafetensorsElementType.allCases, 0...))
}

/// What leaves room for the padding below the longest header that is read.
private let longestText = SafetensorsHeader.longestHeader - 64

/// The header without padding, or nil where the data would exceed `Int`.
private func headerText(
  _ tensors: [(tensor: SafetensorsTensor, byteCount: Int)], _ metadata: [String: String]
) -> String? {
  var members: [String] = []
  if !metadata.isEmpty {
    let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\(escaped($0.key)):\(escaped($0.value))" }
    members.append("\(escaped(metadataKey)):{\(pairs.joined(separator: ","))}")
  }
  var start = 0
  for (tensor, byteCount) in tensors {
    let (end, overflow) = start.addingReportingOverflow(byteCount)
    guard !overflow else { return nil }
    let shape = tensor.shape.map(String.init).joined(separator: ",")
    members.append(
      "\(escaped(tensor.name)):{\"dtype\":\"\(tensor.elementType.rawValue)\","
        + "\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}")
    start = end
  }
  return "{\(members.joined(separator: ","))}"
}

/// A JSON string with as few escapes as the grammar allows.
private func escaped(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\u{8}": result += "\\b"
    case "\u{c}": result += "\\f"
    case "\0"..<" ":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
