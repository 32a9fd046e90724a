import Files
import Formats
import Learning
import Torch

/// A hashed network as a file that is as small as it says: pools, scales, and what is not hashed.
///
/// It is a safetensors file:
///
/// | tensor | what it holds |
/// |---|---|
/// | `pool.left`, ... | the variables, in the type of ``Storage``; factors of `int8` stand beside them |
/// | `scales` | one learned factor per hashed tensor |
/// | `constants` | the product of the modifiers' constants of every hashed tensor |
/// | `rest.float32`, ... | everything that is not hashed, one tensor behind another |
///
/// Its texts hold the plan and the names and shapes of all tensors, so the written-out network needs
/// nothing else, and whatever more the caller says of the network.
public struct CompressedFile: Sendable {
  /// The text that marks such files.
  public static let kind = "compressed-network"

  /// The network, known by its names and shapes.
  public var hashed: HashedNetwork<TensorTree>
  /// In which type variables are held.
  public var storage: Storage
  /// Texts of the caller.
  public var metadata: [String: String]

  /// Describes a network.
  public init(
    _ hashed: HashedNetwork<some Model>, storage: Storage = .float32,
    metadata: [String: String] = [:]
  ) {
    let local = hashed.moved(to: .cpu)
    self.hashed = HashedNetwork(
      TensorTree(of: local.skeleton), local.plan, pools: local.pools, scales: local.scales)
    self.storage = storage
    self.metadata = metadata
  }

  /// The size of the file.
  public var byteCount: Int {
    FileContext(storage: storage, metadata: metadata)
      .byteCount(hashed.plan, TensorInfo.all(of: hashed.skeleton))
  }

  private var texts: [String: String] { metadata.merging(["kind": Self.kind]) { $1 } }

  /// Writes the file durably.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws {
    let infos = TensorInfo.all(of: hashed.skeleton)
    var tensors: [(name: String, tensor: Tensor)] = []
    for (name, tensor) in zip(hashed.parameters.names, hashed.parameters.tensors)
    where name.hasPrefix("pool") {
      tensors += storage.stored(tensor, named: name)
    }
    if let scales = hashed.scales { tensors.append((FileLayout.scales, scales)) }
    if !hashed.plan.parts.isEmpty {
      tensors.append((FileLayout.constants, Tensor(hashed.plan.slots.map(\.constant))))
    }
    let names = Set(hashed.plan.slots.map(\.info.name))
    let values = hashed.skeleton.byName
    for (type, group) in FileLayout.grouped(infos.filter { !names.contains($0.name) }) {
      let pieces = group.compactMap { values[$0.name]?.reshaped(-1) }
      tensors.append((FileLayout.rest + "\(type)", Tensor(concatenating: pieces)))
    }
    try saveSafetensors(
      tensors, metadata: texts.merging(PlanText(hashed.plan, infos).metadata) { $1 }, to: path)
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - modifiers: The functions of its custom modifiers.
  /// - Throws: `FileFailure` for a file that is missing, damaged or of another kind;
  ///   ``HashingError`` for numbers that are not finite and modifiers that are not known.
  public init(readingFrom path: String, modifiers: [CustomModifier] = []) throws {
    let file = try loadSafetensors(path)
    guard file.metadata["kind"] == Self.kind else {
      throw FileFailure(
        .malformed, path: path,
        reason: "is a \(file.metadata["kind"] ?? "file of unknown kind"), not a network written by "
          + "`swiftlet compress train`")
    }
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in file.tensors { tensors[name] = tensor }
    let reading = CompressedReading(path: path, tensors: tensors)
    try reading.requireFinite()
    let constants = tensors[FileLayout.constants].map { $0.toDoubles() } ?? []
    let (plan, tree) = try PlanText.read(file.metadata, constants: constants, path: path)
    let known = try plan.providing(modifiers)
    hashed = HashedNetwork(
      try reading.tree(tree, hashed: Set(plan.slots.map(\.info.name))), known,
      pools: try known.parts.indices.map { try reading.pool($0, known) },
      scales: try reading.scales(known))
    storage = reading.storage(known)
    metadata = file.metadata
    for key in ["kind", PlanText.planKey, PlanText.treeKey] { metadata[key] = nil }
  }

