import Foundation
import Randomness
import Testing

@testable import Sampling

@Suite struct DiagnosisTests {
  private let model = CorrelatedGaussian(mean: [0, 0], scale: [1, 3], correlation: 0.5)

  @Test func `good draws are trusted in a sentence`() throws {
    let draws = try HamiltonianSampler(configuration: .init(draws: 500)).sample(model, seed: 1)
    let diagnosis = draws.diagnosis()
    #expect(diagnosis.isTrustworthy)
    #expect(diagnosis.verdict.hasPrefix("The draws may be used: no divergences, R-hat at most 1.0"))
    let table = draws.summary().table
    #expect(table.split(separator: "\n").count == 3)
    #expect(table.contains("x[2]") && table.contains("ess_bulk"))
  }

  @Test func `every defect is named`() throws {
    var draws = try HamiltonianSampler(configuration: .init(warmup: 200, draws: 100))
      .sample(model, chains: 2, seed: 1)
    for index in 0..<100 { draws.values[1][index][1] += 20 }
    draws.statistics[0][3].isDivergent = true
    for index in 0..<100 { draws.statistics[1][index].treeDepth = 10 }
    for index in 0..<100 { draws.statistics[0][index].energy = Double(index) }
    let words = draws.diagnosis().verdict
    for part in [
      "Do not use", "R-hat of x[2]", "effective draws", "1 of 200 draws diverged",
      "50.0 % of the trajectories", "E-BFMI",
    ] { #expect(words.contains(part), "\(part) in: \(words)") }
  }

  @Test func `a constant value is left out and one chain is not enough`() throws {
    var draws = try HamiltonianSampler(configuration: .init(draws: 800))
      .sample(model, chains: 1, seed: 1)
    for index in 0..<800 { draws.values[0][index][0] = 7 }
    #expect(draws.summary()[0].rHat.isNaN)
    #expect(draws.diagnosis().worstRHat?.name == "x[2]")
    #expect(draws.diagnosis().complaints.contains { $0.hasPrefix("One chain") })
  }
}
