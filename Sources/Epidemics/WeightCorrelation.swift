import Foundation
import Randomness
import Sampling

/// Mobility weights whose deviations from the common mean are correlated: `w_r = μ + diag(τ) L ε_r`
/// with `L Lᵀ` a correlation matrix and `ε_r` standard normal.
///
/// The matrix has the prior LKJ(shape): with canonical partial correlations `z = tanh(y)` that prior
/// is a product of beta distributions, which gives density, gradient and draws without a Jacobian of
/// the matrix (Lewandowski, Kurowicka and Joe, 2009).
struct WeightCorrelation: Sendable {
  /// The number of features.
  let size: Int
  /// The shape; 1 is uniform over correlation matrices, more pulls towards independence.
  let shape: Double
  /// Where the coordinates `y` begin, row by row below the diagonal.
  let offset: Int
  /// The coordinates `ε` of each place, by feature.
  let deviations: [[Int]]
  private let logConstant: Double

  init(size: Int, shape: Double, offset: Int, deviations: [[Int]]) {
    self.size = size
    self.shape = shape
    self.offset = offset
    self.deviations = deviations
    var sum = 0.0
    for row in 1..<max(size, 1) {
      for column in 0..<row {
        let b = shape + Double(size - 2 - column) / 2
        sum -= (2 * b - 1) * log(2) + 2 * logGamma(b) - logGamma(2 * b)
      }
    }
    logConstant = sum
  }

  var count: Int { size * (size - 1) / 2 }

  /// Both parameters of the beta distribution of a partial correlation in a column.
  private func concentration(_ column: Int) -> Double { shape + Double(size - 2 - column) / 2 }

  private func index(_ row: Int, _ column: Int) -> Int { offset + row * (row - 1) / 2 + column }

  /// The lower factor `L` of a position, row by row.
  func factor(_ position: [Double]) -> [Double] {
    var factor = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      var left = 1.0
      for column in 0..<row {
        let entry = tanh(position[index(row, column)]) * left.squareRoot()
        factor[row * size + column] = entry
        left -= entry * entry
      }
      factor[row * size + row] = max(left, 1e-300).squareRoot()
    }
    return factor
  }

  /// The correlation matrix of a position, row by row.
  func matrix(_ position: [Double]) -> [Double] {
    let factor = factor(position)
    return (0..<(size * size)).map { entry in
      let (row, column) = (entry / size, entry % size)
      return (0..<size).reduce(0) {
        $0 + factor[row * size + $1] * factor[column * size + $1]
      }
    }
  }

  /// Turns independent deviations into correlated ones.
  func apply(to position: inout [Double]) {
    let factor = factor(position)
    for indices in deviations {
      for row in (0..<size).reversed() {
        position[indices[row]] = (0...row).reduce(0) {
          $0 + factor[row * size + $1] * position[indices[$1]]
        }
      }
    }
  }

  /// Carries a gradient by correlated deviations back to independent ones and to `y`.
  ///
  /// `gradient` and the density so far hold a standard normal prior of the correlated deviations; it
  /// is taken out and that of the independent ones put in.
  ///
  /// - Returns: What the density changes by, the prior of the matrix included.
  func pullBack(_ gradient: inout [Double], natural: [Double]) -> Double {
    let factor = factor(natural)
    var byFactor = factor.map { _ in 0.0 }
    var sum = logConstant
    var independent = [Double](repeating: 0, count: size)
    for indices in deviations {
      for row in 0..<size {
        let known = (0..<row).reduce(0) { $0 + factor[row * size + $1] * independent[$1] }
        independent[row] = (natural[indices[row]] - known) / factor[row * size + row]
      }
      let slopes = indices.map { gradient[$0] + natural[$0] }
      for row in 0..<size {
        let value = natural[indices[row]]
        sum += 0.5 * (value * value - independent[row] * independent[row])
        gradient[indices[row]] = -independent[row]
        for column in 0...row {
          byFactor[row * size + column] += slopes[row] * independent[column]
        }
      }
      for column in 0..<size {
        for row in column..<size {
          gradient[indices[column]] += factor[row * size + column] * slopes[row]
        }
      }
    }
    for row in 1..<max(size, 1) { sum += pullBackRow(row, byFactor, natural, &gradient) }
    return sum
  }

  /// Adds one row's prior and carries the derivatives by its entries to `y`.
  private func pullBackRow(
    _ row: Int, _ byFactor: [Double], _ natural: [Double], _ gradient: inout [Double]
  ) -> Double {
    let correlations = (0..<row).map { tanh(natural[index(row, $0)]) }
    var left = [1.0]
    for z in correlations { left.append(left[left.count - 1] * (1 - z * z)) }
    var slopeOfRest = byFactor[row * size + row] / (2 * max(left[row], 1e-300).squareRoot())
    var sum = 0.0
    for column in (0..<row).reversed() {
      let z = correlations[column]
      let root = left[column].squareRoot()
      let slope = byFactor[row * size + column]
      let b = concentration(column)
      let slopeOfCorrelation = slope * root - slopeOfRest * 2 * z * left[column]
      gradient[index(row, column)] += slopeOfCorrelation * (1 - z * z) - 2 * b * z
      slopeOfRest = slopeOfRest * (1 - z * z) + slope * z / (2 * root)
      sum += b * log(max(1 - z * z, 1e-300))
    }
    return sum
  }

  /// Draws `y` from the prior.
  func drawPrior(into position: inout [Double], using random: inout RandomSource) {
    for row in 1..<max(size, 1) {
      for column in 0..<row {
        let b = concentration(column)
        let share = Beta(alpha: b, beta: b).draw(using: &random)
        position[index(row, column)] = atanh(min(max(2 * share - 1, -1 + 1e-12), 1 - 1e-12))
      }
    }
  }

  /// Sets `y` to independence.
  func centerPrior(into position: inout [Double]) {
    for index in offset..<(offset + count) { position[index] = 0 }
  }
}
