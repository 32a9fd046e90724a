import Foundation
import Randomness
import ReferencePosteriors
import Testing

@testable import Sampling

@Suite struct VariationalTests {
  private let gaussian = CorrelatedGaussian(
    mean: [1, -2, 0.5, 3], scale: [1, 0.5, 2, 1.5], correlation: 0.6)
  private let schools = EightSchools(
    effects: [28, 8, -3, 7, -1, 1, 18, 12], errors: [15, 10, 16, 11, 9, 11, 10, 18])

  /// The standard deviation of coordinate `index` when all others are fixed.
  private func conditional(_ index: Int) -> Double {
    let neighbors = index == 0 || index == 3 ? 1.0 : 2
    let squared = gaussian.correlation * gaussian.correlation
    let precision = (neighbors == 1 ? 1 : 1 + squared) / (1 - squared)
    return gaussian.scale[index] / precision.squareRoot()
  }

  @Test func `L-BFGS climbs a curved ridge`() throws {
    var ridge = AutomaticDensity(dimension: 2) { x in
      -(Traced.square(1 - x[0]) + 100 * .square(x[1] - .square(x[0])))
    }
    let path = LimitedMemoryBFGS().climb(&ridge, from: [-1.2, 1])
    let end = try #require(path.last)
    #expect(close(end.position, [1, 1], 1e-6))
    #expect(path.count < 80)
    #expect(zip(path.dropFirst(), path).allSatisfy { $0.logDensity > $1.logDensity })
  }

  @Test func `the curvature of a path obeys its last step`() throws {
    var model = gaussian
    let path = LimitedMemoryBFGS().climb(&model, from: [4, 4, 4, 4])
    var curvature = InverseCurvature(history: 6, dimension: 4)
    for (before, after) in zip(path, path.dropFirst()).prefix(5) {
      curvature.learn(from: before, to: after)
      let step = zip(after.position, before.position).map { $0 - $1 }
      let change = zip(before.gradient, after.gradient).map { $0 - $1 }
      #expect(close(curvature.product(change), step, 1e-9))
    }
    let matrix = curvature.matrix()
    #expect(choleskyFactor(of: matrix, dimension: 4) != nil)
  }

  @Test func `Laplace's approximation of a Gaussian is the Gaussian`() throws {
    let laplace = try LaplaceApproximation(gaussian, from: [0, 0, 0, 0])
    #expect(close(laplace.gaussian.mean, gaussian.mean, 1e-6))
    #expect(close(laplace.gaussian.standardDeviations, gaussian.scale, 1e-6))
    // The density of this Gaussian lacks its constant, which the evidence gives back.
    let constant = (0..<4).reduce(2 * log(2 * Double.pi)) {
      $0 + log(gaussian.scale[$1]) + ($1 > 0 ? 0.5 * log(1 - 0.36) : 0)
    }
    #expect(close(laplace.logEvidence, constant, 1e-6))
    let flat = AutomaticDensity(dimension: 2) { -.square($0[0]) }
    #expect(throws: SamplingError.self) { try LaplaceApproximation(flat, from: [1, 1]) }
  }

  @Test func `Pathfinder finds a Gaussian and trusts itself`() throws {
    let draws = try Pathfinder().run(gaussian, paths: 4, kept: 4000, seed: 3)
    #expect(draws.positions.count == 4000)
    #expect(draws.weights.isTrustworthy)
    for index in 0..<4 {
      let column = draws.positions.map { $0[index] }
      #expect(abs(average(column) - gaussian.mean[index]) < 0.1 * gaussian.scale[index])
      #expect(abs(spread(column) / gaussian.scale[index] - 1) < 0.1)
    }
    #expect(try Pathfinder().run(gaussian, paths: 4, kept: 4000, seed: 3, threads: 1) == draws)
  }

  @Test func `Pathfinder's positions start chains`() throws {
    let found = try Pathfinder().run(schools, kept: 4, seed: 1)
    let draws = try HamiltonianSampler(configuration: .init(warmup: 300, draws: 300)).sample(
      schools, seed: 2, starts: found.positions.map { .position($0) })
    #expect(rHat(draws[element: 8]) < 1.03)
  }

  @Test func `mean-field inference finds the means and understates the spread`() throws {
    var random = RandomSource(seed: 1)
    let inference = VariationalInference(.meanField)
    let fit = try inference.fit(gaussian, using: &random)
    for index in 0..<4 {
      let scale = gaussian.scale[index]
      #expect(abs(fit.gaussian.mean[index] - gaussian.mean[index]) < 0.1 * scale)
      #expect(abs(fit.gaussian.standardDeviations[index] / conditional(index) - 1) < 0.08)
      #expect(fit.gaussian.standardDeviations[index] < 0.95 * scale)
    }
    #expect(fit.hasConverged)
    #expect(fit.evidenceBounds[0] < fit.evidenceBounds[1])
  }

  @Test func `full-rank inference finds the spread too, and its weights say so`() throws {
    var random = RandomSource(seed: 1)
    let inference = VariationalInference(.fullRank)
    let fit = try inference.fit(gaussian, using: &random)
    for index in 0..<4 {
      #expect(abs(fit.gaussian.standardDeviations[index] / gaussian.scale[index] - 1) < 0.08)
    }
    let judged = inference.draws(from: fit, of: gaussian, using: &random)
    #expect(judged.weights.shape < 0.5)
    // The evidence bound of an exact fit is the evidence.
    let constant = (0..<4).reduce(2 * log(2 * Double.pi)) {
      $0 + log(gaussian.scale[$1]) + ($1 > 0 ? 0.5 * log(1 - 0.36) : 0)
    }
    let bound = try #require(fit.evidenceBounds.last)
    #expect(abs(bound - constant) < 0.05)
  }

  @Test func `a normal approximation's density is that of its draws`() {
    let gaussian = GaussianApproximation(mean: [1, 2], factor: [2, 0, 0.6, 0.5])
    #expect(close(gaussian.standardDeviations, [2, (0.36 + 0.25).squareRoot()], 1e-15))
    let noise = [0.3, -1.2]
    let at = gaussian.position(of: noise)
    let expected = -log(2 * Double.pi) - 0.5 * (0.09 + 1.44) - log(2 * 0.5)
    #expect(close(gaussian.logDensity(at: at), expected, 1e-14))
  }
}
