import Files
import Formats
import Foundation

private enum Ops {
  static let strided = Operator("aten::as_strided")
}

/// Reads the tensors of a file written by PyTorch's `torch.save`.
///
/// Dictionaries, lists and tuples may be nested: names are their keys and positions joined by dots,
/// in the file's order, so that the entries of `{"state_dict": {"fc.weight": ...}, "epoch": 3}` are
/// called `state_dict.fc.weight`; what is not a tensor is passed over. Nothing in the file is run.
///
/// - Throws: `FileFailure`: of kind `missing` or `unreadable`, or `malformed` for a damaged file, one
///   of another format, and one whose tensors are inside objects of Python classes.
public func loadPyTorchArchive(_ path: String) throws -> [(name: String, tensor: Tensor)] {
  // torch.save does not compress, so no entry is larger than the file.
  let archive = Archive(path: path, entryLimit: try archiveSize(path))
  var found: [(name: String, tensor: PickledTensor)]?
  try archive.forEachEntry(where: { $0.hasSuffix("/data.pkl") || $0.hasSuffix("/byteorder") }) {
    if $0.name.hasSuffix("/data.pkl") {
      found = try TensorPickle.tensors(in: $0.bytes, path: path)
    } else if $0.bytes == Data("big".utf8) {
      throw FileFailure(
        .malformed, path: path,
        reason: "was written on a big-endian machine; write it again on a little-endian one")
    }
  }
  guard let found else {
    throw FileFailure(
      .malformed, path: path, reason: "is a zip archive without data.pkl, not one of torch.save")
  }
  return try tensors(found, from: archive)
}

/// The size of the file. What `torch.save` writes today is a zip file; earlier versions wrote bare
/// pickles.
private func archiveSize(_ path: String) throws(FileFailure) -> Int {
  let file = try MappedFile(path: path)
  let start = file.withBytes { Array($0.prefix(4)) }
  if start.starts(with: [0x50, 0x4B]) { return file.count }
  let advice =
    start.starts(with: [0x80, 0x02])
    ? "was written by PyTorch before 1.6 or in its old format; write it again with "
      + "torch.save(torch.load(path), path) in a current one"
    : "is not a file that torch.save wrote; expected a zip archive with data.pkl in it"
  throw FileFailure(.malformed, path: path, reason: advice)
}

/// Reads the storages that are used, each once, and lays the tensors over them.
private func tensors(
  _ entries: [(name: String, tensor: PickledTensor)], from archive: Archive
) throws -> [(name: String, tensor: Tensor)] {
  let types = Dictionary(
    entries.map { ("/data/\($0.tensor.storage)", ElementType($0.tensor.elementType)) }
  ) { first, _ in first }
  // All names begin with the same folder, whatever it is called.
  let key = { (name: String) in name.firstIndex(of: "/").map { String(name[$0...]) } ?? "" }
  var storages: [String: Tensor] = [:]
  try archive.forEachEntry(where: { types[key($0)] != nil }) { entry in
    guard let type = types[key(entry.name)] else { return }
    let memory = Tensor(uninitialized: [entry.bytes.count / type.size], type)
    entry.bytes.withUnsafeBytes { bytes in
      memory.writableBytes.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[..<memory.writableBytes.count]))
    }
    storages[key(entry.name)] = memory
  }
  return try entries.map { name, record in
    guard let memory = storages["/data/\(record.storage)"],
      memory.elementType == ElementType(record.elementType),
      record.fits(elementCount: memory.count)
    else {
      throw FileFailure(
        .malformed, path: archive.path,
        reason: "tensor \"\(name)\" of shape \(record.shape) lies outside of the data in the file; "
          + "copy or download it again")
    }
    // Recorded views would count as shared for ever.
    let tensor = withoutGradients {
      Ops.strided(
        .tensor(memory), .ints(record.shape), .ints(record.strides), .int(record.offset))
    }
    return (name, tensor)
  }
}

extension ElementType {
  fileprivate init(_ type: PickledElementType) {
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
    case .complex128: self = .complex128
    }
  }
}
