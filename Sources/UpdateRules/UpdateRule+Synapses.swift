import Torch

/// The Hebbian change of synapses.
extension UpdateRule {
  /// The synapses of a layer after a step.
  ///
  /// `D[i, j, o] = Σ_b (Σ_k q[b, i, k] pre[k, o]) (Σ_l post[o, l] q[b, j, l])`, where `q` are the
  /// neurons at both ends; for backward weights the ends exchange their parts.
  ///
  /// - Parameters:
  ///   - old: The synapses before.
  ///   - index: Which of the network's synapses they are.
  ///   - part: The genome's numbers.
  ///   - input: The input layer.
  ///   - mixtures: The layers that the synapses join.
  /// - Returns: The synapses after the step.
  func updated(
    _ old: Synapses, _ index: Int, _ part: GenomeEntry.Synapse, _ input: InputLayer,
    _ mixtures: inout HebbianMixtures
  ) -> Synapses {
    let isShared = options.sharesChannels
    let rate = options.averagesBatch ? part.update / Double(input.batchSize) : part.update
    let post = postMixture(&mixtures, index, isSender: false, index, part)
    let scaled = post * rate
    var result = old
    let decay = self.decay(part, columnSquares: { columnSquares(old) }, activity: post)
    let biasMixing = part.pre.sum(along: 2).firstChannel(if: isShared).perChannel
    result.bias = grown(
      old.bias, by: scaled.sum(along: 3, keepingAxes: true) * biasMixing, decay: decay, part)
    let change: Tensor
    if index == 0 {
      let mixing = part.pre.slice(at: 0, along: 2).firstChannel(if: isShared).perChannel
      change = input.correlation(scaled * mixing)
    } else {
      change = correlation(preMixture(&mixtures, index - 1, isSender: true, index, part), scaled)
    }
    result.weight = grown(old.weight, by: change, decay: decay, part)
    if let feedback = old.feedback {
      result.feedback = updatedFeedback(feedback, change, index, part, rate, input, &mixtures)
    }
    return result
  }

  private func updatedFeedback(
    _ feedback: Tensor, _ forwardChange: Tensor, _ index: Int, _ part: GenomeEntry.Synapse,
    _ rate: Tensor, _ input: InputLayer, _ mixtures: inout HebbianMixtures
  ) -> Tensor {
    let post =
      index > 0
      ? postMixture(&mixtures, index - 1, isSender: true, index, part)
      : input.states(stateCount).mixingStates(by: postMatrix(part))
    let change =
      options.isSymmetric
      ? forwardChange.transposed()
      : correlation(preMixture(&mixtures, index, isSender: false, index, part), post * rate)
    let decay = self.decay(part, columnSquares: { sumOfSquares(feedback) }, activity: post)
    return grown(feedback, by: change, decay: decay, part)
  }

  private func postMatrix(_ part: GenomeEntry.Synapse) -> Tensor {
    part.post.transposed().firstChannel(if: options.sharesChannels)
  }

  private func preMixture(
    _ mixtures: inout HebbianMixtures, _ layer: Int, isSender: Bool, _ synapses: Int,
    _ part: GenomeEntry.Synapse
  ) -> Tensor {
    mixtures.mixture(
      layer, isSender: isSender, isPre: true, entry: min(synapses, genome.layerCount - 1)
    ) { part.pre.firstChannel(if: options.sharesChannels) }
  }

  private func postMixture(
    _ mixtures: inout HebbianMixtures, _ layer: Int, isSender: Bool, _ synapses: Int,
    _ part: GenomeEntry.Synapse
  ) -> Tensor {
    mixtures.mixture(
      layer, isSender: isSender, isPre: false, entry: min(synapses, genome.layerCount - 1)
    ) { postMatrix(part) }
  }

  /// `Σ_b left[b, i] right[b, j]` per channel.
  private func correlation(_ left: Tensor, _ right: Tensor) -> Tensor {
    left.transposed().matrices.batchMatmul(right.matrices)
      .unflattened(0, into: Array(left.shape.prefix(3)))
  }

  /// What survives of a weight: `f̃`, less Oja's decay of its column.
  ///
  /// Oja's term is `-|oja| sign(η̃) w Σ`, multiplied by `η̃` like every change, so it always decays.
  private func decay(
    _ part: GenomeEntry.Synapse, columnSquares: () -> Tensor, activity: Tensor
  ) -> Tensor {
    let rate = part.update.abs() * part.oja.abs()
    switch options.ojaDecay {
    case .none: return part.keep
    case .weights: return part.keep - columnSquares() * rate
    case .activations:
      let squares = activity.squared()
      let sum =
        options.averagesBatch
        ? squares.mean(along: 3, keepingAxes: true) : squares.sum(along: 3, keepingAxes: true)
      return part.keep - sum * rate
    }
  }

  /// A weight after its change, limited as the options say.
  private func grown(
    _ weight: Tensor, by change: Tensor, decay: Tensor, _ part: GenomeEntry.Synapse
  ) -> Tensor {
    switch options.saturation {
    case .none: return change.adding(weight, decayedBy: decay)
    case .exponential:
      let step = change.adding(weight, decayedBy: decay - 1)
      let rate = part.saturation.abs() + options.saturationFloor
      return weight + step * (-(weight.abs() * rate)).exp()
    case .tanh:
      let grown = change.adding(weight, decayedBy: decay)
      return (grown / part.ceiling).tanh() * part.ceiling
    }
  }
}

extension InputLayer {
  /// The layer with all its states, `[species or 1, replicas, states, batch, neurons]`.
  func states(_ count: Int) -> Tensor {
    let first = values.expandingShape(at: 2)
    var shape = first.shape
    shape[2] = count - 1
    return Tensor(
      concatenating: [first, Tensor(zeros: shape, first.elementType, on: first.device)], along: 2)
  }
}
