import Randomness
import Torch

/// Attention with several heads; queries and keys may have another width than values.
///
/// - Paper: Vaswani et al., *Attention Is All You Need* (2017), section 3.2.2.
///
/// ```swift
/// let attention = MultiHeadAttention(width: 104, heads: 2, using: &random)
/// let mixed = attention(tokens)                         // self-attention
/// let read = attention(queries, attendingTo: memory)    // cross-attention
/// ```
public struct MultiHeadAttention: Layer {
  /// How logits become weights.
  public enum Weighting: String, Sendable, Hashable, Codable, CaseIterable {
    /// The weights of one query add up to one.
    case softmax
    /// Every weight on its own, not normalized.
    case sigmoid
  }

  /// `[queryWidth, width]`.
  public var query: Linear
  /// `[queryWidth, width]`.
  public var key: Linear
  /// `[valueWidth, width]`.
  public var value: Linear
  /// `[width, valueWidth]`.
  public var output: Linear
  /// Into how many heads the inner widths are divided.
  public var heads: Int
  /// How logits become weights.
  public var weighting: Weighting

  /// Creates an attention with Glorot-uniform weights and zero biases.
  ///
  /// - Parameters:
  ///   - width: The width of tokens and of the result.
  ///   - memoryWidth: The width of the tokens that are attended to; `width` when `nil`.
  ///   - queryWidth: The width of all heads' queries and keys together; `width` when `nil`.
  ///   - valueWidth: The width of all heads' values together; `width` when `nil`.
  ///   - heads: Divides both inner widths.
  ///   - weighting: How logits become weights.
  ///   - random: Where the weights are drawn from.
  public init(
    width: Int, memoryWidth: Int? = nil, queryWidth: Int? = nil, valueWidth: Int? = nil, heads: Int,
    weighting: Weighting = .softmax, using random: inout RandomSource
  ) {
    let queryWidth = queryWidth ?? width
    let valueWidth = valueWidth ?? width
    precondition(
      queryWidth % heads == 0 && valueWidth % heads == 0,
      "\(heads) heads do not divide the query width \(queryWidth) and value width \(valueWidth)")
    query = Linear(inputs: width, outputs: queryWidth, using: &random)
    key = Linear(inputs: memoryWidth ?? width, outputs: queryWidth, using: &random)
    value = Linear(inputs: memoryWidth ?? width, outputs: valueWidth, using: &random)
    output = Linear(inputs: valueWidth, outputs: width, using: &random)
    self.heads = heads
    self.weighting = weighting
  }

  /// Presents `query`, `key`, `value` and `output`.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("query", &query)
    walk.child("key", &key)
    walk.child("value", &value)
    walk.child("output", &output)
  }

  /// Self-attention without a mask.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    // With the label, or the compiler would choose the layer's general call, which comes back here.
    self(input, mask: nil)
  }

  /// Mixes the values of `memory` (of the tokens themselves when `nil`) for every token.
  ///
  /// - Shapes: `tokens` is `[batch, tokens, width]`, `memory` is `[batch, keys, width]`.
  /// - Parameters:
  ///   - tokens: What asks.
  ///   - memory: What is read; the tokens themselves when `nil`.
  ///   - mask: `[batch, keys]`; true (or 1) hides a key from all queries. Where all keys are hidden,
  ///     softmax weighting looks at them as if none were and sigmoid weighting gives nothing.
  /// - Returns: `[batch, tokens, width]`.
  public func callAsFunction(
    _ tokens: Tensor, attendingTo memory: Tensor? = nil, mask: Tensor? = nil
  ) -> Tensor {
    let source = memory ?? tokens
    let values = divided(value(source))
    let mixed =  // [batch, heads, tokens, valueWidth / heads]
      switch weighting {
      case .softmax:
        divided(query(tokens)).attending(
          to: divided(key(source)), values: values, mask: mask.map(offsets))
      case .sigmoid: attentionWeights(tokens, attendingTo: source, mask: mask).matmul(values)
      }
    return output(mixed.transposed(1, 2).flattened(from: 2))
  }

  /// How much every token attends to every key, per head.
  ///
  /// - Returns: `[batch, heads, tokens, keys]`.
  public func attentionWeights(
    _ tokens: Tensor, attendingTo memory: Tensor? = nil, mask: Tensor? = nil
  ) -> Tensor {
    // Scaling the queries costs less than scaling the logits.
    let scale = (Double(query.weight.extent(0)) / Double(heads)).squareRoot()
    let queries = divided(query(tokens) / scale)
    let keys = divided(key(memory ?? tokens))
    var logits = queries.matmul(keys.transposed())  // [batch, heads, tokens, keys]
    if let mask { logits = logits + offsets(mask) }
    switch weighting {
    case .softmax: return logits.softmax()
    case .sigmoid: return logits.sigmoid()
    }
  }

  /// What is added to the logits, `[batch, 1, 1, keys]`.
  private func offsets(_ mask: Tensor) -> Tensor {
    // Not infinity, which would make NaN of rows whose keys are all hidden, and not so large that
    // single precision would round away the logits it is added to.
    let offsets = mask.cast(to: query.weight.elementType) * -1e5
    return offsets.expandingShape(at: 1).expandingShape(at: 1)
  }

  /// `[batch, tokens, heads * width]` becomes `[batch, heads, tokens, width]`.
  private func divided(_ input: Tensor) -> Tensor {
    input.unflattened(-1, into: [heads, -1]).transposed(1, 2)
  }
}
