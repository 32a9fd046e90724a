private enum Ops {
  static let complex = Operator("aten::complex")
  static let asReal = Operator("aten::view_as_real")
}

/// Complex numbers as pairs of real tensors.
extension Tensor {
  /// Creates a complex tensor from two real ones of the same type, `float32` or `float64`.
  public init(real: Tensor, imaginary: Tensor) {
    self = Ops.complex(.tensor(real), .tensor(imaginary))
  }

  /// The real parts of a complex tensor.
  public func realPart() -> Tensor { parts().slice(at: 0, along: -1) }

  /// The imaginary parts of a complex tensor.
  public func imaginaryPart() -> Tensor { parts().slice(at: 1, along: -1) }

  /// Real and imaginary parts along a new last axis.
  private func parts() -> Tensor {
    require(elementType.isComplex, "\(summary) has no imaginary part")
    return Ops.asReal(.tensor(self))
  }
}
