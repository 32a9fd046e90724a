import Learning
import Synchronization
import Torch

/// A hashed network in use whose weights are made layer by layer, each when its layer runs, and let go
/// afterwards.
///
/// Memory holds the pool and one layer instead of all weights; the price is that a pool's products are
/// computed again in every run.
///
/// ```swift
/// let small = OnTheFlyNetwork(hashed) { network, pass in
///   _ = network.forward(Tensor(zeros: [0, 3, 32, 32]), &pass)
/// }
/// let logits = small.run { network, pass in network.forward(images, &pass) }
/// small.memory.bytes
/// ```
public struct OnTheFlyNetwork<Network: Model>: Sendable {
  /// What the weights of a network take in memory.
  public struct Memory: Sendable, Hashable, Codable {
    /// Pools and scales.
    public var poolBytes: Int
    /// What is not hashed, and hashed tensors that are kept because no convolution or linear layer
    /// asks for them, such as biases.
    public var keptBytes: Int
    /// The most that one layer's weight takes, with the rows of the pool that are made for it.
    public var layerBytes: Int
    /// All weights of the written-out network.
    public var wholeBytes: Int

    /// What weights take at most at a time.
    public var bytes: Int { poolBytes + keptBytes + layerBytes }
  }

  /// What the weights take.
  public let memory: Memory
  /// The names of the tensors that are made when they are needed.
  public let lateNames: [String]
  private let network: Network
  private let supply: @Sendable (Tensor) -> Tensor

  /// Prepares a hashed network.
  ///
  /// - Parameters:
  ///   - hashed: The network.
  ///   - probe: Runs the network once, on a batch of no samples for instance, which costs nothing.
  ///     Weights for which convolutions and linear layers ask in it are made late; all others are
  ///     written out here and kept.
  public init(
    _ hashed: HashedNetwork<Network>, probe: (_ network: inout Network, _ pass: inout Pass) -> Void
  ) {
    let slots = hashed.plan.slots
    let element = hashed.pools.first?.elements(0..<1) ?? Tensor(0)
    var network = hashed.skeleton
    // Stand-ins of their own, found by their addresses as long as the network lives.
    var positions: [UInt: Int] = [:]
    network.forEachParameter { name, tensor in
      guard let position = hashed.positions[name] else { return }
      tensor = .standIn(slots[position].info.shape, element.elementType, on: element.device)
      positions[tensor.address] = position
    }
    let late = Self.asked(of: network, positions, probe)
    network.forEachParameter { name, tensor in
      guard let position = hashed.positions[name], !late.contains(position) else { return }
      tensor = hashed.weight(at: position)
    }
    self.network = network
    lateNames = late.sorted().map { slots[$0].info.name }
    memory = Memory(hashed, lateNames: Set(lateNames))
    // Of the others the memory was let go and may be another tensor's by now.
    let found = positions.filter { late.contains($0.value) }
    supply = { tensor in
      found[tensor.address].map { hashed.weight(at: $0) } ?? tensor
    }
  }

  /// Runs the network for inference.
  ///
  /// A trace is kept because layers then run one by one, each with a weight of its own.
  public func run<Result>(
    _ body: (_ network: inout Network, _ pass: inout Pass) throws -> Result
  ) rethrows -> Result {
    var working = network
    var pass = Pass.inference
    pass.trace = Trace()
    pass.weightSupply = supply
    return try withoutGradients { try body(&working, &pass) }
  }

  /// The hashed tensors that layers ask the pass for.
  private static func asked(
    of network: Network, _ positions: [UInt: Int],
    _ probe: (inout Network, inout Pass) -> Void
  ) -> Set<Int> {
    var working = network
    let asked = PositionList()
    var pass = Pass.inference
    pass.trace = Trace()
    pass.weightSupply = { tensor in
      if let position = positions[tensor.address] { asked.insert(position) }
      return tensor
    }
    withoutGradients { probe(&working, &pass) }
    return asked.all
  }
}

/// Tensors that were asked for, from whatever thread.
private final class PositionList: Sendable {
  private let positions = Mutex(Set<Int>())

  func insert(_ position: Int) { positions.withLock { _ = $0.insert(position) } }

  var all: Set<Int> { positions.withLock { $0 } }
}

extension HashedNetwork {
  /// One hashed weight, made from the rows of the pool it lies in.
  ///
  /// - Parameter position: Its number among ``HashPlan/slots``.
  /// - Returns: The weight as the network has it.
  public func weight(at position: Int) -> Tensor {
    var number = position
    for (part, pool) in zip(plan.parts, pools) {
      guard number >= part.slots.count else {
        let slot = part.slots[number]
        let constant = plan.modifiers.mergeConstants ? plan.factor(slot) : 1
        let scale = scales.map { $0.narrowed(along: 0, from: position, count: 1) * constant }
        return plan.weight(slot, carved: plan.store.elements(slot.range, of: pool), scale: scale)
      }
      number -= part.slots.count
    }
    preconditionFailure("weight \(position) of \(plan.slots.count)")
  }
}

extension OnTheFlyNetwork.Memory {
  /// Adds up the bytes of a network.
  fileprivate init(_ hashed: HashedNetwork<Network>, lateNames: Set<String>) {
    let all = hashed.tensors
    let bytes = zip(all.names, all.tensors).map { name, tensor in
      (isOwn: name.hasPrefix(networkPrefix), bytes: tensor.count * tensor.elementType.size)
    }
    let kept = bytes.reduce(0) { $0 + ($1.isOwn ? $1.bytes : 0) }
    let slots = hashed.plan.parts.flatMap { part in part.slots.map { (part.shape, $0) } }
    let keptSlots = slots.filter { !lateNames.contains($1.info.name) }
    poolBytes = bytes.reduce(0) { $0 + ($1.isOwn ? 0 : $1.bytes) }
    keptBytes = kept + 4 * keptSlots.reduce(0) { $0 + $1.1.info.count }
    layerBytes =
      4
      * (slots.filter { lateNames.contains($1.info.name) }
        .map { shape, slot in shape.madeFor(slot.range) + slot.info.count }.max() ?? 0)
    wholeBytes = kept + 4 * hashed.plan.weightCount
  }
}

extension PoolShape {
  /// How many elements are made to get at a range.
  fileprivate func madeFor(_ range: Range<Int>) -> Int {
    func whole(_ block: Int) -> Int {
      ((range.upperBound - 1) / block - range.lowerBound / block + 1) * block
    }
    switch self {
    case .matrix(_, let columns, _): return whole(columns)
    case .kronecker(let side, _): return whole(side * side * side)
    case .hash: return range.count
    case .combination(let pools, _): return pools.map { $0.madeFor(range) }.max() ?? range.count
    }
  }
}
