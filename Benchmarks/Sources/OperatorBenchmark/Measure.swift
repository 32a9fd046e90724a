import Foundation
import Torch

/// The times of one action in microseconds per call.
struct Measurement: Encodable {
  var median: Double
  var best: Double
  var gigaflops: Double?
  var best_gigaflops: Double?

  /// Adds the rate for a product of the given extents, counting a multiplication and an addition as
  /// two.
  func rated(rows: Int, inputs: Int, outputs: Int) -> Measurement {
    let work = 2e-3 * Double(rows * inputs * outputs)
    return Measurement(
      median: median, best: best, gigaflops: rounded(work / median, 10),
      best_gigaflops: rounded(work / best, 10))
  }

  /// The part of this time that `other` does not explain.
  func minus(_ other: Measurement) -> Measurement {
    Measurement(
      median: rounded(median - other.median, 1000), best: rounded(best - other.best, 1000))
  }
}

/// The median and best time of one call over `samples` loops, each long enough for the clock.
///
/// On a busy machine short loops find undisturbed moments, and the best time is the one to compare.
func measure(_ samples: Int, _ action: () -> Void) -> Measurement {
  for _ in 0..<3 { action() }
  let once = time(1, action)
  let count = max(1, Int(loopSeconds * 1e6 / max(once, 0.1)))
  let times = (0..<samples).map { _ in time(count, action) / Double(count) }.sorted()
  return Measurement(
    median: rounded(times[times.count / 2], 1000), best: rounded(times[0], 1000))
}

/// Microseconds for `count` calls: of this thread's processor time with one thread, which other work
/// on the machine does not count in, of the wall clock with more.
private func time(_ count: Int, _ action: () -> Void) -> Double {
  let clock = Engine.threadCount == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC
  let start = nanoseconds(clock)
  for _ in 0..<count { action() }
  return Double(nanoseconds(clock) - start) / 1000
}

private func nanoseconds(_ clock: clockid_t) -> Int {
  var time = timespec()
  clock_gettime(clock, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

private func rounded(_ value: Double, _ scale: Double) -> Double {
  (value * scale).rounded() / scale
}
