import Randomness

/// Where a chain starts.
public enum StartingPoint: Sendable, Hashable {
  /// Uniform in the range for every free coordinate, tried up to 100 times.
  case uniform(radius: Double = 2)
  /// The given free coordinates.
  case position([Double])
  /// The given free coordinates with normal noise added, tried up to 100 times.
  case near([Double], standardDeviation: Double = 0.1)

  /// Returns a position to start from, in the support of a model.
  ///
  /// - Throws: ``SamplingError`` when none is found.
  public func position<Model: LogDensity>(
    in model: inout Model, using random: inout RandomSource
  ) throws(SamplingError) -> [Double] {
    try find(&model, using: &random).position
  }

  /// Finds a position with a finite log density and gradient.
  ///
  /// - Throws: ``SamplingError/noStart(tries:lastLogDensity:)`` or
  ///   ``SamplingError/badStart(reason:)``.
  func find<Model: LogDensity>(
    _ model: inout Model, using random: inout RandomSource
  ) throws(SamplingError) -> (position: [Double], gradient: [Double], logDensity: Double) {
    let dimension = model.dimension
    var gradient = [Double](repeating: 0, count: dimension)
    var logDensity = Double.nan
    for _ in 0..<tries {
      let position = try propose(dimension, &random)
      logDensity = model.logDensity(at: position, gradient: &gradient)
      if logDensity.isFinite, gradient.allSatisfy(\.isFinite) {
        return (position, gradient, logDensity)
      }
    }
    guard case .position(let position) = self else {
      throw .noStart(tries: tries, lastLogDensity: logDensity)
    }
    throw .badStart(
      reason: "\(position.prefix(4))... has the log density \(logDensity) or a gradient that is "
        + "not finite; choose a place inside the support")
  }

  private var tries: Int {
    if case .position = self { 1 } else { 100 }
  }

  private func propose(
    _ dimension: Int, _ random: inout RandomSource
  ) throws(SamplingError) -> [Double] {
    switch self {
    case .uniform(let radius):
      return (0..<dimension).map { _ in random.uniform(in: -radius...radius) }
    case .position(let position):
      try check(position, dimension)
      return position
    case .near(let center, let spread):
      try check(center, dimension)
      return center.map { random.normal(mean: $0, standardDeviation: spread) }
    }
  }

  private func check(_ position: [Double], _ dimension: Int) throws(SamplingError) {
    guard position.count == dimension else {
      throw .badStart(
        reason: "has \(position.count) coordinates, the model has \(dimension)")
    }
  }
}
