/// Collects positions (Welford's algorithm) and turns their regularized covariance into a metric.
struct MetricEstimator: Sendable, Hashable, Codable {
  let kind: MetricKind
  private var count = 0
  @PackedDoubles private var mean: [Double]
  /// Sums of squared deviations, or of products of deviations row by row.
  @PackedDoubles private var moments: [Double]
  @PackedDoubles private var deviation: [Double]

  init(_ kind: MetricKind, dimension: Int) {
    self.kind = kind
    let zeros = [Double](repeating: 0, count: kind == .unit ? 0 : dimension)
    mean = zeros
    deviation = zeros
    moments = kind == .dense ? [Double](repeating: 0, count: dimension * dimension) : zeros
  }

  mutating func add(_ position: [Double]) {
    guard kind != .unit else { return }
    count += 1
    for index in mean.indices {
      deviation[index] = position[index] - mean[index]
      mean[index] += deviation[index] / Double(count)
    }
    let dimension = mean.count
    for row in mean.indices {
      let rest = position[row] - mean[row]
      if kind == .diagonal {
        moments[row] += rest * deviation[row]
      } else {
        for column in 0..<dimension {
          moments[row * dimension + column] += rest * deviation[column]
        }
      }
    }
  }

  /// Returns the metric of the positions collected, shrunk towards 0.001 times the identity as Stan
  /// does, and forgets them; `nil` when there are too few or they give no valid metric.
  mutating func finishWindow() -> Metric? {
    let dimension = mean.count
    defer { self = MetricEstimator(kind, dimension: dimension) }
    guard kind != .unit, count > 1 else { return nil }
    let n = Double(count)
    let weight = n / (n + 5) / (n - 1)
    let floor = 1e-3 * 5 / (n + 5)
    var covariance = moments.map { $0 * weight }
    if kind == .diagonal {
      for index in covariance.indices { covariance[index] += floor }
      guard covariance.allSatisfy({ $0.isFinite }) else { return nil }
      return Metric(variances: covariance)
    }
    // Rounding makes Welford's products asymmetric in the last digit.
    for row in 0..<dimension {
      covariance[row * dimension + row] += floor
      for column in 0..<row {
        covariance[column * dimension + row] = covariance[row * dimension + column]
      }
    }
    return Metric(covariance: covariance, dimension: dimension)
  }
}
