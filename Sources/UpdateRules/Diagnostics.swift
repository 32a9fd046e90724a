import Learning
import Randomness
import Torch

/// Sizes of a network's numbers after a step.
public struct NetworkNorms: Sendable, Hashable, Codable {
  /// Steps taken.
  public var step: Int
  /// Root mean square of the forward weights of every layer, bias included.
  public var weights: [Double]
  /// Root mean square of the first state of every layer, without the input.
  public var activations: [Double]
  /// Accuracy on the step's fresh batch, before it was learned from.
  public var accuracy: Double
}

/// What long learning runs do: do weights stay bounded, does the network stay able to learn?
///
/// - Paper: section 4.7, figures 15 and 16.
extension UpdateRule {
  /// Teaches a network for long, with labels drawn at random from some step on.
  ///
  /// A network that is still plastic forgets what it knew once labels become random, so its accuracy
  /// on true labels falls to chance; one whose weights have frozen keeps it.
  ///
  /// - Parameters:
  ///   - network: What learns; one species and replica.
  ///   - task: Where batches come from.
  ///   - steps: Steps to take.
  ///   - randomizedFrom: The step from which on labels are random; `nil` for never.
  ///   - batch: Examples per batch.
  ///   - random: Where batches come from.
  /// - Returns: Norms and accuracy on true labels of every step; ends where numbers stop being finite.
  public func longRun(
    _ network: inout RuleNetwork, on task: RuleTask, steps: Int, randomizedFrom: Int? = nil,
    batch: Int = 128, using random: inout RandomSource
  ) -> [NetworkNorms] {
    var result: [NetworkNorms] = []
    for step in 0..<steps {
      let device = network.synapses[0].weight.device
      let episode = task.draw(replicas: 1, updates: 1, batch: batch, using: &random)
        .moved(to: device)
      let (inputs, truth) = episode.batch(0)
      var labels = truth
      if let randomizedFrom, step >= randomizedFrom {
        let order = Tensor(permutation: batch, using: &random, on: device)
        labels = truth.gathering(order, along: 2)
      }
      let norms = withoutGradients { () -> NetworkNorms in
        let layers = neurons(of: network, inputs: inputs)
        learn(&network, inputs: inputs, targets: labels)
        let outputs = layers[layers.count - 1].slice(at: 0, along: 2)
        return NetworkNorms(
          step: step, weights: network.synapses.map(\.rootMeanSquare),
          activations: layers.map { $0.slice(at: 0, along: 2).squared().mean().sqrt().scalar() },
          accuracy: outputs.ruleAccuracy(expected: truth).mean().scalar())
      }
      result.append(norms)
      guard (norms.weights + norms.activations).allSatisfy(\.isFinite) else { break }
    }
    return result
  }

  /// The first output on a grid over the square from -1 to 1, rows from the top: the decision surface
  /// of a network for a problem of the plane.
  ///
  /// - Parameters:
  ///   - network: A network of two inputs; one species and replica.
  ///   - side: Points per row.
  ///   - limit: Half the side of the square.
  /// - Returns: `side` rows of `side` values.
  public func decisionSurface(
    of network: RuleNetwork, side: Int = 41, limit: Double = 1
  ) -> [[Double]] {
    let places = Tensor(linearFrom: -limit, through: limit, count: side, .float32)
    let x = places.broadcast(to: [side, side]).flattened()
    let y = places.reversed(along: [0]).expandingShape(at: 1).broadcast(to: [side, side])
      .flattened()
    let weight = network.synapses[0].weight
    let points = Tensor(stacking: [x, y], along: 1).cast(to: weight.elementType)
      .moved(to: weight.device)
    let outputs = withoutGradients { self.outputs(of: network, inputs: points) }
    let values = outputs[0, 0, .all, 0].toDoubles()
    return (0..<side).map { Array(values[($0 * side)..<(($0 + 1) * side)]) }
  }
}

extension Synapses {
  /// The root mean square of the forward weights, bias included.
  public var rootMeanSquare: Double {
    let sum = weight.squared().sum() + bias.squared().sum()
    return (sum.scalar() / Double(weight.count + bias.count)).squareRoot()
  }
}

/// Whether a rule follows the gradient of anything.
///
/// If a change of weights is minus the gradient of some loss, its Jacobian with respect to the weights
/// is minus a Hessian and so symmetric. A rule whose Jacobian is not symmetric descends no loss.
///
/// - Paper: section 3.1 and appendix A, figure 10.
public struct SymmetryDiagnostic: Sendable, Hashable, Codable {
  /// The number of weights.
  public var weightCount: Int
  /// The largest entry of the Jacobian.
  public var largest: Double
  /// The largest difference between an entry and its mirror image.
  public var largestAsymmetry: Double

