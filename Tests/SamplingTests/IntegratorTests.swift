import Foundation
import Randomness
import Testing

@testable import Sampling

@Suite struct IntegratorTests {
  private let density = AutomaticDensity(dimension: 3) { x in
    -0.5 * Traced.square(x[0]) - .exp(x[1] * 0.5) - 0.5 * .square(x[1] - x[2])
      - .square(x[0] * x[2])
  }

  private func system(_ metric: Metric) -> HamiltonianSystem {
    let position = [0.3, -0.4, 0.9]
    let at = density.evaluated(at: position)
    return HamiltonianSystem(
      position: position, gradient: at.gradient, logDensity: at.value, metric: metric, vectors: 4)
  }

  private var metrics: [Metric] {
    get throws {
      [
        Metric(.unit, dimension: 3), Metric(variances: [0.5, 2, 1.3]),
        try #require(
          Metric(covariance: [1, 0.3, 0.1, 0.3, 2, -0.4, 0.1, -0.4, 0.7], dimension: 3)),
      ]
    }
  }

  @Test func `going back in time returns to the start`() throws {
    for metric in try metrics {
      var (model, random) = (density, RandomSource(seed: 2))
      let system = system(metric)
      system.refreshMomentum(using: &random)
      let start = system.position
      let momentum = (0..<3).map { system.momentum[$0] }
      for _ in 0..<50 { system.leapfrog(0.05, &model) }
      #expect(!close(system.position, start, 0.1))
      for _ in 0..<50 { system.leapfrog(-0.05, &model) }
      #expect(close(system.position, start, 1e-12))
      #expect(close((0..<3).map { system.momentum[$0] }, momentum, 1e-12))
    }
  }

  @Test func `halving the step divides the energy error by four`() throws {
    for metric in try metrics {
      var errors: [Double] = []
      for steps in [100, 200, 400] {
        var (model, random) = (density, RandomSource(seed: 2))
        let system = system(metric)
        system.refreshMomentum(using: &random)
        let start = system.energy
        for _ in 0..<steps { system.leapfrog(2 / Double(steps), &model) }
        errors.append(system.energy - start)
      }
      #expect(abs(errors[0]) < 1e-3)
      #expect(abs(errors[0] / errors[1] - 4) < 0.05)
      #expect(abs(errors[1] / errors[2] - 4) < 0.02)
    }
  }

  @Test func `a step keeps volume in phase space`() throws {
    for metric in try metrics {
      var random = RandomSource(seed: 2)
      let start = system(metric)
      start.refreshMomentum(using: &random)
      let point = start.position + (0..<3).map { start.momentum[$0] }
      let columns = point.indices.map { column in
        point.indices.map { row in
          slope(at: point[column]) { moved in
            var place = point
            place[column] = moved
            return flow(place, metric)[row]
          }
        }
      }
      let factor = abs(try determinant(columns))
      #expect(close(factor, 1, 1e-9))
    }
  }

  /// Three steps from six coordinates of phase space.
  private func flow(_ point: [Double], _ metric: Metric) -> [Double] {
    var model = density
    let system = system(metric)
    system.position = Array(point[0..<3])
    system.logDensity = model.logDensity(at: system.position, gradient: &system.gradient)
    for index in 0..<3 { system.momentum[index] = point[3 + index] }
    for _ in 0..<3 { system.leapfrog(0.2, &model) }
    return system.position + (0..<3).map { system.momentum[$0] }
  }

  /// By elimination without pivoting, which these matrices near a rotation do not need.
  private func determinant(_ matrix: [[Double]]) throws -> Double {
    var rows = matrix
    var result = 1.0
    for column in rows.indices {
      try #require(abs(rows[column][column]) > 1e-6)
      result *= rows[column][column]
      for row in rows.indices where row > column {
        let factor = rows[row][column] / rows[column][column]
        for entry in rows.indices { rows[row][entry] -= factor * rows[column][entry] }
      }
    }
    return result
  }

  @Test func `momenta have the metric as covariance`() throws {
    for metric in try metrics {
      var random = RandomSource(seed: 5)
      let system = system(metric)
      var sum = [Double](repeating: 0, count: 9)
      let count = 40_000
      for _ in 0..<count {
        system.refreshMomentum(using: &random)
        // p vᵀ with v = M⁻¹ p has the identity as its mean.
        for row in 0..<3 {
          for column in 0..<3 {
            sum[3 * row + column] += system.momentum[row] * system.velocity[column]
          }
        }
      }
      for index in 0..<9 {
        #expect(abs(sum[index] / Double(count) - (index % 4 == 0 ? 1 : 0)) < 0.05)
      }
    }
  }
}
