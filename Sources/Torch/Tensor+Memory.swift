internal import CTorch

extension Tensor {
  /// Where the first element lies; two tensors with the same address share memory.
  package var address: UInt { UInt(bitPattern: description_.data) }
}
