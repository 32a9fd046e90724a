import Randomness
import Torch

/// How many numbers of their own a genome has.
public struct GenomeSharing: Sendable, Hashable {
  /// Steps with numbers of their own; 1 when all steps share them.
  public var steps: Int
  /// Layers of synapses with numbers of their own; 1 when all layers share them.
  public var layers: Int
  /// Genomes side by side.
  public var species: Int
  /// Whether all species have the same scalars (`shared_update_params`).
  public var sharesScalars: Bool

  /// Creates a way of sharing; without arguments there is one genome for all.
  public init(steps: Int = 1, layers: Int = 1, species: Int = 1, sharesScalars: Bool = false) {
    self.steps = steps
    self.layers = layers
    self.species = species
    self.sharesScalars = sharesScalars
  }
}

extension Genome {
  /// Creates a genome with random matrices, every entry normal.
  ///
  /// - Parameters:
  ///   - stateCount: States of a neuron, at least 2, because the label needs the second.
  ///   - sharing: How many numbers of their own it has.
  ///   - deviation: The deviation of the entries; the released code has 1, and 0.5 trains more
  ///     reliably.
  ///   - update: The first learning rate, of means over the batch.
  ///   - hasForwardSynapse: Whether synapses have matrices of their own after the forward sweep.
  ///   - random: Where the entries come from.
  ///   - type: The element type.
  /// - Precondition: All counts are positive and there are at least 2 states.
  public init(
    random stateCount: Int, sharing: GenomeSharing = GenomeSharing(), deviation: Double = 0.5,
    update: Double = 0.05, hasForwardSynapse: Bool = false, using random: inout RandomSource,
    _ type: ElementType = .float32
  ) {
    var source = random
    func matrix() -> Tensor {
      Tensor(
        normal: [sharing.steps, sharing.layers, sharing.species, stateCount, stateCount],
        standardDeviation: deviation, using: &source, type)
    }
    let matrices = (0..<4).map { _ in matrix() }
    let more = hasForwardSynapse ? (0..<2).map { _ in matrix() } : []
    random = source
    self.init(
      forward: matrices[0], backward: matrices[1], pre: matrices[2], post: matrices[3],
      sharing: sharing)
    synapse.update.fill(with: update)
    if hasForwardSynapse {
      var own = synapse
      own.pre = more[0]
      own.post = more[1]
      forwardSynapse = own
    }
  }

  /// Creates a genome from its matrices, `[states, states]` or with the axes
  /// `[steps, layers, species]` before them; scalars have their defaults.
  ///
  /// - Precondition: The matrices have one shape and at least 2 states.
  public init(
    forward: Tensor, backward: Tensor, pre: Tensor, post: Tensor,
    sharing: GenomeSharing = GenomeSharing()
  ) {
    let states = forward.extent(-1)
    let type = forward.elementType
    precondition(states >= 2, "a genome needs at least 2 states, not \(states)")
    let shape = [sharing.steps, sharing.layers, sharing.species, states, states]
    func matrix(_ tensor: Tensor) -> Tensor {
      precondition(
        tensor.shape.suffix(2) == [states, states],
        "matrices of a genome with \(states) states cannot have shape \(tensor.shape)")
      return tensor.rank == 5 ? tensor : tensor.broadcast(to: shape).rowMajor()
    }
    let scalars = [sharing.steps, sharing.layers, sharing.sharesScalars ? 1 : sharing.species]
    func scalar(_ value: Double) -> Tensor { Tensor(repeating: value, scalars, type) }
    neuron = Neuron(
      forward: matrix(forward), backward: matrix(backward), keep: scalar(1), update: scalar(1),
      normScale: scalar(1), normShift: scalar(0))
    synapse = Synapse(
      pre: matrix(pre), post: matrix(post), keep: scalar(1), update: scalar(-1e-3),
      oja: scalar(1), saturation: scalar(1), rescale: scalar(1), ceiling: scalar(1),
      initialScale: scalar(0.1), initialXavierScale: scalar(0))
  }

  /// Gradient descent as a genome of two states.
  ///
  /// - Parameters:
  ///   - learningRate: The step along the negative gradient of the mean loss.
  ///   - type: The element type.
  /// - Returns: The genome.
  /// - Paper: section 3.1: `ν = [[1, 1], [0, 0]]`, `μ = I`, pre `I`, post `[[0, 1], [1, 0]]`.
  public static func backpropagation(
    learningRate: Double, _ type: ElementType = .float32
  ) -> Genome {
    let identity = Tensor(identity: 2, type)
    var genome = Genome(
      forward: Tensor([[1.0, 1], [0, 0]]).cast(to: type), backward: identity, pre: identity,
      post: Tensor([[0.0, 1], [1, 0]]).cast(to: type))
    genome.synapse.update.fill(with: -learningRate)
    return genome
  }

  /// The same numbers for `count` layers or steps or species, each free to change from there.
  ///
  /// - Parameter sharing: The extents wanted; those of this genome must be 1 or equal.
  /// - Returns: A genome with those extents.
  public func expanded(to sharing: GenomeSharing) -> Genome {
    mapped { leaf in
      let isScalar = leaf.rank == 3
      let species = isScalar && sharing.sharesScalars ? 1 : sharing.species
      return leaf.broadcast(
        to: [sharing.steps, sharing.layers, species] + leaf.shape.dropFirst(3)
      ).rowMajor()
    }
  }
}
