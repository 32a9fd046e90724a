import Learning
import Randomness
import Torch

/// A network whose weights are carved from pools of far fewer trainable numbers.
///
/// It is a model like any other: its parameters are the pools' variables, the scales, and what of the
/// network is not hashed, so optimizers, averages and checkpoints hold these alone. ``network()`` is
/// the ordinary network with its weights written out; its code knows nothing of hashing.
///
/// ```swift
/// var random = RandomSource(seed: 1)
/// let dense = ResNet(.cifar(depth: 32), classCount: 10, using: &random)
/// var settings = HashingSettings()
/// settings.budget = SizeBudget(fraction: 0.25)
/// var hashed = try HashedNetwork(dense, settings, using: &random)
/// hashed.parameterCount            // at most a quarter of dense.parameterCount
/// let logits = hashed.network()(images)
///
/// let (loss, gradient) = valueAndGradient(at: &hashed) { hashed in
///   hashed.withNetwork { $0.forward(images, &pass).softmaxCrossEntropy(expected: labels) }
/// }
/// ```
///
/// - Names: `pool.` and the pool's own names (`pools.0.`, `pools.1.`, ... where every tensor has one),
///   `scales`, and `network.` with the names of the network.
/// - Paper: Eban et al., *Structured Multi-Hashing for Model Compression* (CVPR 2020).
public struct HashedNetwork<Network: Model>: Model {
  /// What is carved from where.
  public let plan: HashPlan
  /// One pool per part of the plan.
  public private(set) var pools: [any WeightPool]
  /// One trainable factor per hashed tensor, `[tensors]`, if the plan has them.
  public var scales: Tensor?
  /// The network with stand-ins of one element for its hashed tensors.
  private(set) var skeleton: Network
  /// The number of a hashed tensor among ``HashPlan/slots``.
  let positions: [String: Int]

  /// Hashes a network; its first values matter only for what is not hashed.
  ///
  /// - Parameters:
  ///   - network: The network at its beginning.
  ///   - settings: How it is hashed.
  ///   - file: What else stands in the compressed file, for budgets in bytes.
  ///   - random: Where the pools' variables are drawn from.
  /// - Throws: ``HashingError``.
  public init(
    _ network: Network, _ settings: HashingSettings, file: FileContext = FileContext(),
    using random: inout RandomSource
  ) throws(HashingError) {
    let plan = try HashPlan(for: network, settings, file: file)
    self.init(network, plan, law: settings.law, using: &random)
  }

  /// Hashes a network by a plan.
  ///
  /// - Precondition: The plan's tensors are parameters of the network.
  public init(
    _ network: Network, _ plan: HashPlan, law: InitialLaw = .normal,
    using random: inout RandomSource
  ) {
    let pools = plan.parts.map { part in
      part.shape.pool(
        law: law, deviation: plan.firstDeviation(part), convention: plan.convention, using: &random)
    }
    self.init(network, plan, pools: pools, scales: plan.firstScales)
  }

  /// Puts a network and pools together.
  ///
  /// - Precondition: All of them fit the plan.
  init(_ network: Network, _ plan: HashPlan, pools: [any WeightPool], scales: Tensor?) {
    self.plan = plan
    self.pools = pools
    self.scales = scales
    let slots = plan.slots
    positions = Dictionary(uniqueKeysWithValues: slots.enumerated().map { ($1.info.name, $0) })
    skeleton = network
    var found = 0
    let positions = positions
    skeleton.forEachParameter { name, tensor in
      guard let position = positions[name] else { return }
      precondition(
        tensor.shape == slots[position].info.shape,
        "\(name) is \(tensor.shape), the plan has \(slots[position].info.shape)")
      tensor = Tensor.standIn(tensor.shape)
      found += 1
    }
    precondition(found == slots.count, "\(slots.count - found) tensors of the plan are missing")
  }

