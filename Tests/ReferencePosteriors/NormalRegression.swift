import Foundation
import Sampling

/// A linear regression with normal errors, written by hand: what four of the posteriors and the
/// autoregression have in common.
public struct NormalRegression: BayesianModel {
  /// The coefficients, then `sigma`.
  public let variables: [Variable]
  /// The coefficients and log sigma.
  public let dimension: Int

  /// `design[column][row]`, flattened column by column.
  private let design: [Double]
  private let response: [Double]
  private let coefficientScale: Double?
  private let errorScale: Double?
  private var residuals: [Double]

  /// Creates the model.
  ///
  /// - Parameters:
  ///   - columns: The predictors, the intercept among them.
  ///   - response: One value per row.
  ///   - variables: Names for all coefficients together, in order; `sigma` is added.
  ///   - coefficientScale: The standard deviation of a normal prior; flat without.
  ///   - errorScale: The scale of a Cauchy prior of sigma, not normalized on the half line; flat
  ///     without.
  public init(
    columns: [[Double]], response: [Double], variables: [Variable],
    coefficientScale: Double? = nil, errorScale: Double? = nil
  ) {
    design = columns.flatMap { $0 }
    self.response = response
    self.variables = variables + [Variable("sigma")]
    self.coefficientScale = coefficientScale
    self.errorScale = errorScale
    dimension = columns.count + 1
    residuals = response
  }

  /// The coefficients and sigma.
  public func constrained(_ position: [Double]) -> [Double] {
    position.dropLast() + [exp(position[dimension - 1])]
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let rows = response.count
    let columns = dimension - 1
    let sigma = exp(position[columns])
    let precision = 1 / (sigma * sigma)
    residuals.withUnsafeMutableBufferPointer { residuals in
      response.withUnsafeBufferPointer { response in
        for row in 0..<rows { residuals[row] = response[row] }
      }
      design.withUnsafeBufferPointer { design in
        for column in 0..<columns {
          let weight = position[column]
          for row in 0..<rows { residuals[row] -= weight * design[column * rows + row] }
        }
      }
    }
    var squares = 0.0
    residuals.withUnsafeBufferPointer { residuals in
      squares = inner(residuals, residuals, 0, rows)
      design.withUnsafeBufferPointer { design in
        for column in 0..<columns {
          gradient[column] = precision * inner(residuals, design, column * rows, rows)
        }
      }
    }
    let count = Double(rows)
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

  /// Four sums side by side, which the processor can keep busy.
  private func inner(
    _ left: UnsafeBufferPointer<Double>, _ right: UnsafeBufferPointer<Double>, _ start: Int,
    _ count: Int
  ) -> Double {
    var sums = SIMD8<Double>.zero
    var row = 0
    while row + 8 <= count {
      var (a, b) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
      for lane in 0..<8 {
        a[lane] = left[row + lane]
        b[lane] = right[start + row + lane]
      }
      sums += a * b
      row += 8
    }
    var sum = sums.sum()
    while row < count {
      sum += left[row] * right[start + row]
      row += 1
    }
    return sum
  }
}
