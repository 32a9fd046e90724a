import Files
import Formats

/// Reads all tensors of a safetensors file, in the order in which they are stored.
///
/// - Throws: `FileFailure`: of kind `missing`, `unreadable`, or `malformed` where the file is damaged
///   or holds an element type that tensors do not have.
public func loadSafetensors(_ path: String) throws -> (
  tensors: [(name: String, tensor: Tensor)], metadata: [String: String]
) {
  let file = try SafetensorsFile(path: path)
  let tensors = try file.entries.map { entry in
    guard let type = ElementType(entry.elementType) else {
      throw FileFailure(
        .malformed, path: path,
        reason: "tensor \"\(entry.name)\" has elements of type \(entry.elementType.rawValue), "
          + "which cannot be computed with here; store it in another type")
    }
    return (entry.name, try file.withBytes(of: entry.name) { Tensor($0, entry.shape, type) })
  }
  return (tensors, file.metadata)
}

/// Writes tensors to a safetensors file, durably: after a crash the path holds the old file or the
/// new one. Tensors on a GPU and views are written as they read.
///
/// - Throws: `FileFailure`: of kind `malformed` for a name that stands twice or an element type the
///   format does not have (`complex128`), of kind `unwritable` where the system refuses.
public func saveSafetensors(
  _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String
) throws {
  let entries = try tensors.map { name, tensor in
    guard let type = SafetensorsElementType(tensor.elementType) else {
      throw FileFailure(
        .malformed, path: path,
        reason: "not written: tensor \"\(name)\" has elements of type \(tensor.elementType), which "
          + "safetensors files cannot hold; cast it first")
    }
    return SafetensorsTensor(name: name, elementType: type, shape: tensor.shape) { sink in
      try tensor.withBytes(sink)
    }
  }
  try SafetensorsWriter.write(entries, metadata: metadata, to: path)
}

extension Tensor {
  /// Copies row-major bytes; any byte but zero is true where the elements are truth values.
  fileprivate init(_ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType) {
    if type == .bool {
      self = Tensor(shape: shape, of: Bool.self) { elements in
        for (index, byte) in bytes.enumerated() {
          elements.initializeElement(at: index, to: byte != 0)
        }
      }
    } else {
      self.init(uninitialized: shape, type)
      writableBytes.copyMemory(from: bytes)
    }
  }
}

extension ElementType {
  fileprivate init?(_ type: SafetensorsElementType) {
    guard let found = ElementType.allCases.first(where: { SafetensorsElementType($0) == type })
    else { return nil }
    self = found
  }
}

extension SafetensorsElementType {
  fileprivate init?(_ type: ElementType) {
    switch type {
    case .bool: self = .bool
    case .uint8: self = .uint8
    case .int8: self = .int8
    case .int16: self = .int16
    case .int32: self = .int32
    case .int64: self = .int64
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .float32: self = .float32
    case .float64: self = .float64
    case .complex64: self = .complex64
    case .complex128: return nil
    }
  }
}
