import Runs

/// The settings of an optimizer and of what happens around it, for recipes.
///
/// ```yaml
/// optimizer:
///   kind: adamw
///   learningRate: 1e-3
///   clipNorm: 1
///   schedule: {kind: cosine, warmup: 100}
/// ```
public struct OptimizerRecipe: RecipePart {
  /// The rules.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// ``SGD``.
    case sgd
    /// ``Adam``.
    case adam
    /// ``AdamW``.
    case adamw
    /// ``RMSProp``, PyTorch's convention.
    case rmsprop
    /// ``RMSProp``, TensorFlow's convention.
    case tensorflowRMSProp
  }

  /// The rule.
  public var kind = Kind.sgd
  /// The learning rate that the schedule's factor multiplies.
  public var learningRate = 0.01
  /// How much of the earlier direction `sgd` and both forms of RMSProp keep.
  public var momentum = 0.0
  /// Whether `sgd` looks ahead along the momentum.
  public var nesterov = false
  /// The decay of Adam's first mean.
  public var beta1 = 0.9
  /// The decay of Adam's second mean.
  public var beta2 = 0.999
  /// The decay of RMSProp's mean.
  public var decay = 0.9
  /// Keeps divisors away from zero.
  public var epsilon = 1e-8
  /// How much parameters shrink.
  public var weightDecay = 0.0
  /// Whether biases, scales and offsets shrink too.
  public var decaysVectors = true
  /// The largest norm of all gradients together; no limit when absent.
  public var clipNorm: Double?
  /// The decay of the parameters' moving average; no average is kept when absent.
  public var averageDecay: Double?
  /// How the learning rate changes.
  public var schedule = Schedule()

  /// Creates plain gradient descent.
  public init() {}

  /// Creates settings of a kind with the other settings' defaults.
  public init(_ kind: Kind, learningRate: Double, schedule: Schedule = Schedule()) {
    self.kind = kind
    self.learningRate = learningRate
    self.schedule = schedule
  }

  /// Refuses numbers outside of their ranges.
  public func check() throws(InvalidSetting) {
    try Self.require("learningRate", learningRate, learningRate >= 0, "must be at least 0")
    for (key, value) in [
      ("momentum", momentum), ("beta1", beta1), ("beta2", beta2), ("decay", decay),
      ("averageDecay", averageDecay ?? 0),
    ] {
      try Self.require(key, value, (0..<1).contains(value), "must be at least 0 and below 1")
    }
    try Self.require("epsilon", epsilon, epsilon >= 0, "must be at least 0")
    try Self.require("weightDecay", weightDecay, weightDecay >= 0, "must be at least 0")
    try Self.require("clipNorm", clipNorm ?? 1, (clipNorm ?? 1) > 0, "must be above 0")
    if nesterov, momentum == 0 { throw InvalidSetting("nesterov", "needs a momentum above 0") }
    try schedule.check()
  }

  /// The rule with these settings.
  public func makeOptimizer() -> any Optimizer {
    let decay = decaysVectors ? WeightDecay(weightDecay) : .kernels(weightDecay)
    switch kind {
    case .sgd: return SGD(momentum: momentum, isNesterov: nesterov, weightDecay: decay)
    case .adam:
      return Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay)
    case .adamw:
      return AdamW(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay)
    case .rmsprop, .tensorflowRMSProp:
      return RMSProp(
        decay: self.decay, momentum: momentum, epsilon: epsilon,
        isTensorFlowStyle: kind == .tensorflowRMSProp, weightDecay: decay)
    }
  }

  private static func require(
    _ key: String, _ value: Double, _ isAllowed: Bool, _ rule: String
  ) throws(InvalidSetting) {
    if !isAllowed || !value.isFinite { throw InvalidSetting(key, "\(rule), got \(value)") }
  }
}
