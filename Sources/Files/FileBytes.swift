import Foundation

/// The bytes of a file: mapped where it stands as it is, in memory where it was compressed.
public struct FileBytes: Sendable {
  private enum Storage: Sendable {
    case mapped(MappedFile)
    case memory(Data)
  }

  private let storage: Storage

  /// Opens a file, compressed with gzip, bzip2 or not.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes accepted after decompression; a mapped file may have more.
  /// - Throws: ``FileFailure`` of kind `missing`, `unreadable` or `malformed`.
  public init(path: String, limit: Int = 1 << 32) throws(FileFailure) {
    let file = try MappedFile(path: path)
    if file.withBytes({ $0.starts(with: [0x1f, 0x8b]) || $0.starts(with: [0x42, 0x5a, 0x68]) }) {
      storage = .memory(try readDecompressed(at: path, limit: limit))
    } else {
      storage = .mapped(file)
    }
  }

  /// How many bytes there are.
  public var count: Int {
    switch storage {
    case .mapped(let file): file.count
    case .memory(let data): data.count
    }
  }

  /// Lends the bytes, which must not be kept beyond `body`.
  public func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    switch storage {
    case .mapped(let file): return try file.withBytes(body)
    case .memory(let data):
      let result = data.withUnsafeBytes { bytes in
        Result { () throws(Failure) in try body(bytes) }
      }
      return try result.get()
    }
  }

  /// Copies some of the bytes out.
  ///
  /// - Precondition: The range lies in the file.
  public func data(in range: Range<Int>) -> Data {
    withBytes { Data($0[range]) }
  }
}
