import Learning
import Randomness
import Torch

/// Turns the tokens of one layer's support set into that layer's weight slices.
///
/// A sample token is its label's code and its features, a weight token is the slice's own code and
/// room for the answer, where the slice written at an earlier step of a sequence may stand; no token
/// knows its position, so the order of samples cannot matter.
///
/// - Paper: section 3.2; layouts as in the released code.
struct TokenTransformer: Model {
  var labelEmbedding: Tensor  // [classes + 1, code]
  var weightEmbedding: Tensor  // [slices, code]
  var encoder: [TransformerEncoderLayer]
  var decoder: [TransformerDecoderLayer]
  /// What an earlier step's slices are multiplied by, `[1]`, where that is learned.
  var carryGate: Tensor?
  let carry: Carry
  let layout: TransformerShape.Layout
  let slices: SliceLayout
  /// Width of sample tokens (and of weight tokens in joint layouts).
  let sampleWidth: Int
  /// Width of weight tokens.
  let weightWidth: Int

  init(
    _ shape: TransformerShape, slices: SliceLayout, featureWidth: Int, codeWidth: Int,
    labelCount: Int, carrying carry: Carry = .none, using random: inout RandomSource
  ) {
    layout = shape.layout
    self.slices = slices
    self.carry = carry
    carryGate = carry == .gated ? Tensor(zeros: [1]) : nil
    labelEmbedding = Tensor(normal: [labelCount + 1, codeWidth], using: &random)
    weightEmbedding = Tensor(normal: [slices.count, codeWidth], using: &random)
    let joint = codeWidth + max(slices.length, featureWidth)
    sampleWidth = layout == .separate ? codeWidth + featureWidth : joint
    weightWidth = layout == .separate ? codeWidth + slices.length : joint
    let sampleWidth = sampleWidth
    let weightWidth = weightWidth
    encoder = (0..<shape.layers).map { index in
      TransformerEncoderLayer(shape.settings(layer: index, width: sampleWidth), using: &random)
    }
    let hasDecoder = layout == .separate || layout == .jointDecoder
    decoder = (0..<(hasDecoder ? shape.layers : 0)).map { index in
      TransformerDecoderLayer(
        shape.settings(layer: index, width: weightWidth), memoryWidth: sampleWidth, using: &random)
    }
  }

  /// Writes the slices.
  ///
  /// - Parameters:
  ///   - features: `[episodes, samples, features]`.
  ///   - labels: `[episodes, samples]`, `int64`.
  ///   - ignored: `[episodes, samples]`, `bool`, or `nil`.
  ///   - previous: This layer's slices of an earlier step, `[episodes, count, length]`.
  ///   - pass: Mode and randomness.
  ///   - look: Sees the attention of every block.
  /// - Returns: The part of each slice's output that is used.
  mutating func callAsFunction(
    features: Tensor, labels: Tensor, ignored: Tensor?, after previous: Tensor? = nil,
    _ pass: inout Pass, _ look: AttentionLook? = nil
  ) -> Tensor {
    let codes = labelEmbedding.embedding(labels)
    let samples = Tensor(concatenating: [codes, features], along: 2).widened(to: sampleWidth)
    let weights = weightTokens(labels.extent(0), previous)
    let output: Tensor
    switch layout {
    case .joint:
      output = encoded(joined(weights, samples), joinedMask(ignored), &pass, look)
    case .jointDecoder:
      let sequence = joined(weights, samples)
      let mask = joinedMask(ignored)
      output = decoded(
        sequence, mask: mask, memory: encoded(sequence, mask, &pass, look), memoryMask: mask, &pass,
        look)
    case .separate:
      output = decoded(
        weights, mask: nil, memory: encoded(samples, ignored, &pass, look), memoryMask: ignored,
        &pass, look)
    case .simple: return readOut(encoded(samples, ignored, &pass, look), ignored)
    }
    let code = weightEmbedding.extent(1)
    return output.narrowed(along: 1, from: 0, count: slices.count)
      .narrowed(along: 2, from: code, count: slices.length)
  }

  /// `[episodes, slices, width]`: codes, and the slices of an earlier step or zeros.
  private func weightTokens(_ episodes: Int, _ previous: Tensor?) -> Tensor {
    guard let previous, carry != .none else {
      return weightEmbedding.widened(to: weightWidth).broadcast(to: [episodes, -1, -1])
    }
    let held = carryGate.map { previous * $0 } ?? previous
    let codes = weightEmbedding.broadcast(to: [episodes, -1, -1])
    return Tensor(concatenating: [codes, held], along: 2).widened(to: weightWidth)
  }

  private func joined(_ weights: Tensor, _ samples: Tensor) -> Tensor {
    Tensor(concatenating: [weights, samples], along: 1)
  }

  /// Weight tokens are never ignored.
  private func joinedMask(_ ignored: Tensor?) -> Tensor? {
    ignored?.padded([slices.count, 0])
  }

  private mutating func encoded(
    _ tokens: Tensor, _ ignored: Tensor?, _ pass: inout Pass, _ look: AttentionLook?
  ) -> Tensor {
    var x = tokens
    for index in encoder.indices {
      look?(index, false, encoder[index].attentionWeights(x, mask: ignored))
      x = encoder[index].forward(x, mask: ignored, &pass)
    }
    return x
  }

  private mutating func decoded(
    _ tokens: Tensor, mask: Tensor?, memory: Tensor, memoryMask: Tensor?, _ pass: inout Pass,
    _ look: AttentionLook?
  ) -> Tensor {
    var x = tokens
    for index in decoder.indices {
      look?(
        index, true,
        decoder[index].memoryAttentionWeights(x, memory: memory, mask: mask, memoryMask: memoryMask)
      )
      x = decoder[index].forward(
        x, memory: memory, mask: mask, memoryMask: memoryMask, &pass)
    }
    return x
  }

  /// The simple read-out: slice i is the mean of the samples' answers, weighted by how well their
  /// codes match the slice's.
  private func readOut(_ samples: Tensor, _ ignored: Tensor?) -> Tensor {
    let code = weightEmbedding.extent(1)
    let keys = samples.narrowed(along: 2, from: 0, count: code)
    var logits = weightEmbedding.matmul(keys.transposed())  // [episodes, slices, samples]
    if let ignored {
      // A large number instead of infinity keeps the mean finite where all samples are ignored.
      logits = logits.filled(where: ignored.expandingShape(at: 1), with: -1e8)
    }
    let answers = samples.narrowed(along: 2, from: code, count: slices.length)
    return logits.softmax().matmul(answers)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.parameter("labelEmbedding", &labelEmbedding)
    walk.parameter("weightEmbedding", &weightEmbedding)
    walk.parameter("carryGate", &carryGate)
    walk.children("transformer.encoder", &encoder)
    walk.children("transformer.decoder", &decoder)
  }
}

extension Tensor {
  /// Zeros appended to the last axis.
  func widened(to width: Int) -> Tensor {
    let missing = width - extent(-1)
    return missing == 0 ? self : padded([0, missing])
  }
}
