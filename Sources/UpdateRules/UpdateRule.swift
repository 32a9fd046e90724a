import Learning
import Torch

/// A learning rule: what one step on a batch does to a network.
///
/// Every neuron carries `k` states and every synapse `k` channels. A step runs forward, writes the
/// labels into the second state of the output layer, runs backward, and lets every synapse change by
/// a Hebbian product of its two ends. No loss and no gradient is computed; what the rule does is
/// decided by the few numbers of its ``Genome``. Stochastic gradient descent is one of the rules.
///
/// - Paper: Sandler, Vladymyrov, Zhmoginov, Miller, Jackson, Madams and Agüera y Arcas,
///   *Meta-Learning Bidirectional Update Rules* (ICML 2021, arXiv 2104.04657).
///
/// ```swift
/// var random = RandomSource(seed: 1)
/// let rule = UpdateRule(Genome(random: 4, using: &random), RuleOptions())
/// var network = rule.makeNetwork(sizes: [784, 256, 128, 10], using: &random)
/// rule.learn(&network, inputs: images, targets: labels)  // one step
/// let outputs = rule.outputs(of: network, inputs: more)  // [species, replicas, batch, classes]
/// ```
public struct UpdateRule: Sendable {
  /// Turns outputs and targets into what the second state of the output layer becomes.
  ///
  /// Both arguments and the result are `[species, replicas, batch, classes]`.
  public typealias Feedback = @Sendable (_ output: Tensor, _ target: Tensor) -> Tensor

  /// The numbers.
  public var genome: Genome
  /// What is done with them.
  public var options: RuleOptions
  /// What is written into the output layer.
  public var feedback: Feedback

  /// Creates a rule.
  ///
  /// - Parameters:
  ///   - genome: Its numbers.
  ///   - options: What is done with them.
  ///   - feedback: What is written into the output layer; `nil` takes that of the options.
  public init(_ genome: Genome, _ options: RuleOptions, feedback: Feedback? = nil) {
    self.genome = genome
    self.options = options
    self.feedback = feedback ?? options.feedback.function
  }

  /// How many states a neuron has.
  public var stateCount: Int { genome.stateCount }

  /// Takes one step: the network learns from a batch.
  ///
  /// - Parameters:
  ///   - network: What learns.
  ///   - inputs: `[batch, neurons]`, or `[species or 1, replicas, batch, neurons]`.
  ///   - targets: `[batch, classes]` or `[species or 1, replicas, batch, classes]`; +1 for the true
  ///     class, -1 for others.
  /// - Returns: The outputs before anything was learned, `[species, replicas, batch, classes]`.
  /// - Complexity: Products of `k` channels with every synapse, two to four times per step. Under
  ///   differentiation, memory grows by one copy of neurons and synapses per step.
  @discardableResult
  public func learn(_ network: inout RuleNetwork, inputs: Tensor, targets: Tensor) -> Tensor {
    let entries = entries(step: network.step, layers: network.synapses.count)
    let input = InputLayer(inputs.withReplicas)
    let targets = targets.withReplicas
    if options.synapseNormalization == .stored {
      network.synapses = zip(network.synapses, entries).map { normalized($0, $1) }
    }
    let before = network.neurons
    let forward = sweepForward(input, network.synapses, entries, before: before)
    let output = forward[forward.count - 1].slice(at: 0, along: 2)
    if options.updatesForward {
      var mixtures = HebbianMixtures(forward)
      network.synapses = network.synapses.indices.map { layer in
        let part = entries[layer].forwardSynapse ?? entries[layer].synapse
        return updated(network.synapses[layer], layer, part, input, &mixtures)
      }
    }
    var neurons = forward
    if network.step % options.supervisedEvery == 0 {
      neurons[neurons.count - 1] = withFeedback(neurons[neurons.count - 1], output, targets)
      sweepBackward(&neurons, network.synapses, entries)
      var mixtures = HebbianMixtures(
        neurons, senders: options.usesForwardActivations ? forward : nil)
      network.synapses = network.synapses.indices.map { layer in
        updated(network.synapses[layer], layer, entries[layer].synapse, input, &mixtures)
      }
    }
    network.neurons = options.clearsNeurons ? [] : neurons
    network.step += 1
    return output
  }

  /// Runs a network forward; nothing is learned.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - inputs: As in ``learn(_:inputs:targets:)``.
  /// - Returns: The first state of the output layer, `[species, replicas, batch, classes]`.
  public func outputs(of network: RuleNetwork, inputs: Tensor) -> Tensor {
    let layers = neurons(of: network, inputs: inputs)
    return layers[layers.count - 1].slice(at: 0, along: 2)
  }

  /// All neurons of a forward run, `[species, replicas, states, batch, neurons]` per layer without
  /// the input.
  public func neurons(of network: RuleNetwork, inputs: Tensor) -> [Tensor] {
    let entries = entries(step: network.step, layers: network.synapses.count)
    var synapses = network.synapses
    if options.synapseNormalization == .stored {
      synapses = zip(synapses, entries).map { normalized($0, $1) }
    }
    return sweepForward(
      InputLayer(inputs.withReplicas), synapses, entries, before: network.neurons)
  }

  /// The genome's numbers for every layer of synapses.
  private func entries(step: Int, layers: Int) -> [GenomeEntry] {
    let own = (0..<min(genome.layerCount, layers)).map { genome.entry(step: step, layer: $0) }
    return (0..<layers).map { own[min($0, own.count - 1)] }
  }

  /// The output layer after the label: first state, feedback, zeros.
  private func withFeedback(_ neurons: Tensor, _ output: Tensor, _ targets: Tensor) -> Tensor {
    let first = neurons.narrowed(along: 2, from: 0, count: 1)
    let second = feedback(output, targets).expandingShape(at: 2)
    var states = [first, second.broadcast(to: first.shape)]
    if stateCount > 2 {
      var shape = first.shape
      shape[2] = stateCount - 2
      states.append(Tensor(zeros: shape, first.elementType, on: first.device))
    }
    return Tensor(concatenating: states, along: 2)
  }
}

extension Tensor {
  /// With the axes of species and replicas in front, where they are missing.
  var withReplicas: Tensor {
    switch rank {
    case 2: expandingShape(at: 0).expandingShape(at: 0)
    case 3: expandingShape(at: 0)
    default: self
    }
  }
}

extension RuleOptions.FeedbackKind {
  /// The feedback as a function.
  var function: UpdateRule.Feedback {
    switch self {
    case .label: { _, target in target }
    case .crossEntropyGradient: { output, target in output.softmax(along: -1) - (target + 1) / 2 }
    case .squaredErrorGradient: { output, target in output - target }
    }
  }
}
