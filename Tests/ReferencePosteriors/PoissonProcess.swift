import Foundation
import Sampling

/// Poisson counts with a Gaussian-process log rate, written by hand with the adjoint of the
/// Cholesky factorization (Murray, *Differentiation of the Cholesky decomposition*, 2016).
public struct PoissonProcess: BayesianModel {
  /// Length scale, amplitude and the log rates.
  public let variables: [Variable]
  /// The logarithms of length scale and amplitude, and a standard normal number per input.
  public let dimension: Int

  private let squaredDistances: [Double]
  private let counts: [Double]
  private let constant: Double
  private var factor: [Double]
  private var adjoint: [Double]

  private var size: Int { counts.count }

  /// Creates the model from inputs and counts.
  public init(inputs: [Double], counts: [Double]) {
    let size = counts.count
    squaredDistances = inputs.flatMap { x in inputs.map { (x - $0) * (x - $0) } }
    self.counts = counts
    constant =
      25 * log(4) - logGamma(25) - log(2) - 0.9189385332046727 * Double(size + 1)
      - counts.reduce(0) { $0 + logGamma($1 + 1) }
    variables = [Variable("rho"), Variable("alpha"), Variable("f", shape: [size])]
    dimension = size + 2
    factor = [Double](repeating: 0, count: size * size)
    adjoint = factor
  }

  /// Length scale, amplitude and the log rates.
  public func constrained(_ position: [Double]) -> [Double] {
    let factor = choleskyFactor(of: covariance(position), dimension: size) ?? []
    let rates = (0..<size).map { row in
      (0...row).reduce(0.0) { $0 + factor[row * size + $1] * position[2 + $1] }
    }
    return [exp(position[0]), exp(position[1])] + rates
  }

  private func covariance(_ position: [Double]) -> [Double] {
    let scale = -0.5 * exp(-2 * position[0])
    let power = exp(2 * position[1])
    return squaredDistances.enumerated().map { index, distance in
      power * exp(scale * distance) + (index % (size + 1) == 0 ? 1e-10 : 0)
    }
  }

  /// Evaluates log p and its gradient.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let (rho, alpha) = (exp(position[0]), exp(position[1]))
    guard factorize(scale: -0.5 / (rho * rho), power: alpha * alpha) else { return -.infinity }
    var sum = constant + 25 * position[0] - 4 * rho - alpha * alpha / 8 + position[1]
    for index in 2..<dimension {
      gradient[index] = -position[index]
      sum -= 0.5 * position[index] * position[index]
    }
    for row in 0..<size {
      var rate = 0.0
      for column in 0...row { rate += factor[row * size + column] * position[2 + column] }
      let expected = exp(rate)
      sum += counts[row] * rate - expected
      let slope = counts[row] - expected
      for column in 0...row {
        gradient[2 + column] += slope * factor[row * size + column]
        adjoint[row * size + column] = slope * position[2 + column]
      }
    }
    pullBack()
    let slopes = covarianceSlopes(scale: -0.5 / (rho * rho), power: alpha * alpha)
    gradient[0] = slopes.length + 25 - 4 * rho
    gradient[1] = slopes.amplitude + 1 - alpha * alpha / 4
    return sum
  }

  private mutating func factorize(scale: Double, power: Double) -> Bool {
    for row in 0..<size {
      for column in 0...row {
        var sum = power * exp(scale * squaredDistances[row * size + column])
        if row == column { sum += 1e-10 }
        for index in 0..<column {
          sum -= factor[row * size + index] * factor[column * size + index]
        }
        if row == column {
          guard sum > 0 else { return false }
          factor[row * size + row] = sum.squareRoot()
        } else {
          factor[row * size + column] = sum / factor[column * size + column]
        }
      }
    }
    return true
  }

  /// Turns the adjoint of the factor into that of the covariance's lower triangle, in place.
  private mutating func pullBack() {
    for pivot in (0..<size).reversed() {
      let diagonal = factor[pivot * size + pivot]
      var slope = adjoint[pivot * size + pivot]
      for row in pivot + 1..<max(size, pivot + 1) {
        slope -= factor[row * size + pivot] * adjoint[row * size + pivot] / diagonal
        adjoint[row * size + pivot] /= diagonal
      }
      slope /= diagonal
      for column in 0..<pivot {
        var change = slope * factor[pivot * size + column]
        for row in pivot + 1..<max(size, pivot + 1) {
          change += adjoint[row * size + pivot] * factor[row * size + column]
          adjoint[row * size + column] -=
            adjoint[row * size + pivot] * factor[pivot * size + column]
        }
        adjoint[pivot * size + column] -= change
      }
      adjoint[pivot * size + pivot] = slope / 2
    }
  }

  private func covarianceSlopes(
    scale: Double, power: Double
  ) -> (length: Double, amplitude: Double) {
    var slopes = (length: 0.0, amplitude: 0.0)
    for row in 0..<size {
      for column in 0...row {
        let index = row * size + column
        let part = adjoint[index] * power * exp(scale * squaredDistances[index])
        slopes.length -= 2 * part * scale * squaredDistances[index]
        slopes.amplitude += 2 * part
      }
    }
    return slopes
  }
}
