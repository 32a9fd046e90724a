import Randomness
import Torch

/// Where a Transformer layer normalizes.
public enum NormPlacement: String, Sendable, Hashable, Codable, CaseIterable {
  /// After each residual sum, as in the original paper.
  case post
  /// Before each sublayer; the residual path stays untouched.
  case pre
}

/// The sizes and choices of a Transformer layer.
public struct TransformerLayerSettings: Sendable, Hashable {
  /// The width of tokens.
  public var width: Int
  /// The width of all heads' queries and keys together.
  public var queryWidth: Int
  /// The width of all heads' values together.
  public var valueWidth: Int
  /// The width inside the feed-forward part; 0 leaves that part out.
  public var innerWidth: Int
  /// How many heads each attention has.
  public var heads: Int
  /// The nonlinearity of the feed-forward part.
  public var activation: Activation
  /// How attention logits become weights.
  public var weighting: MultiHeadAttention.Weighting
  /// Where the layer normalizes.
  public var norm: NormPlacement
  /// Dropout of every sublayer's result in training.
  public var dropout: Double
  /// Added to the variance by every normalization.
  public var epsilon: Double

  /// Creates settings; widths that are `nil` are those of the tokens.
  public init(
    width: Int, queryWidth: Int? = nil, valueWidth: Int? = nil, innerWidth: Int? = nil, heads: Int,
    activation: Activation = .relu, weighting: MultiHeadAttention.Weighting = .softmax,
    norm: NormPlacement = .post, dropout: Double = 0, epsilon: Double = 1e-6
  ) {
    self.width = width
    self.queryWidth = queryWidth ?? width
    self.valueWidth = valueWidth ?? width
    self.innerWidth = innerWidth ?? width
    self.heads = heads
    self.activation = activation
    self.weighting = weighting
    self.norm = norm
    self.dropout = dropout
    self.epsilon = epsilon
  }

  func attention(memoryWidth: Int? = nil, using random: inout RandomSource) -> MultiHeadAttention {
    MultiHeadAttention(
      width: width, memoryWidth: memoryWidth, queryWidth: queryWidth, valueWidth: valueWidth,
      heads: heads,
      weighting: weighting, using: &random)
  }

  func layerNorm() -> LayerNorm { LayerNorm(width: width, epsilon: epsilon) }

  /// The two maps of the feed-forward part, or none.
  func feedForward(using random: inout RandomSource) -> [Linear] {
    guard innerWidth > 0 else { return [] }
    return [
      Linear(inputs: width, outputs: innerWidth, using: &random),
      Linear(inputs: innerWidth, outputs: width, using: &random),
    ]
  }

  /// `input` plus the sublayer's result, normalized as ``norm`` says.
  func residual(
    _ input: Tensor, _ norm: LayerNorm, _ pass: inout Pass, _ sublayer: (Tensor) -> Tensor
  ) -> Tensor {
    let change = sublayer(self.norm == .pre ? norm(input) : input)
    let sum = input + Dropout(dropout).forward(change, &pass)
    return self.norm == .pre ? sum : norm(sum)
  }

  func apply(_ feedForward: [Linear], to input: Tensor) -> Tensor {
    feedForward[1](activation(feedForward[0](input)))
  }
}

/// One layer of a Transformer encoder: self-attention, then a feed-forward part.
///
/// - Paper: Vaswani et al., *Attention Is All You Need* (2017), section 3.1.
public struct TransformerEncoderLayer: Layer {
  /// Self-attention.
  public var attention: MultiHeadAttention
  /// The normalization that goes with the attention.
  public var norm1: LayerNorm
  /// The normalization that goes with the feed-forward part.
  public var norm2: LayerNorm?
  /// The two maps of the feed-forward part, or none.
  public var feedForward: [Linear]
  /// Sizes and choices.
  public let settings: TransformerLayerSettings

  /// Creates a layer with drawn weights.
  public init(_ settings: TransformerLayerSettings, using random: inout RandomSource) {
    self.settings = settings
    attention = settings.attention(using: &random)
    norm1 = settings.layerNorm()
    norm2 = settings.innerWidth > 0 ? settings.layerNorm() : nil
    feedForward = settings.feedForward(using: &random)
  }

