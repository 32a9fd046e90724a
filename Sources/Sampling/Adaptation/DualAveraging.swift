import Foundation

/// Tunes the step size towards a target acceptance by Nesterov's dual averaging.
///
/// - Paper: Hoffman and Gelman, *The No-U-Turn Sampler* (2014), section 3.2; the constants are
///   theirs and Stan's: gamma 0.05, t0 10, kappa 0.75, mu = log(10 ε₀).
public struct DualAveraging: Sendable, Hashable, Codable {
  /// The acceptance aimed at, between 0 and 1.
  public let targetAcceptance: Double

  private var center: Double
  private var updates = 0
  private var error = 0.0
  private var averagedLog = 0.0

  /// Starts around ten times a first step size.
  public init(targetAcceptance: Double, initialStepSize: Double) {
    self.targetAcceptance = targetAcceptance
    center = log(10 * initialStepSize)
  }

  /// Learns from the acceptance of one iteration and returns the step size for the next.
  public mutating func update(acceptance: Double) -> Double {
    updates += 1
    let count = Double(updates)
    let weight = 1 / (count + 10)
    error = (1 - weight) * error + weight * (targetAcceptance - min(1, acceptance))
    let logStepSize = center - error * count.squareRoot() / 0.05
    let fading = pow(count, -0.75)
    averagedLog = (1 - fading) * averagedLog + fading * logStepSize
    return exp(logStepSize)
  }

  /// The step size to keep after warm-up: the weighted average on the log scale.
  public var averagedStepSize: Double { exp(averagedLog) }
}