  /// The largest asymmetry in relation to the largest entry: near 0 for a gradient.
  public var relative: Double { largest == 0 ? 0 : largestAsymmetry / largest }

  /// Whether the asymmetry is no more than what central differences in double precision leave.
  public var isGradient: Bool { relative < 1e-6 }
}

extension UpdateRule {
  /// The Jacobian of one step's change with respect to the forward weights of a small network.
  ///
  /// Every weight is moved both ways in a replica of its own, so that the whole matrix is one batched
  /// step, in double precision. Backward weights stay, unless they are the transposed forward ones;
  /// channels that are one are moved together.
  ///
  /// - Parameters:
  ///   - sizes: Neurons per layer; the paper has one hidden layer of 20 and two outputs.
  ///   - batch: Examples in the batch.
  ///   - random: Where weights and examples come from.
  /// - Returns: `[weights, weights]`, row `i` being the change of weight `i`.
  public func jacobian(
    sizes: [Int] = [2, 20, 2], batch: Int = 64, using random: inout RandomSource
  ) -> Tensor {
    var rule = self
    rule.genome = genome.cast(to: .float64).moved(to: .cpu)
    let network = rule.makeNetwork(
      sizes: sizes, initialization: SynapseInitialization(.normal, scale: 0.5), using: &random)
    let inputs = Tensor(uniform: [batch, sizes[0]], in: -1...1, using: &random, .float64)
    let classes = sizes[sizes.count - 1]
    let targets: Tensor
    if classes == 1 {
      targets = (inputs[.all, 0...0] * inputs[.all, 1...1]).sign()
    } else {
      let labels = Tensor(integers: 0..<classes, [batch], using: &random)
      targets = labels.oneHot(classCount: classes, .float64) * 2 - 1
    }
    let start = rule.flat(network)
    let count = start.count
    let step = 1e-5
    let moves = Tensor(identity: count, .float64) * step
    let places = Tensor(
      concatenating: [start.expandingShape(at: 0) + moves, start.expandingShape(at: 0) - moves])
    var moved = rule.replicated(network, at: places)
    let copies = [1, 2 * count, batch]
    rule.learn(
      &moved, inputs: inputs.broadcast(to: copies + [sizes[0]]),
      targets: targets.broadcast(to: copies + [classes]))
    let changes = rule.flat(moved) - places
    let up = changes.narrowed(along: 0, from: 0, count: count)
    let down = changes.narrowed(along: 0, from: count, count: count)
    return ((up - down) / (2 * step)).transposed()
  }

  /// Measures whether a step follows a gradient; see ``jacobian(sizes:batch:using:)``.
  public func symmetry(
    sizes: [Int] = [2, 20, 2], batch: Int = 64, using random: inout RandomSource
  ) -> SymmetryDiagnostic {
    let matrix = jacobian(sizes: sizes, batch: batch, using: &random)
    return SymmetryDiagnostic(
      weightCount: matrix.extent(0), largest: matrix.abs().max().scalar(),
      largestAsymmetry: (matrix - matrix.transposed()).abs().max().scalar())
  }

  /// The free forward weights of every replica, `[replicas, weights]`, or of the only one, `[weights]`.
  private func flat(_ network: RuleNetwork) -> Tensor {
    let parts = network.synapses.flatMap { synapse in
      [synapse.weight, synapse.bias].map { tensor in
        tensor[0].channelsFree(options.sharesChannels).flattened(from: 1)
      }
    }
    let joined = Tensor(concatenating: parts, along: 1)
    return joined.extent(0) == 1 ? joined[0] : joined
  }

  /// Replicas of a network whose free weights are the rows of a matrix.
  private func replicated(_ network: RuleNetwork, at places: Tensor) -> RuleNetwork {
    let replicas = places.extent(0)
    var position = 0
    func fill(_ tensor: Tensor) -> Tensor {
      var shape = tensor.shape
      shape[1] = replicas
      let channels = options.sharesChannels ? 1 : shape[2]
      let size = channels * shape[3] * shape[4]
      let part = places.narrowed(along: 1, from: position, count: size)
        .reshaped(1, replicas, channels, shape[3], shape[4])
      position += size
      return part.broadcast(to: shape).rowMajor()
    }
    var copy = network
    for index in copy.synapses.indices {
      copy.synapses[index].weight = fill(network.synapses[index].weight)
      copy.synapses[index].bias = fill(network.synapses[index].bias)
      copy.synapses[index].feedback = network.synapses[index].feedback.map { feedback in
        var shape = feedback.shape
        shape[1] = replicas
        return feedback.broadcast(to: shape).rowMajor()
      }
    }
    return copy
  }
}

extension Tensor {
  /// The channels that can differ: all, or the first alone.
  fileprivate func channelsFree(_ isShared: Bool) -> Tensor {
    isShared ? narrowed(along: 1, from: 0, count: 1) : self
  }
}
