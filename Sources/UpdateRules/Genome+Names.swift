import Learning
import Torch

/// Genomes under the slash names of the released code, such as `synapse/transform/pre`.
extension Genome {
  /// One species' numbers by the released names: a flat dictionary that scripts in any language read.
  ///
  /// `neuron/transform` is the `2k x 2k` matrix of the released code, whose upper right block is the
  /// forward mixing and whose lower left block is the backward mixing.
  ///
  /// - Parameter species: Which one.
  /// - Returns: Tensors without the axis of species, with those of steps and layers only where the
  ///   genome has more than one.
  public func slashNamed(species: Int = 0) -> [String: Tensor] {
    let one = self.species(species)
    var result = one.neuron.slashNamed
    result.merge(one.synapse.slashNamed("synapse")) { $1 }
    if let own = one.forwardSynapse {
      result.merge(own.slashNamed("forward_synapse")) { $1 }
    }
    return result.mapValues { leaf in
      var kept = leaf.slice(at: 0, along: 2)
      if layerCount == 1 { kept = kept.slice(at: 0, along: 1) }
      if stepCount == 1 { kept = kept.slice(at: 0, along: 0) }
      return kept
    }
  }

  /// Takes over the numbers of a flat dictionary; what is missing keeps its value.
  ///
  /// - Parameters:
  ///   - values: As ``slashNamed(species:)`` gives them, for a genome of as many steps and layers.
  ///   - origin: Where they come from, for messages.
  /// - Returns: The names that were missing, to warn about.
  /// - Throws: ``RuleError`` for a name no genome has, another number of states, a shape that does not
  ///   fit, and numbers that are not finite; the genome is unchanged then.
  public mutating func take(
    _ values: [String: Tensor], origin: String = "genome"
  ) throws(RuleError) -> [String] {
    let own = slashNamed()
    if let unknown = values.keys.sorted().first(where: { own[$0] == nil }) {
      throw .number(
        origin: origin, name: unknown,
        reason: "is no number of a genome; known are \(own.keys.sorted().joined(separator: ", "))")
    }
    if let matrix = values["synapse/transform/pre"], matrix.rank >= 2,
      matrix.extent(-1) != stateCount
    {
      throw .states(origin: origin, found: matrix.extent(-1), expected: stateCount)
    }
    var merged = own
    for (name, value) in values {
      guard let old = own[name], old.shape == value.shape else {
        throw .number(
          origin: origin, name: name,
          reason: "has shape \(value.shape), expected \(own[name]?.shape ?? [])")
      }
      guard value.isFinite().allTrue() else {
        throw .number(origin: origin, name: name, reason: "is not finite; a rule needs numbers")
      }
      merged[name] = value.cast(to: old.elementType)
    }
    replace(with: merged)
    return own.keys.filter { values[$0] == nil }.sorted()
  }

  private mutating func replace(with values: [String: Tensor]) {
    let (steps, layers) = (stepCount, layerCount)
    func full(_ name: String, _ rank: Int) -> Tensor {
      guard let value = values[name] else { preconditionFailure("no value for \(name)") }
      return value.reshaped(to: [steps, layers, 1] + value.shape.suffix(rank))
    }
    func synapse(_ part: Synapse, _ name: String) -> Synapse {
      var part = part
      part.pre = full("\(name)/transform/pre", 2)
      part.post = full("\(name)/transform/post", 2)
      for (key, path) in Synapse.scalars { part[keyPath: path] = full("\(name)/\(key)", 0) }
      return part
    }
    let transform = full("neuron/transform", 2)
    let states = stateCount
    neuron.forward = transform[.rest, 0..<states, states...].rowMajor()
    neuron.backward = transform[.rest, states..., 0..<states].rowMajor()
    for (key, path) in Neuron.scalars { neuron[keyPath: path] = full("neuron/\(key)", 0) }
    self.synapse = synapse(self.synapse, "synapse")
    forwardSynapse = forwardSynapse.map { synapse($0, "forward_synapse") }
  }
}

extension Genome.Neuron {
  /// The scalars with their released names.
  fileprivate static var scalars: [(String, WritableKeyPath<Genome.Neuron, Tensor>)] {
    [
      ("keep", \.keep), ("update", \.update), ("norm_multiplier", \.normScale),
      ("norm_shift", \.normShift),
    ]
  }

  fileprivate var slashNamed: [String: Tensor] {
    let zeros = forward.zerosLike()
    let upper = Tensor(concatenating: [zeros, forward], along: -1)
    let lower = Tensor(concatenating: [backward, zeros], along: -1)
    var result = ["neuron/transform": Tensor(concatenating: [upper, lower], along: -2)]
    for (key, path) in Self.scalars { result["neuron/\(key)"] = self[keyPath: path] }
    return result
  }
}

extension Genome.Synapse {
  /// The scalars with their released names; `ceiling` is ours, for the released code's learned
  /// activation function of synapses.
  fileprivate static var scalars: [(String, WritableKeyPath<Genome.Synapse, Tensor>)] {
    [
      ("keep", \.keep), ("update", \.update), ("transform/ojas_multiplier", \.oja),
      ("saturation", \.saturation), ("rescale_to", \.rescale), ("ceiling", \.ceiling),
      ("synapse_init_std", \.initialScale), ("synapse_init_xavier_std", \.initialXavierScale),
    ]
  }

  fileprivate func slashNamed(_ name: String) -> [String: Tensor] {
    var result = ["\(name)/transform/pre": pre, "\(name)/transform/post": post]
    for (key, path) in Self.scalars { result["\(name)/\(key)"] = self[keyPath: path] }
    return result
  }
}
