import Torch

/// The numbers of a genome that a search without gradients changes, as one flat vector.
///
/// Numbers that the rule's options never read are left out, and each has the natural step that makes
/// a unit of the search about equally important in every coordinate: 1 for matrices, 0.3 for `f` and
/// `η`, 0.02 for `f̃`, 0.1 for `η̃` (of means over the batch).
public struct GenomeCoordinates: Sendable {
  /// The names of the leaves that are searched, in order.
  public let names: [String]
  private let scalesByName: [String: Double]
  private let template: Genome

  /// Chooses the coordinates.
  ///
  /// - Parameters:
  ///   - template: The genome to start from; numbers that are not searched keep its values.
  ///   - options: What the rule does.
  ///   - initialization: How synapses are drawn, which may use numbers of the genome.
  /// - Precondition: The template has one species.
  public init(
    _ template: Genome, options: RuleOptions,
    initialization: SynapseInitialization = SynapseInitialization()
  ) {
    precondition(
      template.speciesCount == 1, "a search needs one genome, not \(template.speciesCount)")
    self.template = template
    let scales = Self.scales(options, initialization)
    scalesByName = scales
    names = template.parameters.names.filter { scales[$0] != nil }
  }

  private static func scales(
    _ options: RuleOptions, _ initialization: SynapseInitialization
  ) -> [String: Double] {
    var scales = [
      "neuron.forward": 1.0, "neuron.backward": 1, "neuron.keep": 0.3, "neuron.update": 0.3,
    ]
    if options.activationNormalization != .none {
      scales["neuron.normScale"] = 0.3
      scales["neuron.normShift"] = 0.3
    }
    for part in ["synapse", "forwardSynapse"] {
      scales["\(part).pre"] = 1
      scales["\(part).post"] = 1
      scales["\(part).keep"] = 0.02
      scales["\(part).update"] = options.averagesBatch ? 0.1 : 1e-3
      if options.ojaDecay != .none { scales["\(part).oja"] = 0.5 }
      if options.saturation == .exponential { scales["\(part).saturation"] = 0.3 }
      if options.saturation == .tanh { scales["\(part).ceiling"] = 0.3 }
    }
    if options.rescalesNormalized { scales["synapse.rescale"] = 0.3 }
    if initialization.usesGenomeScale {
      scales["synapse.initialScale"] = 0.05
      scales["synapse.initialXavierScale"] = 0.3
    }
    return scales
  }

  /// The template's numbers: where a search begins.
  public var start: [Double] { values(of: template) }

  /// The natural step of every coordinate.
  public var scales: [Double] {
    let parameters = template.parameters
    return names.flatMap { name in
      [Double](repeating: scalesByName[name] ?? 1, count: parameters[name]?.count ?? 0)
    }
  }

  /// The searched numbers of a genome.
  public func values(of genome: Genome) -> [Double] {
    let parameters = genome.parameters
    return names.flatMap { parameters[$0]?.toDoubles() ?? [] }
  }

  /// The genome at a point.
  ///
  /// - Precondition: There are as many values as coordinates.
  public func genome(at values: [Double]) -> Genome {
    var genome = template
    var position = 0
    genome.forEachParameter { name, leaf in
      guard scalesByName[name] != nil else { return }
      precondition(
        position + leaf.count <= values.count,
        "\(values.count) values for a genome with more coordinates")
      let part = Array(values[position..<(position + leaf.count)])
      leaf = Tensor(part, shape: leaf.shape).cast(to: leaf.elementType).moved(to: leaf.device)
      position += leaf.count
    }
    precondition(position == values.count, "\(values.count) values for \(position) coordinates")
    return genome
  }
}
