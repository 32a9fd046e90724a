import Foundation
import Randomness
import Testing

@testable import Evolution

/// Evaluations to 1e-9 in ten coordinates over twenty seeds, beside the smallest, median and largest
/// of seven runs of an independent implementation.
@Suite struct BudgetTests {
  private func evaluations(
    _ function: @Sendable ([Double]) -> Double, from start: Double, stepSize: Double,
    _ change: (inout CMAES.Configuration) -> Void = { _ in }
  ) throws -> [Int] {
    try (1...20).compactMap { (seed: UInt64) -> Int? in
      let search = finish(
        try CMAES(start: start, dimension: 10, stepSize: stepSize, target: 1e-9, change),
        seed: seed, function)
      return search.stopReasons.contains(.target) ? search.evaluations : nil
    }.sorted()
  }

  @Test func `the sphere takes as many evaluations as elsewhere`() throws {
    let counts = try evaluations(sphere, from: 1, stepSize: 0.5)
    #expect(counts.count == 20)
    #expect((1460...1730).contains(counts[10]))
    #expect(counts.count { (1460...1730).contains($0) } >= 14)
  }

  @Test func `the ellipsoid takes as many evaluations as elsewhere, rotated or not`() throws {
    let plain = try evaluations(ellipsoid, from: 1, stepSize: 0.5)
    #expect(plain.count == 20)
    #expect((3820...4490).contains(plain[10]))
    let turned = try evaluations(
      rotated(ellipsoid, dimension: 10, seed: 3), from: 1, stepSize: 0.5)
    #expect(turned.count == 20)
    // The medians of 20 runs have a standard error of about 2 %.
    expectClose(Double(turned[10]), Double(plain[10]), relative: 0.08)
  }

  @Test func `Rosenbrock's valley takes as many evaluations as elsewhere`() throws {
    let counts = try evaluations(rosenbrock, from: 0, stepSize: 0.2)
    // It has a second optimum, into which one run in some twenty falls.
    #expect(counts.count >= 17)
    #expect((4820...5480).contains(counts[counts.count / 2]))
  }

  /// The root is multiplied above the population and decomposed below; both are the same search.
  @Test func `multiplied and decomposed roots take as many evaluations`() throws {
    func median(_ population: Int, _ dimension: Int) throws -> Double {
      let counts = try (1...15).map { (seed: UInt64) -> Int in
        finish(
          try CMAES(start: 1, dimension: dimension, stepSize: 0.5, target: 1e-9) {
            $0.population = population
          }, seed: seed, ellipsoid
        ).generation
      }.sorted()
      return Double(counts[7])
    }
    // Populations of 12 on either side of the switch, in generations per coordinate squared.
    let decomposed = try median(12, 12) / 144
    let multiplied = try median(12, 14) / 196
    expectClose(multiplied, decomposed, relative: 0.12)
  }

  @Test func `a monotone transformation of the values changes nothing`() throws {
    for dimension in [5, 30] {
      let plain = try CMAES(start: 1, dimension: dimension, stepSize: 0.5, target: nil) {
        $0.limits.generations = 60
        $0.stopping.functionTolerance = 0
      }
      let first = finish(plain, seed: 3, rosenbrock)
      let second = finish(plain, seed: 3) { pow(rosenbrock($0), 3) * 1e-3 - 7 }
      #expect(first.mean == second.mean)
      #expect(first.stepSize == second.stepSize)
    }
  }

  @Test func `variances alone solve a separable function with far fewer evaluations`() throws {
    func evaluations(_ shape: CMAES.Shape) throws -> Int {
      let search = finish(
        try CMAES(start: 1, dimension: 40, stepSize: 0.5, target: 1e-9) { $0.shape = shape },
        seed: 1, ellipsoid)
      #expect(search.stopReasons == [.target])
      return search.evaluations
    }
    #expect(try 3 * evaluations(.separable) < evaluations(.full))
  }
}
