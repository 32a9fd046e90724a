import Foundation

/// Climbs a log density to its mode by L-BFGS, and records the way for ``Pathfinder``.
///
/// - Paper: Nocedal and Wright, *Numerical Optimization* (2006), algorithms 7.4 and 3.5.
public struct LimitedMemoryBFGS: Sendable, Hashable, Codable {
  /// The number of past steps that approximate the curvature.
  public var history = 6
  /// The most iterations.
  public var maximumIterations = 1000
  /// Ends when no coordinate of the gradient is larger, relative to the log density.
  public var gradientTolerance = 1e-8
  /// Ends when the log density grows less than this, relatively.
  public var relativeTolerance = 1e-12

  /// Creates an optimizer with the usual settings.
  public init() {}

  /// One point of the way.
  public struct Point: Sendable, Hashable {
    /// The free coordinates.
    public var position: [Double]
    /// The gradient there.
    public var gradient: [Double]
    /// The log density there.
    public var logDensity: Double
  }

  /// Climbs from a position.
  ///
  /// - Parameters:
  ///   - model: The density.
  ///   - start: Where to begin.
  /// - Returns: All points from the start to the mode; one alone when the start is rejected.
  public func climb<Model: LogDensity>(_ model: inout Model, from start: [Double]) -> [Point] {
    var path = [evaluate(&model, start)]
    var curvature = InverseCurvature(history: history, dimension: start.count)
    while path.count <= maximumIterations, let current = path.last, current.logDensity.isFinite {
      let largest = current.gradient.map(abs).max() ?? 0
      if largest <= gradientTolerance * max(1, abs(current.logDensity)) { break }
      var direction = curvature.product(current.gradient)
      if inner(direction, current.gradient) <= 0 {
        curvature = InverseCurvature(history: history, dimension: start.count)
        direction = current.gradient
      }
      let first = path.count == 1 ? min(1, 1 / inner(direction, direction).squareRoot()) : 1
      guard let next = search(&model, current, direction, first) else { break }
      curvature.learn(from: current, to: next)
      path.append(next)
      let gain = next.logDensity - current.logDensity
      if gain <= relativeTolerance * max(1, abs(next.logDensity)) { break }
    }
    return path
  }

  private func evaluate<Model: LogDensity>(_ model: inout Model, _ position: [Double]) -> Point {
    var gradient = [Double](repeating: 0, count: position.count)
    let value = model.logDensity(at: position, gradient: &gradient)
    let isFinite = value.isFinite && gradient.allSatisfy(\.isFinite)
    return Point(
      position: position, gradient: gradient, logDensity: isFinite ? value : -.infinity)
  }

  /// A line search for the strong Wolfe conditions by bisection; the gain must be 1e-4 of what the
  /// slope promises, and the slope must fall to 0.9 of its size.
  private func search<Model: LogDensity>(
    _ model: inout Model, _ start: Point, _ direction: [Double], _ first: Double
  ) -> Point? {
    let slope = inner(direction, start.gradient)
    var (low, high) = (0.0, Double.infinity)
    var size = first
    var best: Point?
    for _ in 0..<40 {
      let point = evaluate(
        &model, zip(start.position, direction).map { $0 + size * $1 })
      if !(point.logDensity >= start.logDensity + 1e-4 * size * slope) {
        high = size
      } else {
        best = point
        let here = inner(direction, point.gradient)
        if abs(here) <= 0.9 * slope { return point }
        if here > 0 { low = size } else { high = size }
      }
      size = high.isFinite ? (low + high) / 2 : 2 * size
    }
    return best
  }
}

/// The inverse Hessian of minus the log density, from past steps: diagonal plus low rank.
struct InverseCurvature: Sendable, Hashable {
  private let history: Int
  /// The steps and the changes of the (downhill) gradient, oldest first.
  private(set) var steps: [[Double]] = []
  private(set) var changes: [[Double]] = []
  /// The diagonal that the low rank is added to.
  private(set) var diagonal: [Double]

  init(history: Int, dimension: Int) {
    self.history = history
    diagonal = [Double](repeating: 1, count: dimension)
  }

  /// Learns from a step; a step against the curvature is skipped.
  mutating func learn(from start: LimitedMemoryBFGS.Point, to end: LimitedMemoryBFGS.Point) {
    let step = zip(end.position, start.position).map { $0 - $1 }
    let change = zip(start.gradient, end.gradient).map { $0 - $1 }
    let product = inner(step, change)
    guard product > 1e-12 * inner(change, change) else { return }
    updateDiagonal(step, change, product)
    steps.append(step)
    changes.append(change)
    if steps.count > history {
      steps.removeFirst()
      changes.removeFirst()
    }
  }

  /// Gilbert and Lemaréchal's update, which Pathfinder's paper uses (algorithm 3).
  private mutating func updateDiagonal(_ step: [Double], _ change: [Double], _ product: Double) {
    let weighted = zip(change, diagonal).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
    let scaled = zip(step, diagonal).reduce(0) { $0 + $1.0 * $1.0 / $1.1 }
    for index in diagonal.indices {
      let old = diagonal[index]
      let inverse =
        weighted / (product * old) + change[index] * change[index] / product
        - weighted * step[index] * step[index] / (product * scaled * old * old)
      let new = 1 / inverse
      if new > 0, new.isFinite { diagonal[index] = new }
    }
  }

  /// Returns the inverse Hessian times a vector (the two-loop recursion).
  func product(_ vector: [Double]) -> [Double] {
    var result = vector
    var weights: [Double] = []
    for (step, change) in zip(steps, changes).reversed() {
      let weight = inner(step, result) / inner(step, change)
      weights.append(weight)
      for index in result.indices { result[index] -= weight * change[index] }
    }
    for index in result.indices { result[index] *= diagonal[index] }
    for (step, change) in zip(steps, changes) {
      let weight = weights.removeLast() - inner(change, result) / inner(step, change)
      for index in result.indices { result[index] += weight * step[index] }
    }
    return result
  }

  /// Returns the inverse Hessian as a matrix, row by row, symmetric to the last digit.
  func matrix() -> [Double] {
    let count = diagonal.count
    var unit = [Double](repeating: 0, count: count)
    var rows: [Double] = []
    for index in 0..<count {
      unit[index] = 1
      rows += product(unit)
      unit[index] = 0
    }
    for row in 0..<count {
      for column in 0..<row {
        let mean = (rows[row * count + column] + rows[column * count + row]) / 2
        rows[row * count + column] = mean
        rows[column * count + row] = mean
      }
    }
    return rows
  }
}

/// The inner product of two vectors.
func inner(_ left: [Double], _ right: [Double]) -> Double {
  var sum = 0.0
  for index in left.indices { sum += left[index] * right[index] }
  return sum
}
