import Files
import Foundation

/// A safetensors file, open for reading.
///
/// Opening reads and checks the header alone; a tensor's bytes are read when they are asked for.
///
/// ```swift
/// let file = try SafetensorsFile(path: "model.safetensors")
/// for entry in file.entries {
///   try file.withBytes(of: entry.name) { bytes in ... }
/// }
/// ```
public struct SafetensorsFile: Sendable {
  /// Where the bytes come from.
  public let path: String
  /// What the file says about its tensors.
  public let header: SafetensorsHeader
  private let storage: Storage
  private let indices: [String: Int]

  /// Maps a file and checks its header.
  ///
  /// - Throws: `FileFailure` of kind `missing`, `unreadable` or `malformed`.
  public init(path: String) throws(FileFailure) {
    try self.init(storage: .mapped(MappedFile(path: path)), path: path)
  }

  /// Checks the header of a file that stands in memory.
  ///
  /// - Parameters:
  ///   - data: The whole file.
  ///   - path: Where the bytes come from, for the message of a failure.
  /// - Throws: `FileFailure` of kind `malformed`.
  public init(parsing data: Data, path: String) throws(FileFailure) {
    try self.init(storage: .memory(data), path: path)
  }

  private init(storage: Storage, path: String) throws(FileFailure) {
    self.path = path
    self.storage = storage
    header = try storage.withBytes { bytes throws(FileFailure) in
      try SafetensorsHeader(parsing: bytes, path: path)
    }
    // The header refuses duplicate names, so no index is lost here.
    indices = Dictionary(
      uniqueKeysWithValues: header.entries.indices.map { [header] in
        (header.entries[$0].name, $0)
      })
  }

  /// The tensors in the order of their bytes.
  public var entries: [SafetensorsHeader.Entry] { header.entries }
  /// The names of the tensors in alphabetical order.
  public var names: [String] { header.entries.map(\.name).sorted() }
  /// The free-form text that travels with the tensors.
  public var metadata: [String: String] { header.metadata }

  /// The tensor of this name, or nil.
  public subscript(name: String) -> SafetensorsHeader.Entry? {
    indices[name].map { header.entries[$0] }
  }

  /// Lends the bytes of a tensor: row-major, little-endian, not necessarily aligned to its
  /// elements, and not to be kept beyond `body`.
  ///
  /// - Throws: `FileFailure` of kind `malformed` where the file has no such tensor, or whatever
  ///   `body` throws.
  public func withBytes<Value>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Value
  ) throws -> Value {
    guard let entry = self[name] else {
      throw FileFailure(
        .malformed, path: path,
        reason: "has no tensor \(quoted(name)); it holds \(entries.count) tensors"
          + (names.first.map { ", the first by name is \(quoted($0))" } ?? ""))
    }
    let start = header.dataStart
    return try storage.withBytes { bytes in
      try body(
        UnsafeRawBufferPointer(
          rebasing: bytes[
            (start + entry.byteRange.lowerBound)..<(start + entry.byteRange.upperBound)]))
    }
  }
}

/// Where the bytes of an open file stand.
private enum Storage: Sendable {
  case mapped(MappedFile)
  case memory(Data)

  func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    switch self {
    case .mapped(let file): try file.withBytes(body)
    case .memory(let data):
      // Foundation's accessor forgets the type of the error, so that travels as a value.
      try data.withUnsafeBytes { bytes in
        Result { () throws(Failure) in try body(bytes) }
      }.get()
    }
  }
}
