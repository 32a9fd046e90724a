import Foundation
import Learning
import Randomness
import Torch

/// Of what kind and how large a pool is; everything about it but its variables.
public indirect enum PoolShape: Sendable, Hashable, Codable {
  /// A ``MatrixPool``.
  case matrix(rows: Int, columns: Int, rank: Int)
  /// A ``KroneckerPool``.
  case kronecker(side: Int, rank: Int)
  /// A ``HashPool``.
  case hash(map: HashMap, capacity: Int, size: Int)
  /// A ``CombinedPool``.
  case combination(pools: [PoolShape], reduction: Reduction)

  /// How many virtual elements there are.
  public var capacity: Int {
    switch self {
    case .matrix(let rows, let columns, _): rows * columns
    case .kronecker(let side, _): side * side * side * side
    case .hash(_, let capacity, _): capacity
    case .combination(let pools, _): pools.map(\.capacity).min() ?? 0
    }
  }

  /// How many variables there are.
  public var variableCount: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// Names and shapes of the variables, as the pool presents them.
  var tensors: [(name: String, shape: [Int])] {
    switch self {
    case .matrix(let rows, let columns, let rank):
      [("left", [rows, rank]), ("right", [rank, columns])]
    case .kronecker(let side, let rank):
      [("left", [rank, side, side]), ("right", [rank, side, side])]
    case .hash(_, _, let size): [("values", [size])]
    case .combination(let pools, _):
      pools.enumerated().flatMap { index, pool in
        pool.tensors.map { ("\(index).\($0.name)", $0.shape) }
      }
    }
  }

  /// Draws a pool whose elements have a standard deviation.
  ///
  /// A product of two variables, added over the rank, has deviation `σ² sqrt(rank)` for variables of
  /// deviation `σ`; pools that are added share the variance, pools that are multiplied the logarithm
  /// of the deviation.
  ///
  /// - Parameters:
  ///   - law: The law of the variables.
  ///   - deviation: The deviation of an element.
  ///   - convention: `released` gives each of `K` combined pools the deviation `deviation / K`, so
  ///     that a sum has `deviation / sqrt(K)`.
  ///   - random: Where variables are drawn from.
  /// - Returns: The pool.
  public func pool(
    law: InitialLaw = .normal, deviation: Double = 1, convention: KernelConvention = .native,
    using random: inout RandomSource
  ) -> any WeightPool {
    func factor(_ rank: Int) -> Double { (deviation / Double(rank).squareRoot()).squareRoot() }
    switch self {
    case .matrix(let rows, let columns, let rank):
      return MatrixPool(
        left: law.tensor([rows, rank], deviation: factor(rank), using: &random),
        right: law.tensor([rank, columns], deviation: factor(rank), using: &random))
    case .kronecker(let side, let rank):
      let shape = [rank, side, side]
      return KroneckerPool(
        left: law.tensor(shape, deviation: factor(rank), using: &random),
        right: law.tensor(shape, deviation: factor(rank), using: &random))
    case .hash(let map, let capacity, let size):
      return HashPool(
        values: law.tensor([size], deviation: deviation, using: &random), map: map,
        capacity: capacity)
    case .combination(let pools, let reduction):
      let share = reduction.share(of: deviation, among: pools.count, convention)
      return CombinedPool(
        pools.map {
          $0.pool(law: law, deviation: share, convention: convention, using: &random)
        }, reduction)
    }
  }

  /// A pool with these variables.
  ///
  /// - Precondition: There is a tensor of the right shape for every name.
  func pool(_ tensors: [String: Tensor], prefix: String = "") -> any WeightPool {
    func tensor(_ name: String) -> Tensor {
      guard let found = tensors[prefix + name] else {
        preconditionFailure("no variables \(prefix + name)")
      }
      return found
    }
    switch self {
    case .matrix: return MatrixPool(left: tensor("left"), right: tensor("right"))
    case .kronecker: return KroneckerPool(left: tensor("left"), right: tensor("right"))
    case .hash(let map, let capacity, _):
      return HashPool(values: tensor("values"), map: map, capacity: capacity)
    case .combination(let pools, let reduction):
      return CombinedPool(
        pools.enumerated().map { $1.pool(tensors, prefix: "\(prefix)\($0).") }, reduction)
    }
  }

  /// A short text for tables.
  public var summary: String {
    switch self {
    case .matrix(let rows, let columns, let rank): "\(rows) x \(rank) times \(rank) x \(columns)"
    case .kronecker(let side, let rank): "\(rank) Kronecker products of side \(side)"
    case .hash(let map, _, let size):
      "\(size) variables, \(map.kind.rawValue) map\(map.hasSigns ? " with signs" : "")"
    case .combination(let pools, let reduction):
      "\(reduction.rawValue) of \(pools.count): \(pools.first?.summary ?? "")"
    }
  }
}

extension Reduction {
  /// The deviation that each of `count` pools needs.
  fileprivate func share(
    of deviation: Double, among count: Int, _ convention: KernelConvention
  ) -> Double {
    if convention == .released { return deviation / Double(count) }
    switch self {
    case .sum: return deviation / Double(count).squareRoot()
    case .product: return pow(deviation, 1 / Double(count))
    }
  }
}
