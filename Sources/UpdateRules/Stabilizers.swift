import Torch

/// What keeps activations and weights in bounds.
///
/// - Paper: sections 3.4 to 3.6 and appendix B.
extension UpdateRule {
  /// Normalizes every neuron and state over the batch, with the genome's deviation and mean.
  ///
  /// The statistics are those of the batch at hand in learning and in judging alike. The output
  /// layer's prediction is not normalized.
  func normalizedOverBatch(_ sums: Tensor, _ entry: GenomeEntry) -> Tensor {
    let centered = sums - sums.mean(along: 3, keepingAxes: true)
    let variance = centered.squared().mean(along: 3, keepingAxes: true)
    let scale = (variance + 1e-5).rsqrt() * entry.neuron.normScale
    return entry.neuron.normShift.adding(productOf: centered, scale)
  }

  /// The sum over senders of squared weights, bias included, `[.., 1, receivers]`.
  func columnSquares(_ synapse: Synapses) -> Tensor {
    sumOfSquares(synapse.weight) + synapse.bias.squared()
  }

  /// The sum over the axis of senders of squared weights.
  func sumOfSquares(_ weight: Tensor) -> Tensor {
    weight.squared().sum(along: 3, keepingAxes: true)
  }

  /// What a column is multiplied by to have the norm 1, or the genome's.
  func columnScale(_ squares: Tensor, _ entry: GenomeEntry) -> Tensor {
    let scale = (squares + 1e-9).rsqrt()
    return options.rescalesNormalized ? scale * entry.synapse.rescale : scale
  }

  /// Synapses whose columns have the norm 1, or the genome's.
  func normalized(_ synapse: Synapses, _ entry: GenomeEntry) -> Synapses {
    let scale = columnScale(columnSquares(synapse), entry)
    var result = synapse
    result.weight = synapse.weight * scale
    result.bias = synapse.bias * scale
    result.feedback = synapse.feedback.map { $0 * columnScale(sumOfSquares($0), entry) }
    return result
  }
}
