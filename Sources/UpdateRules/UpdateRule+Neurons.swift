import Torch

/// The two sweeps over neurons.
extension UpdateRule {
  /// Every layer from its predecessor, the first hidden layer first.
  func sweepForward(
    _ input: InputLayer, _ synapses: [Synapses], _ entries: [GenomeEntry], before: [Tensor]
  ) -> [Tensor] {
    var layers: [Tensor] = []
    for (index, synapse) in synapses.enumerated() {
      let entry = entries[index]
      var arriving = arrivingForward(input, layers.last, synapse, entry)
      if !options.clearsNeurons, before.indices.contains(index) {
        arriving = arriving.adding(productOf: before[index], entry.neuron.keep)
      }
      let isLast = index == synapses.count - 1
      if !isLast, [.forward, .both].contains(options.activationNormalization) {
        arriving = normalizedOverBatch(arriving, entry)
      }
      layers.append((isLast ? options.outputActivation : options.forwardActivation)(arriving))
    }
    return layers
  }

  /// `η Σ_i,k ā[i, k] ν[k, l] w[i, j, l]`; the bias neuron is 1 in every state.
  private func arrivingForward(
    _ input: InputLayer, _ sender: Tensor?, _ synapse: Synapses, _ entry: GenomeEntry
  ) -> Tensor {
    let mixing = entry.neuron.forward * entry.neuron.update.squeezed(at: -1)
    let bias = synapse.bias * mixing.sum(along: 2).perChannel
    let sums: Tensor
    if let sender {
      let mixed = sender.mixingStates(by: mixing)
      sums = bias.matrices.adding(batchProductOf: mixed.matrices, synapse.weight.matrices)
        .unflattened(0, into: Array(synapse.weight.shape.prefix(3)))
    } else {
      // Only the first state of the input is not 0.
      sums = bias.adding(
        productOf: input.product(synapse.weight), mixing.slice(at: 0, along: 2).perChannel)
    }
    guard options.synapseNormalization == .activations else { return sums }
    // Dividing a column by its norm is dividing what arrives through it.
    return sums * columnScale(columnSquares(synapse), entry)
  }

  /// Every hidden layer from its successor, which has changed already, the last one first.
  func sweepBackward(
    _ layers: inout [Tensor], _ synapses: [Synapses], _ entries: [GenomeEntry]
  ) {
    for index in (0..<(layers.count - 1)).reversed() {
      let (synapse, entry) = (synapses[index + 1], entries[index + 1])
      let isAdditive = options.backwardUpdate == .additive
      let gain = entry.neuron.update.squeezed(at: -1)
      let mixing = isAdditive ? entry.neuron.backward * gain : entry.neuron.backward
      let weight = synapse.feedback ?? synapse.weight.transposed()
      var arriving = layers[index + 1].mixingStates(by: mixing).matrices
        .batchMatmul(weight.matrices)
        .unflattened(0, into: Array(weight.shape.prefix(3)))
      if options.synapseNormalization == .activations {
        arriving = arriving * columnScale(sumOfSquares(weight), entry)
      }
      layers[index] = neuronsBackward(layers[index], arriving, entry)
    }
  }

  private func neuronsBackward(
    _ neurons: Tensor, _ arriving: Tensor, _ entry: GenomeEntry
  ) -> Tensor {
    let activation = options.backwardActivation
    switch options.backwardUpdate {
    case .additive:
      var sums = arriving.adding(productOf: neurons, entry.neuron.keep)
      if [.backward, .both].contains(options.activationNormalization) {
        sums = normalizedOverBatch(sums, entry)
      }
      return activation(sums)
    case .multiplicative:
      return activation(neurons * arriving * entry.neuron.keep)
    case .multiplicativeSecondState:
      let first = neurons.narrowed(along: 2, from: 0, count: 1)
      let rest = (from: 1, count: stateCount - 1)
      let others =
        neurons.narrowed(along: 2, from: rest.from, count: rest.count)
        * arriving.narrowed(along: 2, from: rest.from, count: rest.count)
      return activation(Tensor(concatenating: [first, others], along: 2) * entry.neuron.keep)
    }
  }
}
