/// The settings of Hamiltonian Monte Carlo; the defaults are Stan's.
public struct SamplerConfiguration: Sendable, Hashable, Codable {
  /// How an iteration decides how far to go.
  public enum Trajectory: Sendable, Hashable, Codable {
    /// Doubles the trajectory until it turns back (NUTS), at most `maximumDepth` times.
    case noUTurn(maximumDepth: Int = 10)
    /// Goes a fixed time and accepts or rejects the end (static HMC).
    case fixed(time: Double)
  }

  /// The iterations that adapt step size and metric; their positions are not draws.
  public var warmup: Int
  /// The draws kept, one per iteration after warm-up.
  public var draws: Int
  /// The acceptance that the step size is tuned to; 0.9 to 0.99 for posteriors with funnels.
  public var targetAcceptance: Double
  /// The metric estimated in warm-up.
  public var metric: MetricKind
  /// How long an iteration's trajectory is.
  public var trajectory: Trajectory
  /// The step size tried first.
  public var initialStepSize: Double

  /// Creates settings; what is left out has Stan's default.
  public init(
    warmup: Int = 1000, draws: Int = 1000, targetAcceptance: Double = 0.8,
    metric: MetricKind = .diagonal, trajectory: Trajectory = .noUTurn(),
    initialStepSize: Double = 1
  ) {
    precondition(warmup >= 0 && draws >= 0, "\(warmup) + \(draws) iterations were asked for")
    precondition(
      targetAcceptance > 0 && targetAcceptance < 1,
      "the target acceptance \(targetAcceptance) is not between 0 and 1")
    precondition(initialStepSize > 0, "the step size \(initialStepSize) is not above 0")
    self.warmup = warmup
    self.draws = draws
    self.targetAcceptance = targetAcceptance
    self.metric = metric
    self.trajectory = trajectory
    self.initialStepSize = initialStepSize
  }

  /// Warm-up and draws together.
  public var iterations: Int { warmup + draws }
}
