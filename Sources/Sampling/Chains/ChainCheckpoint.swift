/// A chain in the middle of its run together with the draws it has made; saved, it is resumed bit
/// for bit.
public struct ChainCheckpoint: Sendable, Hashable, Codable {
  /// Where the chain continues.
  public var state: ChainState
  /// The draws so far, one after another, each flattened.
  @PackedDoubles public var values: [Double]
  /// What happened on the way to each.
  public var statistics: [DrawStatistics]

  /// Creates a checkpoint from its parts.
  public init(state: ChainState, values: [Double] = [], statistics: [DrawStatistics] = []) {
    self.state = state
    self.values = values
    self.statistics = statistics
  }

  /// The draws, one array each.
  public func draws(width: Int) -> [[Double]] {
    statistics.indices.map { Array(values[($0 * width)..<(($0 + 1) * width)]) }
  }
}
