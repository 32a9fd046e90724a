import Torch

extension Tensor {
  /// Mixes the states of neurons: `out[..., l, b, n] = Σ_k self[..., k, b, n] matrix[k, l]`.
  ///
  /// - Parameter matrix: `[species or 1, 1, states, channels]`.
  /// - Returns: `[species, replicas, channels, batch, neurons]`.
  func mixed(by matrix: Tensor) -> Tensor {
    let (batch, width) = (extent(3), extent(4))
    return matrix.transposed().matmul(flattened(from: 3, through: 4))
      .unflattened(3, into: [batch, width])
  }

  /// Species, replicas and channels as one axis of matrices.
  var matrices: Tensor { flattened(from: 0, through: 2) }

  /// A vector over channels, `[species or 1, 1, channels]`, as `[.., channels, 1, 1]`.
  var perChannel: Tensor { expandingShape(at: 3).expandingShape(at: 4) }

  /// The first channel alone where all channels are one.
  func channels(shared: Bool) -> Tensor {
    shared ? narrowed(along: 2, from: 0, count: 1) : self
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
      return left[0, 0].product(wide[0, 0]).reshaped(to: shape)
    }
    let copies = left.broadcast(to: [species, replicas, left.extent(2), left.extent(3)])
    return copies.flattened(from: 0, through: 1).batchMatmul(wide.flattened(from: 0, through: 1))
      .reshaped(to: shape)
  }
}
