import Foundation
import Randomness
import Testing

@testable import Evolution

@Suite struct StoppingTests {
  private func reasons(
    _ function: ([Double]) -> Double, stepSize: Double = 0.5, seed: UInt64 = 1,
    _ change: (inout CMAES.Configuration) -> Void
  ) throws -> (reasons: [StopReason], search: CMAES) {
    let search = finish(
      try CMAES(start: 1, dimension: 4, stepSize: stepSize, target: nil) {
        // Only what the test switches on again.
        $0.stopping.functionTolerance = 0
        $0.stopping.stepTolerance = 0
        $0.stopping.checksStagnation = false
        change(&$0)
      }, seed: seed, function)
    return (search.stopReasons, search)
  }

  @Test func `budgets and targets stop`() throws {
    #expect(try reasons(sphere) { $0.limits.evaluations = 40 }.reasons == [.evaluationBudget])
    #expect(try reasons(sphere) { $0.limits.generations = 7 }.search.generation == 7)
    let target = try reasons(sphere) { $0.limits.target = 1e-3 }
    #expect(target.reasons == [.target])
    #expect(try #require(target.search.best).value <= 1e-3)
  }

  @Test func `values that no longer differ stop`() throws {
    #expect(
      try reasons(sphere) { $0.stopping.functionTolerance = 1e-9 }.reasons == [.toleranceFunction])
  }

  @Test func `a distribution that has become narrow stops`() throws {
    let stopped = try reasons(sphere) { $0.stopping.stepTolerance = 1e-6 }
    #expect(stopped.reasons == [.toleranceStep])
    #expect(stopped.search.standardDeviations.allSatisfy { $0 < 0.5e-6 })
  }

  @Test func `a distribution that grows without end stops`() throws {
    #expect(try reasons({ -$0[0] }) { _ in }.reasons == [.diverged])
  }

  @Test func `steps below the precision of the mean stop`() throws {
    // The optimum is at 1, where steps of 1e-16 change nothing.
    let stopped = try reasons({ x in sphere(x.map { $0 - 1 }) }) { _ in }
    #expect(
      stopped.reasons.contains(.noEffectInCoordinate)
        || stopped.reasons.contains(.noEffectAlongAxis))
  }

  @Test func `an axis far longer than another stops`() throws {
    let stopped = try reasons({ $0[0] * $0[0] + 1e8 * $0[1] * $0[1] + $0[2] * $0[2] }) {
      $0.stopping.conditionNumber = 1e6
    }
    #expect(stopped.reasons == [.conditionNumber])
  }

  @Test func `values without a trend stop`() throws {
    // Nothing but noise: neither best nor median can improve for long.
    var noise = RandomSource(seed: 8)
    let stopped = try reasons({ _ in noise.normal() }) { $0.stopping.checksStagnation = true }
    #expect(stopped.reasons == [.stagnation])
  }

  @Test func `a flat function widens the search and ends it`() throws {
    let stopped = try reasons({ _ in 7 }) { $0.stopping.functionTolerance = 1e-12 }
    #expect(stopped.reasons.contains(.toleranceFunction) || stopped.reasons == [.diverged])
    #expect(stopped.search.stepSize > 0.5)
  }

  @Test func `a function without any finite value ends the search where it began`() throws {
    let stopped = try reasons({ _ in .nan }) { _ in }
    #expect(stopped.reasons == [.noFiniteValue])
    #expect(stopped.search.best == nil)
    #expect(stopped.search.mean == [1, 1, 1, 1])
    var random = RandomSource(seed: 1)
    #expect(throws: EvolutionError.self) {
      try minimize(from: [1, 1], stepSize: 1, using: &random) { _ in .infinity }
    }
  }

  @Test func `every reason has words of its own`() {
    let words = StopReason.allCases.map(\.description)
    #expect(Set(words).count == words.count)
  }
}
