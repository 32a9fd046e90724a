/// Everything warm-up learns, in the order Stan learns it: after every iteration the step size, at
/// the end of a window the metric, and then the step size afresh.
struct WarmupAdaptation: Sendable, Hashable, Codable {
  let schedule: WarmupSchedule
  var averaging: DualAveraging
  private var estimator: MetricEstimator

  init(iterations: Int, kind: MetricKind, dimension: Int, averaging: DualAveraging) {
    schedule = WarmupSchedule(iterations: iterations)
    self.averaging = averaging
    estimator = MetricEstimator(kind, dimension: dimension)
  }

  /// Takes the position after an iteration; returns a new metric at the end of a window.
  mutating func collect(_ position: [Double], at iteration: Int) -> Metric? {
    if schedule.collects(at: iteration) { estimator.add(position) }
    guard schedule.windowEnds.contains(iteration) else { return nil }
    return estimator.finishWindow()
  }
}
