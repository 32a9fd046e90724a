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
    Ops.attention(
      .tensor(self), .tensor(keys), .tensor(values), .optional(mask), .real(0), .bool(false),
      scale.map { .real($0) } ?? .none)
  }

  /// Rows of this table: `int64` `[...]` becomes `[..., width]`.
  public func embedding(_ indices: Tensor) -> Tensor {
    Ops.embedding(.tensor(self), .tensor(indices))
  }
}
