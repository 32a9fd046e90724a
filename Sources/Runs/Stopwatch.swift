import Dispatch

/// The working time of a run: this sitting and, after a resume, the earlier ones.
public struct Stopwatch: Sendable {
  private let used: Double
  private let start: Double
  private let now: @Sendable () -> Double

  /// Starts the watch.
  ///
  /// - Parameters:
  ///   - used: Seconds already worked, from the checkpoint of a resumed run.
  ///   - now: A clock in seconds that never goes back; tests pass their own.
  public init(used: Double = 0, now: @escaping @Sendable () -> Double = { monotonicSeconds() }) {
    self.used = used
    self.now = now
    start = now()
  }

  /// Seconds worked so far, in all sittings.
  public var seconds: Double { used + now() - start }
}

/// Seconds on the system's clock that never goes back; only differences have a meaning.
public func monotonicSeconds() -> Double {
  Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
}
