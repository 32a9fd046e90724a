import Foundation

/// The normal distribution at a posterior's mode whose covariance is the inverse of the curvature
/// there.
public struct LaplaceApproximation: Sendable, Hashable {
  /// The distribution.
  public var gaussian: GaussianApproximation
  /// The log density at the mode.
  public var logDensity: Double

  /// The logarithm of the evidence that the approximation implies: the integral of the density.
  public var logEvidence: Double {
    let count = gaussian.mean.count
    return (0..<count).reduce(logDensity + halfLogTwoPi * Double(count)) {
      $0 + log(gaussian.factor[$1 * count + $1])
    }
  }

  /// Climbs to the mode and measures the curvature by differences of the gradient.
  ///
  /// - Parameters:
  ///   - model: The density.
  ///   - start: Where to begin climbing.
  /// - Throws: ``SamplingError/badStart(reason:)`` when the start is rejected or the end is no mode.
  public init<Model: LogDensity>(_ model: Model, from start: [Double]) throws(SamplingError) {
    var model = model
    guard let mode = LimitedMemoryBFGS().climb(&model, from: start).last, mode.logDensity.isFinite
    else {
      throw .badStart(reason: "is rejected by the model; choose a place inside the support")
    }
    let precision = curvature(&model, at: mode.position)
    let count = start.count
    guard let root = choleskyFactor(of: precision, dimension: count),
      let factor = choleskyFactor(of: inverse(ofFactor: root, count), dimension: count)
    else {
      throw .badStart(
        reason: "leads to \(mode.position.prefix(4)), where the density has no mode (its curvature "
          + "is not positive); a parameter may lack a prior")
    }
    gaussian = GaussianApproximation(mean: mode.position, factor: factor)
    logDensity = mode.logDensity
  }
}

/// Minus the Hessian of a log density by central differences of its gradient, row by row.
private func curvature<Model: LogDensity>(_ model: inout Model, at mode: [Double]) -> [Double] {
  let count = mode.count
  var result = [Double](repeating: 0, count: count * count)
  var (above, below) = (mode, mode)
  for row in 0..<count {
    let step = 1e-5 * max(1, abs(mode[row]))
    var place = mode
    place[row] = mode[row] + step
    _ = model.logDensity(at: place, gradient: &above)
    place[row] = mode[row] - step
    _ = model.logDensity(at: place, gradient: &below)
    for column in 0..<count {
      let slope = (below[column] - above[column]) / (4 * step)
      result[row * count + column] += slope
      result[column * count + row] += slope
    }
  }
  return result
}

/// (L Lᵀ)⁻¹ from L, row by row.
private func inverse(ofFactor factor: [Double], _ count: Int) -> [Double] {
  // Columns of L⁻¹ by forward substitution.
  var inverse = [Double](repeating: 0, count: count * count)
  for column in 0..<count {
    for row in column..<count {
      var value = row == column ? 1.0 : 0
      for index in column..<row {
        value -= factor[row * count + index] * inverse[index * count + column]
      }
      inverse[row * count + column] = value / factor[row * count + row]
    }
  }
  return (0..<(count * count)).map { entry in
    let (row, column) = (entry / count, entry % count)
    return (max(row, column)..<count).reduce(0) {
      $0 + inverse[$1 * count + row] * inverse[$1 * count + column]
    }
  }
}
