import Learning
import Torch

/// The sizes of the transformers that write weights.
public struct TransformerShape: Codable, Sendable, Hashable {
  /// How samples and weights become tokens.
  public enum Layout: String, Codable, Sendable, CaseIterable {
    /// Weight and sample tokens in one sequence through an encoder; the released recipes.
    case joint
    /// The joint sequence through an encoder, and again through a decoder that looks at the result.
    case jointDecoder
    /// Samples through an encoder, weight tokens through a decoder that looks at them.
    case separate
    /// Samples through an encoder; each slice is a weighted mean of the samples' outputs.
    case simple
  }

  /// How samples and weights become tokens.
  public var layout: Layout
  /// Encoder layers, and decoder layers where there is a decoder.
  public var layers: Int
  /// Attention heads.
  public var heads: Int
  /// Width of all heads' queries and keys: up to 3 a multiple of the token width, beyond that a
  /// number of its own (the released code's rule).
  public var queryWidth: Double
  /// Width of values, likewise.
  public var valueWidth: Double
  /// Width inside the feed-forward part, likewise; 0 leaves the part out.
  public var innerWidth: Double
  /// Activation of the feed-forward part.
  public var activation: Activation
  /// Whether the last layer's feed-forward part is linear.
  public var skipsLastActivation: Bool
  /// Unnormalized sigmoid attention instead of softmax.
  public var usesSigmoidAttention: Bool
  /// Probability of dropping attention and feed-forward outputs in training.
  public var dropout: Double

  /// Creates a shape; the defaults are the released Omniglot recipe's.
  public init(
    layout: Layout = .joint, layers: Int = 3, heads: Int = 2, queryWidth: Double = 1,
    valueWidth: Double = 1, innerWidth: Double = 1, activation: Activation = .relu,
    skipsLastActivation: Bool = false, usesSigmoidAttention: Bool = false, dropout: Double = 0
  ) {
    self.layout = layout
    self.layers = layers
    self.heads = heads
    self.queryWidth = queryWidth
    self.valueWidth = valueWidth
    self.innerWidth = innerWidth
    self.activation = activation
    self.skipsLastActivation = skipsLastActivation
    self.usesSigmoidAttention = usesSigmoidAttention
    self.dropout = dropout
  }

  /// The settings of one layer on tokens of the given width.
  func settings(layer: Int, width: Int) -> TransformerLayerSettings {
    TransformerLayerSettings(
      width: width, queryWidth: resolve(queryWidth, tokenWidth: width),
      valueWidth: resolve(valueWidth, tokenWidth: width),
      innerWidth: resolve(innerWidth, tokenWidth: width), heads: heads,
      activation: skipsLastActivation && layer == layers - 1 ? .identity : activation,
      weighting: usesSigmoidAttention ? .sigmoid : .softmax, dropout: dropout)
  }

  /// The largest number read as a fraction (the released code's rule).
  static let largestFraction = 3.0

  /// A width as a number. Fractions are rounded up to whole heads, except in the separate layout;
  /// numbers are taken as they are.
  func resolve(_ width: Double, tokenWidth: Int) -> Int {
    guard width <= Self.largestFraction else { return Int(width) }
    let exact = Int(Double(tokenWidth) * width)
    return layout == .separate ? exact : (exact + heads - 1) / heads * heads
  }
}