  /// Presents `attention`, `norm1`, `norm2` and `feedForward`.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("attention", &attention)
    walk.child("norm1", &norm1)
    walk.child("norm2", &norm2)
    walk.children("feedForward", &feedForward)
  }

  /// Runs the layer without a mask.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    forward(input, mask: nil, &pass)
  }

  /// Runs the layer on `[batch, tokens, width]`; `mask` is `[batch, tokens]`, true hides a token.
  public func forward(_ input: Tensor, mask: Tensor?, _ pass: inout Pass) -> Tensor {
    let mixed = settings.residual(input, norm1, &pass) { attention($0, mask: mask) }
    guard let norm2 else { return mixed }
    return settings.residual(mixed, norm2, &pass) { settings.apply(feedForward, to: $0) }
  }

  /// How much every token attends to every other when the layer runs on `input`,
  /// `[batch, heads, tokens, tokens]`.
  public func attentionWeights(_ input: Tensor, mask: Tensor? = nil) -> Tensor {
    attention.attentionWeights(settings.norm == .pre ? norm1(input) : input, mask: mask)
  }
}

/// One layer of a Transformer decoder: self-attention, attention to a memory, feed-forward part.
///
/// - Paper: Vaswani et al., *Attention Is All You Need* (2017), section 3.1.
public struct TransformerDecoderLayer: Model {
  /// Self-attention.
  public var selfAttention: MultiHeadAttention
  /// Attention to the memory.
  public var crossAttention: MultiHeadAttention
  /// The normalization that goes with the self-attention.
  public var norm1: LayerNorm
  /// The normalization that goes with the attention to the memory.
  public var norm2: LayerNorm
  /// The normalization that goes with the feed-forward part.
  public var norm3: LayerNorm?
  /// The two maps of the feed-forward part, or none.
  public var feedForward: [Linear]
  /// Sizes and choices.
  public let settings: TransformerLayerSettings

  /// Creates a layer with drawn weights; the memory is as wide as the tokens unless said otherwise.
  public init(
    _ settings: TransformerLayerSettings, memoryWidth: Int? = nil, using random: inout RandomSource
  ) {
    self.settings = settings
    selfAttention = settings.attention(using: &random)
    crossAttention = settings.attention(memoryWidth: memoryWidth, using: &random)
    norm1 = settings.layerNorm()
    norm2 = settings.layerNorm()
    norm3 = settings.innerWidth > 0 ? settings.layerNorm() : nil
    feedForward = settings.feedForward(using: &random)
  }

  /// Presents `selfAttention`, `crossAttention`, `norm1`, `norm2`, `norm3` and `feedForward`.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("selfAttention", &selfAttention)
    walk.child("crossAttention", &crossAttention)
    walk.child("norm1", &norm1)
    walk.child("norm2", &norm2)
    walk.child("norm3", &norm3)
    walk.children("feedForward", &feedForward)
  }

  /// Runs the layer on `[batch, tokens, width]` with a memory `[batch, keys, width]`.
  ///
  /// - Parameters:
  ///   - input: The tokens.
  ///   - memory: What the tokens read from.
  ///   - mask: `[batch, tokens]`, true hides a token from the others.
  ///   - memoryMask: `[batch, keys]`, true hides a key of the memory.
  ///   - pass: Mode and randomness.
  /// - Returns: `[batch, tokens, width]`.
  public func forward(
    _ input: Tensor, memory: Tensor, mask: Tensor? = nil, memoryMask: Tensor? = nil,
    _ pass: inout Pass
  ) -> Tensor {
    let mixed = settings.residual(input, norm1, &pass) { selfAttention($0, mask: mask) }
    let read = settings.residual(mixed, norm2, &pass) {
      crossAttention($0, attendingTo: memory, mask: memoryMask)
    }
    guard let norm3 else { return read }
    return settings.residual(read, norm3, &pass) { settings.apply(feedForward, to: $0) }
  }

  /// How much every token attends to every key of the memory when the layer runs on `input` in
  /// inference, `[batch, heads, tokens, keys]`.
  public func memoryAttentionWeights(
    _ input: Tensor, memory: Tensor, mask: Tensor? = nil, memoryMask: Tensor? = nil
  ) -> Tensor {
    var pass = Pass.inference
    let mixed = settings.residual(input, norm1, &pass) { selfAttention($0, mask: mask) }
    return crossAttention.attentionWeights(
      settings.norm == .pre ? norm2(mixed) : mixed, attendingTo: memory, mask: memoryMask)
  }
}
