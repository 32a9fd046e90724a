internal import CTorch
import Files

/// Reads the tensors of a file written by PyTorch's `torch.save`.
///
/// Dictionaries, lists and tuples may be nested: names are their keys and positions joined by dots,
/// in the file's order, so that the entries of `{"state_dict": {"fc.weight": ...}, "epoch": 3}` are
/// called `state_dict.fc.weight`; what is not a tensor is passed over. Nothing in the file is run.
///
/// - Throws: `FileFailure`: of kind `missing` or `unreadable`, or `malformed` for a damaged file, one
///   of another format, and one that holds objects of Python classes.
public func loadPyTorchArchive(
  _ path: String
) throws(FileFailure) -> [(name: String, tensor: Tensor)] {
  try requireArchive(path)
  var entries: UnsafeMutablePointer<ct_entry>?
  var count: Int64 = 0
  if let message = ct_archive_read(path, &entries, &count) {
    throw failure(EngineMessage.take(message), path)
  }
  defer { ct_archive_free(entries) }
  return UnsafeBufferPointer(start: entries, count: Int(count)).map { entry in
    defer { ct_message_free(entry.name) }
    return (String(cString: entry.name), Tensor(adopting: entry.tensor))
  }
}

/// What `torch.save` writes today is a zip file; earlier versions wrote bare pickles.
private func requireArchive(_ path: String) throws(FileFailure) {
  let file = try MappedFile(path: path)
  let start = file.withBytes { Array($0.prefix(4)) }
  if start.starts(with: [0x50, 0x4B]) { return }
  if start.starts(with: [0x80, 0x02]) {
    throw FileFailure(
      .malformed, path: path,
      reason: "was written by a version of PyTorch before 1.6; write it again with "
        + "torch.save(torch.load(path), path) in a current one")
  }
  throw FileFailure(
    .malformed, path: path,
    reason: "is not a file that torch.save wrote; expected a zip archive with data.pkl in it")
}

/// The engine's reason in one sentence.
private func failure(_ message: String, _ path: String) -> FileFailure {
  let reason: String
  if message.contains("central directory") || message.contains("zip archive") {
    reason = "the archive is damaged or cut short; copy or download it again"
  } else if message.contains("data.pkl") {
    reason = "is a zip archive without data.pkl, so torch.save did not write it"
  } else {
    let detail = message.split(separator: "\n").first.map(String.init) ?? message
    reason =
      "holds something else than tensors in dictionaries and lists (\(detail)); write it again with "
      + "torch.save(model.state_dict(), path)"
  }
  return FileFailure(.malformed, path: path, reason: reason)
}
