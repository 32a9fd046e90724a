import Learning
import Torch

/// Where every hashed tensor of a network lies in which pool: all that is fixed before training.
///
/// A plan depends on the names and shapes of a network, on the settings and, with the modifier
/// ``WeightModifier/own``, on its first values.
public struct HashPlan: Sendable, Hashable {
  /// A hashed tensor.
  public struct Slot: Sendable, Hashable {
    /// The tensor it becomes.
    public var info: TensorInfo
    /// Its elements in the pool, counted as its store counts them.
    public var range: Range<Int>
    /// The product of its modifiers' constants.
    public var constant: Double
  }

  /// A pool and what is carved from it.
  public struct Part: Sendable, Hashable {
    /// The pool.
    public var shape: PoolShape
    /// The tensors, one behind another.
    public var slots: [Slot]

    /// How many weights are carved.
    public var weightCount: Int { slots.last?.range.upperBound ?? 0 }
  }

  /// The pools: one, or one per tensor; none where nothing is hashed.
  public var parts: [Part]
  /// In which order weights are carved.
  public var convention: KernelConvention
  /// What happens behind the end of a pool.
  public var store: IndexStore
  /// What is done with carved tensors.
  public var modifiers: [WeightModifier]
  /// Where the tensors' constants act.
  public var constants = ConstantPlace.weights

  /// A plan that hashes nothing, for a dense network in the same clothes.
  public static let nothing = HashPlan(
    parts: [], convention: .native, store: .basic, modifiers: [])

  /// All hashed tensors, in the order of their scales.
  public var slots: [Slot] { parts.flatMap(\.slots) }

  /// How many weights are hashed.
  public var weightCount: Int { parts.reduce(0) { $0 + $1.weightCount } }

  /// What carved elements are multiplied by, scales apart.
  func factor(_ slot: Slot) -> Double { constants == .weights ? slot.constant : 1 }

  /// The deviation that the elements of a part's pool begin with.
  func firstDeviation(_ part: Part) -> Double {
    guard constants == .variables else { return 1 }
    precondition(part.slots.count == 1, "a pool for \(part.slots.count) tensors")
    return part.slots[0].constant
  }

  /// The variables of all pools.
  public var poolVariableCount: Int { parts.reduce(0) { $0 + $1.shape.variableCount } }

  /// The learnable scales.
  public var scaleCount: Int { modifiers.areLearned ? slots.count : 0 }

  /// Whether a tensor's rows line up with those of the virtual matrix it is carved from: then it has
  /// low rank by itself, which structured multi-hashing means to avoid.
  public func isAligned(_ slot: Slot, in shape: PoolShape) -> Bool {
    func isLimited(columns: Int, rank: Int) -> Bool {
      let inner = convention.innerExtent(slot.info.shape)
      return convention.isAligned(slot.info, columns: columns)
        && rank < min(inner, slot.info.count / inner)
    }
    return switch shape {
    case .matrix(_, let columns, let rank): isLimited(columns: columns, rank: rank)
    case .kronecker(let side, let rank): isLimited(columns: side * side, rank: side * rank)
    case .hash: false
    case .combination(let pools, _): pools.contains { isAligned(slot, in: $0) }
    }
  }

  /// The same plan with functions for its custom modifiers.
  ///
  /// - Throws: ``HashingError/unknownModifier(name:)`` for one that is not among them.
  public func providing(_ functions: [CustomModifier]) throws(HashingError) -> HashPlan {
    var copy = self
    for (index, modifier) in modifiers.enumerated() {
      guard case .custom(let wanted) = modifier else { continue }
      guard let found = functions.first(where: { $0.name == wanted.name }) else {
        throw .unknownModifier(name: wanted.name)
      }
      copy.modifiers[index] = .custom(found)
    }
    return copy
  }
}

extension HashPlan {
  /// Tensors one behind another.
  static func slots(_ tensors: [TensorInfo], _ constants: [Double]) -> [Slot] {
    var start = 0
    return zip(tensors, constants).map { info, constant in
      defer { start += info.count }
      return Slot(info: info, range: start..<start + info.count, constant: constant)
    }
  }
}

extension HashPlan {
  /// Plans the hashing of a network.
  ///
  /// - Parameters:
  ///   - network: The network at its beginning.
  ///   - settings: How it is hashed.
  ///   - file: What else stands in the compressed file, for budgets in bytes.
  /// - Throws: ``HashingError`` where the policy chooses nothing or what is not there, or the budget
  ///   does not suffice.
  public init(
    for network: some Model, _ settings: HashingSettings, file: FileContext = FileContext()
  ) throws(HashingError) {
    try self.init(Planner(network, settings), file)
  }

  private init(_ planner: Planner, _ file: FileContext) throws(HashingError) {
    let budget = planner.settings.budget
    if let bytes = budget.bytes {
      self = try planner.plan(bytes: bytes, file)
    } else if let variables = budget.variables {
      self = try planner.plan(learned: variables)
    } else if budget.of == .network {
      self = try planner.plan(
        learned: Int((budget.fraction * Double(planner.learnedCount)).rounded()))
    } else {
      self = try planner.plan(
        poolVariables: budget.fraction * Double(planner.capacity), asked: nil)
    }
  }
}
