/// How long a run may work: a number of steps, a wall-clock time, or whichever ends first.
public struct Budget: Sendable, Equatable {
  /// The step at which to stop, counted from the very beginning of the run.
  public let steps: Int?
  /// The working time after which to stop, in minutes, earlier sittings of the run included.
  public let minutes: Double?

  /// Creates a budget; with neither limit it is never spent.
  ///
  /// - Throws: ``UsageError`` for a negative number of steps or minutes, or minutes that are not
  ///   finite.
  public init(steps: Int? = nil, minutes: Double? = nil) throws(UsageError) {
    if let steps, steps < 0 {
      throw UsageError("the number of steps must be at least 0, got \(steps)")
    }
    if let minutes, !(minutes >= 0 && minutes.isFinite) {
      throw UsageError("the number of minutes must be at least 0 and finite, got \(minutes)")
    }
    self.steps = steps
    self.minutes = minutes
  }

  /// The working time after which to stop, in seconds.
  public var seconds: Double? { minutes.map { $0 * 60 } }

  /// Whether the run should stop now.
  ///
  /// - Parameters:
  ///   - step: Steps finished since the beginning of the run.
  ///   - seconds: Working time since the beginning of the run, such as ``Stopwatch/seconds``.
  /// - Returns: True once either limit is reached.
  public func isSpent(step: Int, seconds: Double) -> Bool {
    if let steps, step >= steps { return true }
    if let limit = self.seconds, seconds >= limit { return true }
    return false
  }
}
