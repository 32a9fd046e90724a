import Learning

/// What a hashed network counts, beside the network it stands for.
public struct SizeSummary: Sendable, Hashable, Codable {
  /// All learned numbers of the dense network.
  public var denseCount: Int
  /// The weights that are carved from pools.
  public var hashedWeights: Int
  /// The variables of the pools.
  public var poolVariables: Int
  /// Learned scales.
  public var scales: Int
  /// Learned numbers that are not hashed.
  public var kept: Int
  /// All learned numbers of the hashed network.
  public var count: Int { poolVariables + scales + kept }
  /// The part of the dense network's learned numbers.
  public var fraction: Double { Double(count) / Double(denseCount) }
  /// Hashed weights for each variable of the pools.
  public var weightsPerVariable: Double { Double(hashedWeights) / Double(max(poolVariables, 1)) }

  /// Counts a plan.
  ///
  /// - Parameters:
  ///   - plan: What is hashed.
  ///   - tensors: All tensors of the network.
  public init(_ plan: HashPlan, _ tensors: [TensorInfo]) {
    denseCount = tensors.filter(\.isLearned).reduce(0) { $0 + $1.count }
    hashedWeights = plan.weightCount
    poolVariables = plan.poolVariableCount
    scales = plan.scaleCount
    kept = denseCount - hashedWeights
  }
}

extension HashedNetwork {
  /// What it counts.
  public var size: SizeSummary { SizeSummary(plan, TensorInfo.all(of: skeleton)) }
}
