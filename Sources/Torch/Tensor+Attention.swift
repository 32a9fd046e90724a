private enum Ops {
  static let attention = Operator("aten::scaled_dot_product_attention")
  static let embedding = Operator("aten::embedding")
}

extension Tensor {
  /// `softmax(q kᵀ scale + mask) v`, with this tensor as the queries.
  ///
  /// - Shapes: queries `[..., queries, width]`, `keys` `[..., tokens, width]`, `values`
  ///   `[..., tokens, valueWidth]`; `mask` broadcasts to `[..., queries, tokens]` and is either
  ///   `bool` (true takes part) or added to the logits; `scale` is `1 / sqrt(width)` when `nil`.
  /// - Paper: Vaswani et al., *Attention Is All You Need* (2017), eq. 1.
  public func attending(to keys: Tensor, values: Tensor, mask: Tensor? = nil, scale: Double? = nil)
    -> Tensor
  {
    if GradientScope.isNested {
      return attendingInSteps(to: keys, values: values, mask: mask, scale: scale)
    }
    return Ops.attention(
      .tensor(self), .tensor(keys), .tensor(values), .optional(mask), .real(0), .bool(false),
      scale.map { .real($0) } ?? .none)
  }

  /// The same without the fused kernels, which have no second derivative.
  private func attendingInSteps(to keys: Tensor, values: Tensor, mask: Tensor?, scale: Double?)
    -> Tensor
  {
    let factor = scale ?? 1 / Double(extent(-1)).squareRoot()
    var logits = (self * factor).matmul(keys.transposed())
    if let mask {
      logits =
        mask.elementType == .bool ? logits.filled(where: !mask, with: -.infinity) : logits + mask
    }
    return logits.softmax().matmul(values)
  }

  /// Rows of this table: `int64` `[...]` becomes `[..., width]`.
  public func embedding(_ indices: Tensor) -> Tensor {
    Ops.embedding(.tensor(self), .tensor(indices))
  }
}
