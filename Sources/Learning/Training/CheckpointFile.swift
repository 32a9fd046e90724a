import Files
import Formats
import Torch

/// Tensors in and out of safetensors files.
enum CheckpointFile {
  static func write(_ tensors: [String: Tensor], metadata: [String: String], to path: String)
    throws
  {
    let entries = try tensors.map { name, tensor in
      guard let type = names[tensor.elementType] else {
        throw FileFailure(
          .unwritable, path: path,
          reason: "tensor \(name) of \(tensor.elementType) has no type there")
      }
      return SafetensorsTensor(name: name, elementType: type, shape: tensor.shape) { sink in
        try tensor.withBytes { try sink($0) }
      }
    }
    try SafetensorsWriter.write(entries, metadata: metadata, to: path)
  }

  static func read(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String])
  {
    let file = try SafetensorsFile(path: path)
    var tensors: [String: Tensor] = [:]
    for entry in file.entries {
      guard let type = names.first(where: { $0.value == entry.elementType })?.key else {
        throw FileFailure(
          .malformed, path: path,
          reason: "tensor \(entry.name) has the unsupported type \(entry.elementType.rawValue)")
      }
      tensors[entry.name] = try file.withBytes(of: entry.name) { bytes in
        tensor(bytes, entry.shape, type)
      }
    }
    return (tensors, file.metadata)
  }

  private static func tensor(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType
  ) -> Tensor {
    switch type {
    case .float32: filled(bytes, shape, Float.self)
    case .float64: filled(bytes, shape, Double.self)
    case .int64: filled(bytes, shape, Int64.self)
    case .int32: filled(bytes, shape, Int32.self)
    case .bool: filled(bytes, shape, Bool.self)
    default: filled(bytes, shape, UInt8.self)
    }
  }

  private static func filled<Element: TensorElement>(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: Element.Type
  ) -> Tensor {
    Tensor(shape: shape, of: Element.self) { buffer in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
    }
  }

  private static let names: [ElementType: SafetensorsElementType] = [
    .float32: .float32, .float64: .float64, .int64: .int64, .int32: .int32, .bool: .bool,
    .uint8: .uint8,
  ]
}
