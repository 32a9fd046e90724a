import Learning
import Torch

/// Self-attention whose queries, keys and values come from one map, as vision transformers have it.
///
/// - Shapes: `[batch, tokens, width]` keeps its shape.
/// - Paper: Vaswani et al., *Attention Is All You Need* (2017), section 3.2.2.
public struct FusedAttention: Layer {
  /// `[3 * width, width]`: queries, then keys, then values.
  public var projection: Linear
  /// `[width, width]`.
  public var output: Linear
  /// Into how many heads the width is divided.
  public let heads: Int

  /// Creates an attention.
  public init(width: Int, heads: Int, using weights: inout WeightSource) {
    projection = Linear(
      inputs: width, outputs: 3 * width, initializer: weights.linear, using: &weights.random)
    output = Linear(
      inputs: width, outputs: width, initializer: weights.linear, using: &weights.random)
    self.heads = heads
  }

  /// Presents timm's names, or those of torchvision or Hugging Face where they are asked for.
  public mutating func visit(_ walk: inout Walk) {
    switch walk.naming {
    case .torchvision:
      walk.parameter("self_attention.in_proj_weight", &projection.weight)
      walk.parameter("self_attention.in_proj_bias", &projection.bias)
      walk.child("self_attention.out_proj", &output)
    case .huggingFace:
      var parts = projection.split(into: 3)
      for (index, name) in ["query", "key", "value"].enumerated() {
        walk.child("attention.attention.\(name)", &parts[index])
      }
      projection = Linear(joining: parts)
      walk.child("attention.output.dense", &output)
    default:
      walk.child("attn.qkv", &projection)
      walk.child("attn.proj", &output)
    }
  }

  /// Every token looks at all tokens.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    let (batch, tokens, width) = (input.extent(0), input.extent(1), input.extent(2))
    let parts = projection.forward(input, &pass)
      .reshaped(batch, tokens, 3, heads, width / heads)
      .permuted(2, 0, 3, 1, 4)  // [3, batch, heads, tokens, width / heads]
    let mixed = parts[0].attending(to: parts[1], values: parts[2])
      .transposed(1, 2).flattened(from: 2)
    pass.note(
      "attention", weight: projection.weight, output: mixed,
      multiplyAdds: 2 * batch * tokens * tokens * width)
    return output.forward(mixed, &pass)
  }
}

extension Linear {
  /// The maps to equal parts of the outputs.
  fileprivate func split(into count: Int) -> [Linear] {
    let size = weight.extent(0) / count
    return (0..<count).map { index in
      Linear(
        weight: weight.narrowed(along: 0, from: index * size, count: size).rowMajor(),
        bias: bias?.narrowed(along: 0, from: index * size, count: size).rowMajor())
    }
  }

  /// One map to the outputs of all.
  fileprivate init(joining parts: [Linear]) {
    let biases = parts.compactMap(\.bias)
    self.init(
      weight: Tensor(concatenating: parts.map(\.weight)),
      bias: biases.isEmpty ? nil : Tensor(concatenating: biases))
  }
}
