import Torch

/// The numbers of a genome for one step and one layer of synapses, shaped to be multiplied with
/// neurons and synapses.
///
/// Matrices are `[species, 1, states, states]`, scalars `[species, 1, 1, 1, 1]`.
struct GenomeEntry {
  struct Neuron {
    var forward: Tensor
    var backward: Tensor
    var keep: Tensor
    var update: Tensor
    var normScale: Tensor
    var normShift: Tensor
  }

  struct Synapse {
    var pre: Tensor
    var post: Tensor
    var keep: Tensor
    var update: Tensor
    var oja: Tensor
    var saturation: Tensor
    var rescale: Tensor
    var ceiling: Tensor
    var initialScale: Tensor
    var initialXavierScale: Tensor
  }

  var neuron: Neuron
  var synapse: Synapse
  var forwardSynapse: Synapse?
}

extension Genome {
  /// The numbers for a step and a layer; steps beyond the last take the last one's.
  func entry(step: Int, layer: Int) -> GenomeEntry {
    func leaf(_ tensor: Tensor) -> Tensor {
      tensor.slice(at: min(step, tensor.extent(0) - 1), along: 0)
        .slice(at: min(layer, tensor.extent(1) - 1), along: 0)
    }
    func matrix(_ tensor: Tensor) -> Tensor { leaf(tensor).expandingShape(at: 1) }
    func scalar(_ tensor: Tensor) -> Tensor { leaf(tensor).reshaped(-1, 1, 1, 1, 1) }
    func synapse(_ part: Synapse) -> GenomeEntry.Synapse {
      GenomeEntry.Synapse(
        pre: matrix(part.pre), post: matrix(part.post), keep: scalar(part.keep),
        update: scalar(part.update), oja: scalar(part.oja), saturation: scalar(part.saturation),
        rescale: scalar(part.rescale), ceiling: scalar(part.ceiling),
        initialScale: scalar(part.initialScale),
        initialXavierScale: scalar(part.initialXavierScale))
    }
    return GenomeEntry(
      neuron: GenomeEntry.Neuron(
        forward: matrix(neuron.forward), backward: matrix(neuron.backward),
        keep: scalar(neuron.keep), update: scalar(neuron.update),
        normScale: scalar(neuron.normScale), normShift: scalar(neuron.normShift)),
      synapse: synapse(self.synapse), forwardSynapse: forwardSynapse.map(synapse))
  }
}
