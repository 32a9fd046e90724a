/// When warm-up estimates the metric: an initial buffer, windows that double, a final buffer.
///
/// As Stan does with 75, 25 and 50 iterations; a short warm-up is split 15 / 75 / 10 %, and below
/// 20 iterations only the step size is adapted.
public struct WarmupSchedule: Sendable, Hashable, Codable {
  /// The first iteration whose position counts.
  public let firstIteration: Int
  /// The iterations, counted from zero, after which the metric is replaced.
  public let windowEnds: [Int]

  /// Plans a warm-up of `iterations`.
  public init(iterations: Int) {
    var (initial, base, final) = (75, 25, 50)
    if iterations < 20 {
      firstIteration = iterations
      windowEnds = []
      return
    }
    if initial + base + final > iterations {
      initial = iterations * 15 / 100
      final = iterations / 10
      base = iterations - initial - final
    }
    firstIteration = initial
    let last = iterations - final - 1
    var ends = [initial + base - 1]
    while ends[ends.count - 1] < last {
      base *= 2
      let end = ends[ends.count - 1] + base
      // A window is stretched to the last end when the one after it would not fit.
      ends.append(end >= last || end + 2 * base > last ? last : end)
    }
    windowEnds = ends
  }

  /// Whether the position after an iteration enters the estimate of the metric.
  public func collects(at iteration: Int) -> Bool {
    iteration >= firstIteration && iteration <= (windowEnds.last ?? -1)
  }
}
