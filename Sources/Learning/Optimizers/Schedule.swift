import Foundation
import Runs

/// How the learning rate changes during a run, as a factor of its first value.
///
/// ```yaml
/// schedule: {kind: cosine, warmup: 100}
/// ```
public struct Schedule: RecipePart {
  /// The shapes.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Always 1.
    case constant
    /// `rate ^ (step / interval)`.
    case exponential
    /// `rate ^ floor(step / interval)`.
    case staircase
    /// Half a cosine wave from 1 to `end` over the whole run (Loshchilov and Hutter, 2017).
    case cosine
    /// A straight line from 1 to `end` over the whole run.
    case linear
    /// `rate` to the number of `milestones` passed, which are fractions of the run.
    case step
  }

  /// The shape.
  public var kind = Kind.constant
  /// The number of first steps in which the rate rises in a straight line from nearly 0.
  public var warmup = 0
  /// The factor of `exponential`, `staircase` and `step`.
  public var rate = 0.95
  /// The steps after which `exponential` and `staircase` have multiplied by `rate` once.
  public var interval = 100_000
  /// The last factor of `cosine` and `linear`.
  public var end = 0.0
  /// The fractions of the run at which `step` multiplies by `rate`.
  public var milestones: [Double] = [0.5, 0.75]

  /// Creates the constant schedule.
  public init() {}

  /// Creates a schedule of a kind with the other settings' defaults.
  public init(_ kind: Kind, warmup: Int = 0) {
    self.kind = kind
    self.warmup = warmup
  }

  /// Refuses a negative warm-up, an interval below 1, and rates and ends that are negative.
  public func check() throws(InvalidSetting) {
    if warmup < 0 { throw InvalidSetting("warmup", "must be at least 0, got \(warmup)") }
    if interval < 1 { throw InvalidSetting("interval", "must be at least 1, got \(interval)") }
    if !(rate > 0 && rate.isFinite) {
      throw InvalidSetting("rate", "must be above 0, got \(rate)")
    }
    if !(end >= 0 && end.isFinite) { throw InvalidSetting("end", "must be at least 0, got \(end)") }
    if !milestones.allSatisfy((0...1).contains) {
      throw InvalidSetting("milestones", "must lie between 0 and 1, got \(milestones)")
    }
  }

  /// The factor of the learning rate in one step.
  ///
  /// During the warm-up the factor is `(step + 1) / warmup`; what comes after counts its steps from
  /// the end of the warm-up.
  ///
  /// - Parameters:
  ///   - step: Steps finished before, from 0.
  ///   - seconds: Working time so far; it matters only if the run is limited in time.
  ///   - horizon: How long the run will be.
  /// - Returns: A factor, 1 being the recipe's learning rate.
  public func factor(step: Int, seconds: Double = 0, horizon: ScheduleHorizon) -> Double {
    if step < warmup { return Double(step + 1) / Double(warmup) }
    let done = horizon.fractionDone(step: step, seconds: seconds, skipping: warmup)
    let intervals = Double(step - warmup) / Double(interval)
    switch kind {
    case .constant: return 1
    case .exponential: return pow(rate, intervals)
    case .staircase: return pow(rate, intervals.rounded(.down))
    case .cosine: return end + (1 - end) * (1 + cos(.pi * done)) / 2
    case .linear: return 1 + (end - 1) * done
    case .step: return pow(rate, Double(milestones.count { $0 <= done }))
    }
  }
}

/// How long a run will be: steps, working time, or whichever ends first.
///
/// In a run limited in time, a schedule follows the clock: the working time is part of every
/// checkpoint, so a resumed run goes on where it stopped.
public struct ScheduleHorizon: Sendable, Hashable {
  /// The last step, if known.
  public var steps: Int?
  /// The last second of working time, if known.
  public var seconds: Double?

  /// Creates a horizon; with neither limit nothing is ever done.
  public init(steps: Int? = nil, seconds: Double? = nil) {
    self.steps = steps
    self.seconds = seconds
  }

  /// The horizon of a budget.
  public init(_ budget: Budget) { self.init(steps: budget.steps, seconds: budget.seconds) }

  /// How much of the run is done, from 0 to 1: by steps or by time, whichever is further.
  ///
  /// - Parameters:
  ///   - step: Steps finished.
  ///   - seconds: Working time so far.
  ///   - warmup: Steps at the beginning that do not count.
  /// - Returns: A fraction; 0 while the run's length is unknown.
  public func fractionDone(step: Int, seconds: Double, skipping warmup: Int = 0) -> Double {
    var done = 0.0
    if let steps { done = Double(step - warmup) / Double(max(steps - warmup, 1)) }
    if let limit = self.seconds { done = max(done, limit > 0 ? seconds / limit : 1) }
    return min(max(done, 0), 1)
  }
}
