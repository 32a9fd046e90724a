import Foundation
import Randomness

/// Which kind of metric warm-up estimates.
public enum MetricKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// The identity: nothing is estimated but the step size.
  case unit
  /// A variance for every coordinate.
  case diagonal
  /// The whole covariance; worth its cost of O(n²) per step for strongly correlated coordinates.
  case dense
}

/// The inverse metric of a Hamiltonian sampler, an estimate of the posterior's covariance.
public struct Metric: Sendable, Hashable, Codable {
  /// The kind, which says how ``inverse`` is stored.
  public let kind: MetricKind
  /// The number of coordinates.
  public let dimension: Int
  /// The inverse metric: `dimension` variances for a diagonal metric (ones for the unit metric),
  /// `dimension`² covariances row by row for a dense one.
  @PackedDoubles public private(set) var inverse: [Double]
  /// The square roots of the variances, or the lower Cholesky factor of the covariance.
  @PackedDoubles private var factor: [Double]

  /// Creates the metric that warm-up begins with, the identity.
  public init(_ kind: MetricKind, dimension: Int) {
    self.kind = kind
    self.dimension = dimension
    let ones = [Double](repeating: 1, count: dimension)
    let identity = (0..<(dimension * dimension)).map {
      $0 / dimension == $0 % dimension ? 1.0 : 0
    }
    inverse = kind == .dense ? identity : ones
    factor = kind == .dense ? identity : ones
  }

  /// Creates a diagonal metric.
  ///
  /// - Precondition: Every variance is positive and finite.
  public init(variances: [Double]) {
    precondition(
      variances.allSatisfy { $0 > 0 && $0.isFinite },
      "a variance of the metric \(variances) is not a positive number")
    kind = .diagonal
    dimension = variances.count
    inverse = variances
    factor = variances.map { $0.squareRoot() }
  }

  /// Creates a dense metric from a covariance, row by row.
  ///
  /// - Returns: `nil` when the covariance is not positive definite.
  public init?(covariance: [Double], dimension: Int) {
    precondition(
      covariance.count == dimension * dimension,
      "a covariance of \(dimension) coordinates has \(dimension * dimension) entries, not "
        + "\(covariance.count)")
    guard let factor = choleskyFactor(of: covariance, dimension: dimension) else { return nil }
    kind = .dense
    self.dimension = dimension
    inverse = covariance
    self.factor = factor
  }

  /// Overwrites `momentum` with a draw from the normal distribution whose covariance is the metric.
  func drawMomentum(
    _ momentum: UnsafeMutablePointer<Double>, using random: inout RandomSource
  ) {
    for index in 0..<dimension { momentum[index] = random.normal() }
    guard kind != .unit else { return }
    factor.withUnsafeBufferPointer { factor in
      if kind == .diagonal {
        for index in 0..<dimension { momentum[index] /= factor[index] }
      } else {
        solveTransposed(factor, momentum)
      }
    }
  }

  /// Overwrites `velocity` with the inverse metric times the momentum.
  @inline(__always)
  func velocity(
    of momentum: UnsafeMutablePointer<Double>, into velocity: UnsafeMutablePointer<Double>
  ) {
    inverse.withUnsafeBufferPointer { inverse in
      switch kind {
      case .unit:
        velocity.update(from: momentum, count: dimension)
      case .diagonal:
        for index in 0..<dimension { velocity[index] = inverse[index] * momentum[index] }
      case .dense:
        multiplySymmetric(inverse, momentum, velocity)
      }
    }
  }

  /// The matrix is symmetric, so adding up columns reads rows and fills vector registers.
  private func multiplySymmetric(
    _ matrix: UnsafeBufferPointer<Double>, _ vector: UnsafeMutablePointer<Double>,
    _ result: UnsafeMutablePointer<Double>
  ) {
    guard let start = matrix.baseAddress else { return }
    result.update(repeating: 0, count: dimension)
    for row in 0..<dimension {
      let entries = start + row * dimension
      let weight = vector[row]
      for column in 0..<dimension { result[column] += weight * entries[column] }
    }
  }

  /// Solves Lᵀ x = b in place; then x has covariance (L Lᵀ)⁻¹ when b is standard normal.
  private func solveTransposed(
    _ factor: UnsafeBufferPointer<Double>, _ vector: UnsafeMutablePointer<Double>
  ) {
    for row in (0..<dimension).reversed() {
      let value = vector[row] / factor[row * dimension + row]
      vector[row] = value
      for column in 0..<row { vector[column] -= value * factor[row * dimension + column] }
    }
  }
}
