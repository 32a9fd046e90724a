import Learning
import Randomness
import Torch

/// The numbers that make a learning rule: four small matrices and a few scalars, the same for every
/// neuron and synapse of every network.
///
/// Every leaf has the axes `[steps, layers, species, ...]`. An extent of 1 means that all share it:
/// by default one genome serves all steps and layers. Species are independent genomes that are used
/// side by side; their scalars may be common (extent 1) while their matrices differ.
///
/// Matrices are indexed `[source state, destination state]`, as in the released code; the paper
/// writes them the other way around.
///
/// - Paper: section 3.1, equations 7 to 9; table of the released `genome_util.py`.
public struct Genome: Model {
  /// What neurons do.
  public struct Neuron: Model {
    /// `ν`, the mixing of states in the forward sweep, `[..., states, states]`.
    public var forward: Tensor
    /// `μ`, the mixing of states in the backward sweep, `[..., states, states]`.
    public var backward: Tensor
    /// `f`, how much of an old state survives an additive update.
    public var keep: Tensor
    /// `η`, the gain of what arrives.
    public var update: Tensor
    /// The deviation of normalized activations.
    public var normScale: Tensor
    /// The mean of normalized activations.
    public var normShift: Tensor

    /// Presents the leaves.
    public mutating func visit(_ walk: inout Walk) {
      walk.parameter("forward", &forward)
      walk.parameter("backward", &backward)
      walk.parameter("keep", &keep)
      walk.parameter("update", &update)
      walk.parameter("normScale", &normScale)
      walk.parameter("normShift", &normShift)
    }
  }

  /// What synapses do.
  public struct Synapse: Model {
    /// The sender's mixing, `[..., source state, channel]`.
    public var pre: Tensor
    /// The receiver's mixing, `[..., channel, source state]`.
    public var post: Tensor
    /// `f̃`, how much of a weight survives a step.
    public var keep: Tensor
    /// `η̃`, the signed learning rate.
    public var update: Tensor
    /// The gain of Oja's decay; its absolute value counts.
    public var oja: Tensor
    /// The rate of exponential saturation; its absolute value counts.
    public var saturation: Tensor
    /// The norm of normalized columns.
    public var rescale: Tensor
    /// The largest size of a weight under `tanh` saturation.
    public var ceiling: Tensor
    /// The deviation of initial weights.
    public var initialScale: Tensor
    /// The part of that deviation that goes with `sqrt(2 / (senders + receivers))`.
    public var initialXavierScale: Tensor

    /// Presents the leaves.
    public mutating func visit(_ walk: inout Walk) {
      walk.parameter("pre", &pre)
      walk.parameter("post", &post)
      walk.parameter("keep", &keep)
      walk.parameter("update", &update)
      walk.parameter("oja", &oja)
      walk.parameter("saturation", &saturation)
      walk.parameter("rescale", &rescale)
      walk.parameter("ceiling", &ceiling)
      walk.parameter("initialScale", &initialScale)
      walk.parameter("initialXavierScale", &initialXavierScale)
    }
  }

  /// What neurons do.
  public var neuron: Neuron
  /// What synapses do after the backward sweep.
  public var synapse: Synapse
  /// What synapses do after the forward sweep, if they then do something of their own.
  public var forwardSynapse: Synapse?

  /// Presents the leaves under `neuron.`, `synapse.` and `forwardSynapse.`.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("neuron", &neuron)
    walk.child("synapse", &synapse)
    walk.child("forwardSynapse", &forwardSynapse)
  }

  /// How many states a neuron has and channels a synapse.
  public var stateCount: Int { neuron.forward.extent(-1) }
  /// How many steps have numbers of their own; the last one's serve all later steps.
  public var stepCount: Int { neuron.forward.extent(0) }
  /// How many layers have numbers of their own; 1 when all share them.
  public var layerCount: Int { neuron.forward.extent(1) }
  /// How many genomes are used side by side.
  public var speciesCount: Int { neuron.forward.extent(2) }

  /// The numbers a rule of one species has; those that its options never read are among them.
  public var numberCount: Int { parameterCount / max(speciesCount, 1) }

  /// One species alone.
  ///
  /// - Precondition: The species exists.
  public func species(_ index: Int) -> Genome {
    precondition(
      (0..<speciesCount).contains(index), "species \(index) of a genome with \(speciesCount)")
    return mapped { leaf in
      leaf.narrowed(along: 2, from: leaf.extent(2) == 1 ? 0 : index, count: 1).rowMajor()
    }
  }

  /// Several genomes of one shape side by side, as species.
  ///
  /// - Precondition: There is at least one, and all have the same states, steps and layers.
  public init(joining genomes: [Genome]) {
    precondition(!genomes.isEmpty, "no genome to join")
    let copies = genomes.map { $0.parameters.tensors }
    self = genomes[0]
    let joined = copies[0].indices.map { index in
      Tensor(concatenating: copies.map { $0[index] }, along: 2)
    }
    replaceParameters(joined)
  }

  /// Copies one species over all others: how a population is brought together.
  ///
  /// - Paper: appendix C.1, "synchronizing genomes across all runs".
  public func synchronized(to index: Int) -> Genome {
    mapped { leaf in
      guard leaf.extent(2) > 1 else { return leaf }
      var shape = leaf.shape.map { _ in 1 }
      shape[2] = leaf.extent(2)
      return leaf.narrowed(along: 2, from: index, count: 1).tiled(shape)
    }
  }
}
