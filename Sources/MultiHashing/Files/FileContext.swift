import Formats
import Learning
import Torch

/// What stands in a compressed file beside a network's pools: it counts in budgets in bytes.
public struct FileContext: Sendable, Hashable {
  /// In which type variables are held.
  public var storage: Storage
  /// Texts of the caller, such as the network's architecture.
  public var metadata: [String: String]

  /// Single precision and no texts unless told.
  public init(storage: Storage = .float32, metadata: [String: String] = [:]) {
    self.storage = storage
    self.metadata = metadata
  }

  /// The size of the file of a network with this plan and these tensors.
  public func byteCount(_ plan: HashPlan, _ tensors: [TensorInfo]) -> Int {
    let entries = FileLayout(plan, tensors, storage).entries.map { entry in
      SafetensorsTensor(
        name: entry.name, elementType: entry.type.inFiles, shape: entry.shape, producing: { _ in })
    }
    let texts = metadata.merging(PlanText(plan, tensors).metadata) { $1 }
      .merging(["kind": CompressedFile.kind]) { $1 }
    // Names are the plan's own and shapes are those of tensors, so a layout is always possible.
    return (try? SafetensorsWriter.byteCount(of: entries, metadata: texts)) ?? .max
  }
}

extension ElementType {
  /// The same type in files; networks hold no others.
  fileprivate var inFiles: SafetensorsElementType {
    switch self {
    case .bool: .bool
    case .uint8: .uint8
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    case .complex64, .complex128: .complex64
    }
  }
}

/// Names, types and shapes of the tensors of a compressed file.
///
/// What is not hashed lies in one tensor per element type, in visiting order: a name, a shape and two
/// offsets for each of the many small tensors of norms would take more room than some pools.
struct FileLayout {
  static let scales = "scales"
  static let constants = "constants"
  static let rest = "rest."

  var entries: [(name: String, type: ElementType, shape: [Int])] = []

  init(_ plan: HashPlan, _ tensors: [TensorInfo], _ storage: Storage) {
    for (index, part) in plan.parts.enumerated() {
      for (name, shape) in part.shape.tensors {
        entries += storage.layout("\(plan.poolName(index)).\(name)", shape)
      }
    }
    if plan.scaleCount > 0 { entries.append((Self.scales, .float32, [plan.scaleCount])) }
    if !plan.parts.isEmpty { entries.append((Self.constants, .float64, [plan.slots.count])) }
    let hashed = Set(plan.slots.map(\.info.name))
    for (type, infos) in Self.grouped(tensors.filter { !hashed.contains($0.name) }) {
      entries.append((Self.rest + "\(type)", type, [infos.reduce(0) { $0 + $1.count }]))
    }
  }

  /// Tensors by element type, in their order.
  static func grouped(_ tensors: [TensorInfo]) -> [(type: ElementType, tensors: [TensorInfo])] {
    ElementType.allCases.compactMap { type in
      let same = tensors.filter { $0.elementType == type }
      return same.isEmpty ? nil : (type, same)
    }
  }
}