  /// Presents variables, scales, and what is not hashed.
  public mutating func visit(_ walk: inout Walk) {
    for index in pools.indices {
      walk.child(plan.poolName(index), &pools[index])
    }
    walk.parameter("scales", &scales)
    let positions = positions
    skeleton.forEachTensor { name, role, tensor in
      if role == .buffer {
        walk.buffer("network.\(name)", &tensor)
      } else if positions[name] == nil {
        walk.parameter("network.\(name)", &tensor)
      }
    }
  }

  /// The network with its weights written out; differentiable with respect to this model's parameters.
  ///
  /// - Complexity: A matrix pool of rank `M` takes `M` products per weight.
  public func network() -> Network {
    let weights = hashedWeights()
    var network = skeleton
    network.forEachParameter { name, tensor in
      if let position = positions[name] { tensor = weights[position] }
    }
    return network
  }

  /// Runs something with the network written out and keeps what it does to buffers, such as running
  /// statistics.
  public mutating func withNetwork<Result>(
    _ body: (inout Network) throws -> Result
  ) rethrows -> Result {
    var network = network()
    let result = try body(&network)
    var buffers = network.buffers.tensors.makeIterator()
    skeleton.forEachTensor { _, role, tensor in
      if role == .buffer, let changed = buffers.next() { tensor = changed }
    }
    return result
  }

  /// The hashed weights alone, in the order of ``HashPlan/slots``.
  public func hashedWeights() -> [Tensor] {
    var factors = factors
    factors.reverse()
    return zip(plan.parts, pools).flatMap { part, pool in
      let long = plan.store.extended(pool.flat(), to: part.weightCount)
      let rest = long.count - part.weightCount
      let pieces = long.split(sizes: part.slots.map(\.range.count) + (rest > 0 ? [rest] : []))
      return zip(part.slots, pieces).map { plan.weight($0, carved: $1, scale: factors.popLast()) }
    }
  }

  /// The learned scale of every hashed tensor, times its constant where those are merged.
  private var factors: [Tensor] {
    guard var scales else { return [] }
    if plan.modifiers.mergeConstants {
      let constants = Tensor(plan.slots.map(plan.factor)).cast(to: scales.elementType)
      scales = scales * constants.moved(to: scales.device)
    }
    return scales.split(sizes: [Int](repeating: 1, count: plan.scaleCount))
  }

  /// Moves tables of indices, which are not parameters, to a device; parameters are moved by
  /// `moved(to:)`.
  public mutating func moveTables(to device: Device) {
    for index in pools.indices { pools[index].moveTables(to: device) }
  }

  /// Replaces the variables of a pool.
  mutating func replacePool(_ index: Int, by pool: any WeightPool) { pools[index] = pool }
}

extension HashPlan {
  /// What a pool is called among a network's parameters.
  func poolName(_ index: Int) -> String { parts.count == 1 ? "pool" : "pools.\(index)" }

  /// Scales as they begin: 1, and 0 for biases, which usually begin there.
  var firstScales: Tensor? {
    guard modifiers.areLearned, !parts.isEmpty else { return nil }
    return Tensor(
      slots.map { slot -> Float in
        slot.info.kind == .bias && convention == .native ? 0 : 1
      })
  }

  /// A hashed weight from the elements it is carved from; `scale` contains the constant where the
  /// modifiers merge the two.
  func weight(_ slot: Slot, carved: Tensor, scale: Tensor?) -> Tensor {
    modifiers.apply(
      convention.tensor(carved, slot.info.shape),
      constant: modifiers.mergeConstants ? 1 : factor(slot), scale: scale)
  }
}

extension Tensor {
  /// A tensor of a shape that takes the memory of one element, for a place where no weight is kept.
  static func standIn(
    _ shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu
  ) -> Tensor {
    Tensor(zeros: [Int](repeating: 1, count: shape.count), type, on: device).broadcast(to: shape)
  }
}
