import Foundation
import Randomness

extension CMAES {
  /// Returns the candidates of the pending generation, drawing them if there is none.
  public mutating func ask(using random: inout RandomSource) -> [[Double]] {
    if let pending = state.pending { return pending.points }
    return ask(normals: random.normals(rows: population, columns: dimension))
  }

  /// The candidates that given draws make. `normals` is `[population, dimension]`.
  mutating func ask(normals: Matrix) -> [[Double]] {
    var pending = Pending(
      normals: normals, steps: state.covariance.steps(normals), points: [])
    pending.points = (0..<population).map { row in
      var inner = state.center
      blend(&inner, keep: 1, gain: state.stepSize, Array(pending.steps.row(row)))
      return configuration.space.point(for: inner)
    }
    placeInjected(into: &pending)
    state.pending = pending
    return pending.points
  }

  /// Puts points among the candidates of the next generation, such as solutions that are known from
  /// elsewhere.
  ///
  /// They are evaluated as they are. A point that lies too far out to be a draw of the distribution
  /// counts as a shorter step in its direction, so that it cannot tear the distribution apart.
  ///
  /// - Paper: Hansen, *Injecting External Solutions Into CMA-ES* (2011).
  /// - Parameter points: At most as many as there are candidates; later ones wait for the
  ///   generation after.
  /// - Precondition: every point has the right number of finite coordinates.
  public mutating func inject(_ points: [[Double]]) {
    for point in points {
      precondition(
        point.count == dimension && point.allSatisfy(\.isFinite),
        "inject: a point has \(point.count) numbers for \(dimension) coordinates, or one that is "
          + "not finite")
    }
    state.injected += points
  }

  private mutating func placeInjected(into pending: inout Pending) {
    let count = min(state.injected.count, population)
    guard count > 0 else { return }
    let size = Double(dimension)
    let longest = size.squareRoot() + 2 * size / (size + 2)
    for (offset, point) in state.injected.prefix(count).enumerated() {
      let inner = configuration.space.inner(for: point)
      let step = zip(inner, state.center).map { ($0 - $1) / state.stepSize }
      let normal = state.covariance.normal(of: step)
      let factor = min(1, longest / max(norm(normal), 1e-300))
      let row = population - count + offset
      pending.points[row] = point
      for column in 0..<dimension {
        pending.normals[row, column] = normal[column] * factor
        pending.steps[row, column] = step[column] * factor
      }
    }
    state.injected.removeFirst(count)
  }

  /// Takes the values of the pending candidates and adapts the distribution.
  ///
  /// - Parameter values: One value per candidate; lower is better, and values that are not finite
  ///   are the worst.
  /// - Precondition: ``ask(using:)`` came before, and there is one value per candidate.
  public mutating func tell(_ values: [Double]) {
    let values = checkedValues(values, expected: state.pending?.points.count)
    guard let pending = state.pending else { return }
    state.pending = nil
    state.evaluations += values.count
    state.best = better(state.best, pending.points, values)
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    let sorted = order.map { values[$0] }
    // Without any value the order means nothing, so the distribution stays as it is.
    if let first = sorted.first, first < worstValue {
      let before = state.learningRates.map { _ in state }
      adapt(
        normals: pending.normals.gatheringRows(order), steps: pending.steps.gatheringRows(order))
      if let before { adaptLearningRates(from: before) }
      if isFlat(sorted) {
        state.stepSize *= exp(0.2 + parameters.stepPathRate / parameters.stepDamping)
      }
    }
    state.generation += 1
    state.history.append(sorted, limit: 20_000)
    state.stopReasons = findStopReasons(sorted)
  }

  /// Whether so many of the best candidates share one value that their order means nothing.
  private func isFlat(_ sorted: [Double]) -> Bool {
    let rank = Int((0.7 * Double(sorted.count)).rounded(.up)) - 1
    return sorted[0] == sorted[max(1, rank)]
  }

  /// Equations of the tutorial, section by section; both matrices hold the best candidate first.
  private mutating func adapt(normals: consuming Matrix, steps: consuming Matrix) {
    let p = parameters
    let positive = p.weights[..<p.parents]
    let step = weightedSum(positive, rowsOf: steps)
    let normal = weightedSum(positive, rowsOf: normals)
    blend(&state.center, keep: 1, gain: state.stepSize, step)

    let rate = p.stepPathRate
    blend(
      &state.stepPath, keep: 1 - rate,
      gain: (rate * (2 - rate) * p.effectiveParents).squareRoot(), normal)
    let length = norm(state.stepPath)
    let begun = 1 - pow(1 - rate, 2 * Double(state.generation + 1))
    let limit = (1.4 + 2 / (Double(dimension) + 1)) * p.expectedLength
    let isShort = length / begun.squareRoot() < limit

    let pathRate = p.covariancePathRate
    let pathGain =
      isShort ? (pathRate * (2 - pathRate) * p.effectiveParents).squareRoot() : 0
    blend(&state.covariancePath, keep: 1 - pathRate, gain: pathGain, step)

    let lost = isShort ? 0 : p.rankOneRate * pathRate * (2 - pathRate)
    let total = p.weights.reduce(0, +)
    steps.append(row: state.covariancePath)
    let weights = candidateWeights(normals) + [p.rankOneRate]
    state.covariance.adapt(
      CovarianceUpdate(
        keep: 1 + lost - p.rankOneRate - p.rankMuRate * total, weights: weights, steps: steps,
        normals: normals, pathKeep: 1 - pathRate, pathStep: normal.map { $0 * pathGain }),
      stepPath: &state.stepPath)
    state.stepSize *= exp(min(1, (rate / p.stepDamping) * (length / p.expectedLength - 1)))
  }

  /// The weight of each candidate in the covariance; a negative one counts for a step of average
  /// length, whatever its own, so that the covariance stays positive definite.
  private func candidateWeights(_ normals: borrowing Matrix) -> [Double] {
    parameters.weights.enumerated().map { row, weight in
      guard weight < 0 else { return parameters.rankMuRate * weight }
      let normal = Array(normals.row(row))
      let square = max(dot(normal, normal), 1e-300)
      return parameters.rankMuRate * weight * Double(dimension) / square
    }
  }
}
