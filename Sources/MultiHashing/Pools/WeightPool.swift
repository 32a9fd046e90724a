import Learning
import Torch

/// A few trainable numbers that stand for many: what weights are carved from.
///
/// A pool's trainable numbers are *variables*; its virtual elements, each a function of a few
/// variables, are what becomes *weights*. Element `i` always depends on the same variables.
public protocol WeightPool: Model {
  /// How many virtual elements there are.
  var capacity: Int { get }

  /// All virtual elements, `[capacity]`; differentiable with respect to the variables.
  func flat() -> Tensor

  /// Some virtual elements, `[range.count]`, made without the others.
  ///
  /// - Precondition: The range lies in `0 ..< capacity`.
  func elements(_ range: Range<Int>) -> Tensor

  /// Moves what belongs to the pool but is not trained, such as tables of indices.
  mutating func moveTables(to device: Device)
}

extension WeightPool {
  /// There are no tables.
  public mutating func moveTables(to device: Device) {}
}

/// How pools are put together, element by element.
public enum Reduction: String, Sendable, Hashable, Codable, CaseIterable {
  /// Their sum.
  case sum
  /// Their product.
  case product
}

/// Several pools whose elements are added or multiplied.
///
/// - Paper: the `K`-times hash of section 3, and `MetaVariablePool` of the released code.
public struct CombinedPool: WeightPool {
  /// The pools, all of the same capacity.
  public private(set) var pools: [any WeightPool]
  /// What is done with their elements.
  public let reduction: Reduction

  /// Puts pools together.
  ///
  /// - Precondition: There is at least one pool.
  public init(_ pools: [any WeightPool], _ reduction: Reduction) {
    precondition(!pools.isEmpty, "a combination of no pools")
    self.pools = pools
    self.reduction = reduction
  }

  /// The smallest capacity among the pools.
  public var capacity: Int { pools.map(\.capacity).min() ?? 0 }

  /// Presents the pools as `0.`, `1.`, ...
  public mutating func visit(_ walk: inout Walk) {
    for index in pools.indices { walk.child("\(index)", &pools[index]) }
  }

  /// All elements.
  public func flat() -> Tensor { elements(0..<capacity) }

  /// Some elements.
  public func elements(_ range: Range<Int>) -> Tensor {
    let parts = pools.map { pool in
      range == 0..<pool.capacity ? pool.flat() : pool.elements(range)
    }
    return parts.dropFirst().reduce(parts[0]) { reduction == .sum ? $0 + $1 : $0 * $1 }
  }

  /// Moves the tables of all pools.
  public mutating func moveTables(to device: Device) {
    for index in pools.indices { pools[index].moveTables(to: device) }
  }
}
