import Files
import Formats
import Foundation

/// Reads all arrays of an `.npz` archive, which is a zip file of NumPy's `.npy` files.
///
/// - Returns: Tensors under the names of the entries without `.npy`, in the archive's order.
/// - Throws: `FileFailure`: of kind `missing` or `unreadable`, or `malformed` for a damaged archive, an
///   entry of another format, or a name that stands twice.
public func loadNumPyArchive(_ path: String) throws -> [(name: String, tensor: Tensor)] {
  var result: [(name: String, tensor: Tensor)] = []
  var names: Set<String> = []
  try Archive(path: path, entryLimit: 1 << 40).forEachEntry { entry in
    let inside = "\(path): \(entry.name)"
    guard entry.name.hasSuffix(".npy") else {
      throw FileFailure(
        .malformed, path: path,
        reason: "has the entry \"\(entry.name)\"; archives of NumPy hold .npy files only")
    }
    let name = String(entry.name.dropLast(4))
    guard names.insert(name).inserted else {
      throw FileFailure(.malformed, path: path, reason: "has the array \"\(name)\" twice")
    }
    result.append((name, Tensor(try NumPyArray(parsing: entry.bytes, path: inside))))
  }
  return result
}

extension Tensor {
  /// Copies a NumPy array; one whose first axis changes quickest becomes an ordinary tensor.
  public init(_ array: NumPyArray) {
    let type = ElementType(array.elementType)
    let stored: [Int] = array.isColumnMajor ? array.shape.reversed() : array.shape
    var tensor = Tensor(uninitialized: stored, type)
    // Any byte but zero is true; libtorch knows 0 and 1 only.
    let bytes = type == .bool ? Data(array.bytes.map { $0 == 0 ? 0 : 1 }) : array.bytes
    bytes.withUnsafeBytes { tensor.writableBytes.copyMemory(from: $0) }
    if array.isColumnMajor {
      for axis in 0..<(stored.count / 2) {
        tensor = tensor.transposed(axis, stored.count - 1 - axis)
      }
      tensor = tensor.rowMajor()
    }
    self = tensor
  }
}

extension ElementType {
  fileprivate init(_ type: NumPyArray.ElementType) {
    switch type {
    case .bool: self = .bool
    case .uint8: self = .uint8
    case .int8: self = .int8
    case .int16: self = .int16
    case .int32: self = .int32
    case .int64: self = .int64
    case .float16: self = .float16
    case .float32: self = .float32
    case .float64: self = .float64
    }
  }
}
