import Torch

extension Tensor {
  /// Species, replicas and channels as one axis of matrices.
  var matrices: Tensor { flattened(from: 0, through: 2) }

  /// A vector over channels, `[species or 1, 1, channels]`, as `[.., channels, 1, 1]`.
  var perChannel: Tensor { expandingShape(at: 3).expandingShape(at: 4) }

  /// The first channel of a matrix `[.., states, channels]` alone, where all channels are one.
  func firstChannel(if isShared: Bool) -> Tensor {
    isShared ? narrowed(along: -1, from: 0, count: 1) : self
  }
}

/// The input layer: one value per neuron in the first state, 0 in the others; it is never updated.
///
/// Because only the first state is there, the products of all channels with the first synapses are
/// one matrix product.
struct InputLayer {
  /// `[species or 1, replicas, batch, neurons]`.
  let values: Tensor
  /// The same with the last two axes exchanged, laid out by rows.
  let transposed: Tensor

  init(_ values: Tensor) {
    self.values = values
    transposed = values.transposed().rowMajor()
  }

  var batchSize: Int { values.extent(2) }

  /// `out[s, r, l, b, j] = Σ_i x[s, r, b, i] w[s, r, l, i, j]`.
  func product(_ weight: Tensor) -> Tensor {
    Self.product(values, weight.permuted(0, 1, 3, 2, 4)).permuted(0, 1, 3, 2, 4)
  }

  /// `out[s, r, l, i, j] = Σ_b x[s, r, b, i] q[s, r, l, b, j]`, in memory like the first synapses.
  func correlation(_ activity: Tensor) -> Tensor {
    Self.product(transposed, activity.permuted(0, 1, 3, 2, 4)).permuted(0, 1, 3, 2, 4)
  }

  /// `[s, r, a, b]` times `[s, r, b, channels, c]`.
  private static func product(_ left: Tensor, _ right: Tensor) -> Tensor {
    let (species, replicas) = (right.extent(0), right.extent(1))
    let wide = right.flattened(from: 3, through: 4)
    let shape = [species, replicas, left.extent(2), right.extent(3), right.extent(4)]
    if species == 1, replicas == 1 {
      return left[0, 0].matmul(wide[0, 0]).reshaped(to: shape)
    }
    let copies = left.broadcast(to: [species, replicas, left.extent(2), left.extent(3)])
    return copies.flattened(from: 0, through: 1).batchMatmul(wide.flattened(from: 0, through: 1))
      .reshaped(to: shape)
  }
}

/// The neurons of layers as synapses see them: states mixed for a sender or a receiver, each once.
///
/// A layer is the sender of the synapses above it and the receiver of those below, and the other way
/// around for backward weights, so most mixtures are wanted twice.
struct HebbianMixtures {
  /// Layers without the input, as seen from above and from below.
  let senders: [Tensor]
  let receivers: [Tensor]
  private var known: [Key: Tensor] = [:]

  private struct Key: Hashable {
    var layer: Int
    var isSender: Bool
    var isPre: Bool
    var entry: Int
  }

  /// Whether layers are the same from both sides.
  private let isCommon: Bool

  /// Layers without the input; `senders` only where they are others from above.
  init(_ receivers: [Tensor], senders: [Tensor]? = nil) {
    self.senders = senders ?? receivers
    self.receivers = receivers
    isCommon = senders == nil
  }

  /// A layer mixed by a matrix of the genome.
  ///
  /// - Parameters:
  ///   - layer: Which one, without the input.
  ///   - isSender: Whether it is seen from above.
  ///   - isPre: Whether `pre` is used, else `post`.
  ///   - entry: Which layer's numbers of the genome.
  ///   - matrix: The matrix, made only if the mixture is not known.
  /// - Returns: The mixed layer.
  mutating func mixture(
    _ layer: Int, isSender: Bool, isPre: Bool, entry: Int, by matrix: () -> Tensor
  ) -> Tensor {
    let key = Key(layer: layer, isSender: isSender || isCommon, isPre: isPre, entry: entry)
    if let found = known[key] { return found }
    let mixture = (isSender ? senders : receivers)[layer].mixingStates(by: matrix())
    known[key] = mixture
    return mixture
  }
}
