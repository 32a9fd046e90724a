import Files
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
  try requireArchive(path)
  let archive = Archive(path: path, entryLimit: 1 << 40)
  var found: PickleValue?
  try archive.forEachEntry(where: { $0.hasSuffix("/data.pkl") || $0.hasSuffix("/byteorder") }) {
    if $0.name.hasSuffix("/data.pkl") {
      found = try PickleReader.read($0.bytes, path: path)
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
  var gathering = TensorGathering(path: path)
  try gathering.collect(found, named: "", depth: 0)
  return try tensors(gathering.found, from: archive)
}

/// What `torch.save` writes today is a zip file; earlier versions wrote bare pickles.
private func requireArchive(_ path: String) throws(FileFailure) {
  let start = try MappedFile(path: path).withBytes { Array($0.prefix(4)) }
  if start.starts(with: [0x50, 0x4B]) { return }
  let advice =
    start.starts(with: [0x80, 0x02])
    ? "was written by PyTorch before 1.6 or in its old format; write it again with "
      + "torch.save(torch.load(path), path) in a current one"
    : "is not a file that torch.save wrote; expected a zip archive with data.pkl in it"
  throw FileFailure(.malformed, path: path, reason: advice)
}

/// Finds the tensors in nested dictionaries, lists and tuples.
private struct TensorGathering {
  /// More values or deeper nesting than any sensible file has: a hostile one repeats itself.
  static let mostValues = 1 << 22
  static let deepest = 64

  let path: String
  var found: [(name: String, tensor: PickledTensor)] = []
  private var visited = 0

  init(path: String) { self.path = path }

  mutating func collect(_ value: PickleValue, named name: String, depth: Int) throws(FileFailure) {
    visited += 1
    guard visited < Self.mostValues, depth < Self.deepest else {
      throw FileFailure(.malformed, path: path, reason: "its values are nested too deep to be real")
    }
    switch value {
    case .tensor(let tensor): found.append((name, tensor))
    case .dictionary(let pairs):
      for index in stride(from: 1, to: pairs.elements.count, by: 2) {
        let key = joined(name, pairs.elements[index - 1])
        try collect(pairs.elements[index], named: key, depth: depth + 1)
      }
    case .list(let list): try collect(list.elements, name, depth)
    case .tuple(let elements): try collect(elements, name, depth)
    case .object(let type, let parts):
      let before = found.count
      try collect(parts.elements, name, depth)
      if found.count > before || depth == 0 {
        throw FileFailure(
          .malformed, path: path,
          reason: "holds an object of the Python class \(type); write it again with "
            + "torch.save(model.state_dict(), path)")
      }
    default: break
    }
  }

  private mutating func collect(_ elements: [PickleValue], _ name: String, _ depth: Int)
    throws(FileFailure)
  {
    for (index, element) in elements.enumerated() {
      try collect(element, named: joined(name, .int(index)), depth: depth + 1)
    }
  }

  private func joined(_ name: String, _ key: PickleValue) -> String {
    let word =
      switch key {
      case .text(let text): text
      case .int(let number): "\(number)"
      default: "?"
      }
    return name.isEmpty ? word : "\(name).\(word)"
  }
}

/// Reads the storages that are used, each once, and lays the tensors over them.
private func tensors(
  _ entries: [(name: String, tensor: PickledTensor)], from archive: Archive
) throws -> [(name: String, tensor: Tensor)] {
  let types = Dictionary(
    entries.map { ("/data/\($0.tensor.storage.key)", $0.tensor.storage.type) }
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
    guard let memory = storages["/data/\(record.storage.key)"], record.fits(memory) else {
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

extension PickledTensor {
  /// Whether every element lies in the storage and is of its type.
  fileprivate func fits(_ memory: Tensor) -> Bool {
    guard memory.elementType == storage.type, shape.count == strides.count, offset >= 0,
      (shape + strides).allSatisfy({ $0 >= 0 })
    else { return false }
    if shape.contains(0) { return true }
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (span, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (end, overflowToo) = last.addingReportingOverflow(span)
      if overflow || overflowToo { return false }
      last = end
    }
    return last < memory.count
  }
}
