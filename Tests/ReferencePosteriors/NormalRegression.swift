import Foundation
import Sampling

/// A linear regression with normal errors, written by hand: what four of the posteriors and the
/// autoregression have in common.
///
/// With `X = QR` the squared residuals are those of `Qᵀy - R beta` and a constant, so that after the
/// factorization an evaluation costs the square of the predictors, however many rows there are.
public struct NormalRegression: BayesianModel {
  /// The coefficients, then `sigma`.
  public let variables: [Variable]
  /// The coefficients and log sigma.
  public let dimension: Int

  private let rowCount: Int
  private let factor: TriangularRegression
  private let coefficientScale: Double?
  private let errorScale: Double?

  /// Creates the model.
  ///
  /// - Parameters:
  ///   - columns: The predictors, the intercept among them; at most as many as rows.
  ///   - response: One value per row.
  ///   - variables: Names for all coefficients together, in order; `sigma` is added.
  ///   - coefficientScale: The standard deviation of a normal prior; flat without.
  ///   - errorScale: The scale of a Cauchy prior of sigma, not normalized on the half line; flat
  ///     without.
  public init(
    columns: [[Double]], response: [Double], variables: [Variable],
    coefficientScale: Double? = nil, errorScale: Double? = nil
  ) {
    rowCount = response.count
    factor = TriangularRegression(columns: columns, response: response)
    self.variables = variables + [Variable("sigma")]
    self.coefficientScale = coefficientScale
    self.errorScale = errorScale
    dimension = columns.count + 1
  }

  /// The coefficients and sigma.
  public func constrained(_ position: [Double]) -> [Double] {
    position.dropLast() + [exp(position[dimension - 1])]
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let columns = dimension - 1
    let sigma = exp(position[columns])
    let precision = 1 / (sigma * sigma)
    let squares = factor.squares(position, precision: precision, gradient: &gradient)
    let count = Double(rowCount)
    var sum = -0.5 * squares * precision - count * (position[columns] + 0.9189385332046727)
    gradient[columns] = squares * precision - count + 1
    if let errorScale {
      let prior = Cauchy(location: 0, scale: errorScale).derivatives(at: sigma)
      sum += prior.logDensity
      gradient[columns] += prior.x * sigma
    }
    if let coefficientScale {
      let prior = Normal(mean: 0, standardDeviation: coefficientScale)
      for column in 0..<columns {
        let at = prior.derivatives(at: position[column])
        sum += at.logDensity
        gradient[column] += at.x
      }
    }
    return sum + position[columns]
  }
}

/// A least-squares problem after Householder reflections: the triangle `R`, `Qᵀy`, and what no
/// coefficients explain.
struct TriangularRegression: Sendable {
  /// `R` row by row without the zeros.
  private let triangle: [Double]
  private let target: [Double]
  /// The squared residuals of the best coefficients.
  let unexplained: Double

  init(columns: [[Double]], response: [Double]) {
    var columns = columns
    var response = response
    for pivot in columns.indices {
      let norm = columns[pivot][pivot...].reduce(0) { $0 + $1 * $1 }.squareRoot()
      let alpha = columns[pivot][pivot] > 0 ? -norm : norm
      var mirror = columns[pivot]
      mirror[pivot] -= alpha
      let square = mirror[pivot...].reduce(0) { $0 + $1 * $1 }
      guard square > 0 else { continue }
      for column in pivot..<columns.count { Self.reflect(&columns[column], mirror, pivot, square) }
      Self.reflect(&response, mirror, pivot, square)
    }
    let count = columns.count
    triangle = (0..<count).flatMap { row in (row..<count).map { columns[$0][row] } }
    target = Array(response.prefix(count))
    unexplained = response.dropFirst(count).reduce(0) { $0 + $1 * $1 }
  }

  private static func reflect(
    _ values: inout [Double], _ mirror: [Double], _ first: Int, _ square: Double
  ) {
    let product = (first..<values.count).reduce(0) { $0 + values[$1] * mirror[$1] }
    for row in first..<values.count { values[row] -= 2 * product / square * mirror[row] }
  }

  /// The squared residuals at `position`, whose first entries are the coefficients; writes minus half
  /// their derivatives, times `precision`, to the first entries of `gradient`.
  func squares(
    _ position: [Double], precision: Double, gradient: inout [Double]
  ) -> Double {
    let count = target.count
    var sum = unexplained
    var entry = 0
    for column in 0..<count { gradient[column] = 0 }
    for row in 0..<count {
      var residual = target[row]
      for column in row..<count { residual -= triangle[entry + column - row] * position[column] }
      sum += residual * residual
      let weight = precision * residual
      for column in row..<count { gradient[column] += triangle[entry + column - row] * weight }
      entry += count - row
    }
    return sum
  }
}