  /// The network written out, by names.
  public func expanded() -> TensorTree { withoutGradients { hashed.network() } }

  /// The same pools under a network's code.
  ///
  /// - Throws: `CheckpointError` listing every tensor that the network and the file do not share: a
  ///   pool for another network is refused.
  public func hashed<Network: Model>(
    as network: Network, path: String = "compressed network"
  ) throws(CheckpointError) -> HashedNetwork<Network> {
    var restored = network
    try loadParameters(into: &restored, from: hashed.skeleton.byName, origin: path)
    return HashedNetwork(restored, hashed.plan, pools: hashed.pools, scales: hashed.scales)
  }
}

/// The tensors of a compressed file on their way to a network.
private struct CompressedReading {
  let path: String
  let tensors: [String: Tensor]

  func requireFinite() throws(HashingError) {
    let broken = tensors.filter { $1.elementType.isFloatingPoint && !$1.isFinite().allTrue() }
    if !broken.isEmpty { throw .nonFinite(path: path, tensors: broken.keys.sorted()) }
  }

  func tensor(_ name: String, _ shape: [Int]) throws(FileFailure) -> Tensor {
    guard let found = tensors[name], found.shape == shape else {
      throw FileFailure(
        .malformed, path: path,
        reason:
          "tensor \"\(name)\" is \(tensors[name].map { "\($0.shape)" } ?? "missing"), its plan "
          + "needs \(shape); compress the network again")
    }
    return found
  }

  func pool(_ index: Int, _ plan: HashPlan) throws(FileFailure) -> any WeightPool {
    var variables: [String: Tensor] = [:]
    for (name, shape) in plan.parts[index].shape.tensors {
      let full = "\(plan.poolName(index)).\(name)"
      let factor = tensors[full + Storage.factorSuffix]
      let stored = try tensor(full, shape)
      if let factor {
        let layout = Storage.int8.layout(full, shape)
        _ = try tensor(full + Storage.factorSuffix, layout[1].shape)
        variables[name] = Storage.restored(stored, factor: factor)
      } else {
        variables[name] = Storage.restored(stored, factor: nil)
      }
    }
    return plan.parts[index].shape.pool(variables)
  }

  func scales(_ plan: HashPlan) throws(FileFailure) -> Tensor? {
    plan.scaleCount > 0 ? try tensor(FileLayout.scales, [plan.scaleCount]) : nil
  }

  func storage(_ plan: HashPlan) -> Storage {
    guard let first = plan.parts.first?.shape.tensors.first,
      let found = tensors["\(plan.poolName(0)).\(first.name)"]
    else { return .float32 }
    return switch found.elementType {
    case .int8: .int8
    case .bfloat16: .bfloat16
    default: .float32
    }
  }

  func tree(
    _ lines: [(info: TensorInfo, role: TensorRole)], hashed: Set<String>
  ) throws(FileFailure) -> TensorTree {
    var values: [String: Tensor] = [:]
    for (type, group) in FileLayout.grouped(lines.map(\.info).filter { !hashed.contains($0.name) })
    {
      let sizes = group.map(\.count)
      let packed = try tensor(FileLayout.rest + "\(type)", [sizes.reduce(0, +)])
      for (info, piece) in zip(group, packed.split(sizes: sizes)) {
        values[info.name] = piece.reshaped(to: info.shape)
      }
    }
    return TensorTree(
      lines.map { info, role in
        TensorTree.Leaf(
          name: info.name, role: role,
          tensor: values[info.name] ?? .standIn(info.shape, info.elementType))
      })
  }
}
