import Learning
import Randomness
import Runs
import Torch

/// The synapses between two layers of neurons.
///
/// Storing the two blocks that neurons read instead of the paper's square tensor gives the same
/// neurons; the blocks within a layer are 0 and stay out of Oja's sums.
public struct Synapses: Model {
  /// Forward weights, `[species, replicas, channels, senders, receivers]`.
  public var weight: Tensor
  /// Forward weights of the bias neuron, `[species, replicas, channels, 1, receivers]`.
  public var bias: Tensor
  /// Backward weights, `[species, replicas, channels, receivers, senders]`; absent where they are
  /// the transposed forward ones, and below the input layer, where nobody reads them.
  public var feedback: Tensor?

  /// Creates synapses from their weights.
  public init(weight: Tensor, bias: Tensor, feedback: Tensor? = nil) {
    self.weight = weight
    self.bias = bias
    self.feedback = feedback
  }

  /// Presents the weights.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
    walk.parameter("feedback", &feedback)
  }
}

/// A network that a learning rule teaches: what a step changes, as a value.
///
/// Axes: `species` rules side by side, `replicas` of the network per rule, each with data of its own.
public struct RuleNetwork: Model {
  /// The synapses, from the input on.
  public var synapses: [Synapses]
  /// The neurons after the last step, `[species, replicas, states, batch, neurons]` per layer
  /// without the input; empty before the first step and where neurons are cleared.
  public var neurons: [Tensor] = []
  /// Steps taken.
  public var step = 0

  /// Creates a network from its synapses.
  public init(synapses: [Synapses]) { self.synapses = synapses }

  /// Presents the synapses by number.
  public mutating func visit(_ walk: inout Walk) { walk.children("synapses", &synapses) }

  /// The neurons of every layer, input and output included.
  public var sizes: [Int] {
    [synapses[0].weight.extent(3)] + synapses.map { $0.weight.extent(4) }
  }
}

/// How new synapses are drawn.
public struct SynapseInitialization: RecipePart {
  /// The distributions.
  public enum Distribution: String, Sendable, Codable, CaseIterable {
    /// Normal with the scale as deviation.
    case normal
    /// Uniform between minus and plus the scale.
    case uniform
  }

  /// The distribution.
  public var distribution = Distribution.normal
  /// Its scale.
  public var scale = 0.1
  /// Whether the scale is divided by the root of senders + bias + receivers.
  public var dividesBySize = false
  /// Whether the genome's own scales are used instead: `initialScale` and `initialXavierScale`.
  public var usesGenomeScale = false
  /// Whether bias weights begin at 0.
  public var hasZeroBias = false
  /// Whether all episodes of a run begin with the same synapses.
  public var isFixed = false

  /// Normal with deviation 0.1.
  public init() {}

  /// Creates a distribution with the other settings' defaults.
  public init(_ distribution: Distribution, scale: Double) {
    self.distribution = distribution
    self.scale = scale
  }

  /// Refuses a negative scale.
  public func check() throws(InvalidSetting) {
    if !(scale >= 0 && scale.isFinite) {
      throw InvalidSetting("scale", "must be at least 0, got \(scale)")
    }
  }
}

extension UpdateRule {
  /// Creates a network with random synapses.
  ///
  /// All species get the same draws, so that a comparison of rules is one of rules alone.
  ///
  /// - Parameters:
  ///   - sizes: Neurons per layer, input and output included, at least two.
  ///   - replicas: Networks side by side.
  ///   - initialization: The distribution.
  ///   - random: Where weights come from.
  /// - Returns: A network of the genome's element type on its device.
  /// - Precondition: There are two layers or more, all with neurons.
  public func makeNetwork(
    sizes: [Int], replicas: Int = 1,
    initialization: SynapseInitialization = SynapseInitialization(),
    using random: inout RandomSource
  ) -> RuleNetwork {
    precondition(
      sizes.count >= 2 && sizes.allSatisfy { $0 > 0 }, "layers of \(sizes) make no network")
    let synapses = (0..<(sizes.count - 1)).map { layer in
      makeSynapses(
        layer: layer, from: sizes[layer], to: sizes[layer + 1], replicas: replicas, initialization,
        using: &random)
    }
    return RuleNetwork(synapses: synapses)
  }

  private func makeSynapses(
    layer: Int, from senders: Int, to receivers: Int, replicas: Int,
    _ initialization: SynapseInitialization, using random: inout RandomSource
  ) -> Synapses {
    let (type, device) = (genome.neuron.forward.elementType, genome.neuron.forward.device)
    let channels = options.sharesChannels ? 1 : stateCount
    func draw(_ rows: Int, _ columns: Int) -> Tensor {
      let shape = [1, replicas, channels, rows, columns]
      let drawn =
        switch initialization.distribution {
        case .normal: Tensor(normal: shape, using: &random, type)
        case .uniform: Tensor(uniform: shape, in: -1...1, using: &random, type)
        }
      return drawn.moved(to: device)
    }
    let scale = initialScale(layer, senders, receivers, initialization)
    let full = [genome.speciesCount, replicas, stateCount]
    func scaled(_ tensor: Tensor) -> Tensor {
      (tensor * scale).broadcast(to: full + tensor.shape.suffix(2)).rowMajor()
    }
    let weight = scaled(draw(senders, receivers))
    var bias = scaled(draw(1, receivers))
    if initialization.hasZeroBias { bias = bias.zerosLike() }
    var feedback: Tensor?
    if layer > 0, !options.tiesFeedback {
      feedback =
        options.isSymmetric
        ? weight.transposed().rowMajor() : scaled(draw(receivers, senders))
    }
    return Synapses(
      weight: layer == 0 ? channelsInside(weight) : weight, bias: bias, feedback: feedback)
  }

  /// The deviation of new weights, a scalar per species.
  private func initialScale(
    _ layer: Int, _ senders: Int, _ receivers: Int, _ initialization: SynapseInitialization
  ) -> Tensor {
    let entry = genome.entry(step: 0, layer: layer)
    var scale =
      initialization.usesGenomeScale
      ? entry.synapse.initialScale + entry.synapse.initialXavierScale
        * (2 / Double(senders + receivers)).squareRoot()
      : entry.synapse.initialScale.detached() * 0 + initialization.scale
    if initialization.dividesBySize {
      scale = scale / Double(senders + 1 + receivers).squareRoot()
    }
    return scale
  }
}

/// The same weights with memory in the order senders, channels, receivers, for which the product with
/// an input that all channels share is one large matrix product.
func channelsInside(_ weight: Tensor) -> Tensor {
  weight.permuted(0, 1, 3, 2, 4).rowMajor().permuted(0, 1, 3, 2, 4)
}
