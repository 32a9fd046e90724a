internal import CTorch

extension Tensor {
  /// Where the first element lies; two tensors with the same address share memory.
  package var address: UInt { UInt(bitPattern: description_.data) }

  /// The memory of a fresh row-major tensor that no other value knows yet.
  var writableBytes: UnsafeMutableRawBufferPointer {
    let description = description_
    return UnsafeMutableRawBufferPointer(
      start: description.data, count: Int(description.element_count) * elementType.size)
  }
}
