import Randomness

/// Everything a chain continues from; encoded and decoded, it continues bit for bit.
public struct ChainState: Sendable, Hashable, Codable {
  /// The settings the chain was started with.
  public let configuration: SamplerConfiguration
  /// The iterations made so far, warm-up included.
  public internal(set) var iteration = 0
  /// The divergent iterations after warm-up so far.
  public internal(set) var divergences = 0
  /// The free coordinates after the last iteration.
  @PackedDoubles public internal(set) var position: [Double]
  /// The gradient there.
  @PackedDoubles var gradient: [Double]
  /// The log density there.
  public internal(set) var logDensity: Double
  /// The step size of the next iteration.
  public internal(set) var stepSize: Double
  /// The metric of the next iteration.
  public internal(set) var metric: Metric
  /// The gradients evaluated by iterations so far.
  public internal(set) var leapfrogs = 0

  var random: RandomSource
  /// `nil` once warm-up is over.
  var adaptation: WarmupAdaptation?

  /// Whether the next iteration belongs to warm-up.
  public var isWarmup: Bool { iteration < configuration.warmup }

  /// Whether all iterations have been made.
  public var isFinished: Bool { iteration >= configuration.iterations }
}
