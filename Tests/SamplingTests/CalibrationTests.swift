import Foundation
import Randomness
import Testing

@testable import Sampling

/// Normal data with unknown spread; the planted bug leaves out the Jacobian of its logarithm.
private struct SpreadModel: BayesianModel {
  let dimension = 2
  let variables = [Variable("mu"), Variable("sigma")]
  let data: [Double]
  let hasJacobian: Bool

  func constrained(_ position: [Double]) -> [Double] { [position[0], exp(position[1])] }

  mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let sigma = exp(position[1])
    let center = Normal(mean: 0, standardDeviation: 2).derivatives(at: position[0])
    let width = Gamma(shape: 2, rate: 2).derivatives(at: sigma)
    var sum = center.logDensity + width.logDensity
    gradient[0] = center.x
    gradient[1] = width.x * sigma
    let normal = Normal(mean: position[0], standardDeviation: sigma)
    for value in data {
      let at = normal.derivatives(at: value)
      sum += at.logDensity
      gradient[0] += at.mean
      gradient[1] += at.standardDeviation * sigma
    }
    if hasJacobian {
      sum += position[1]
      gradient[1] += 1
    }
    return sum
  }

  static func simulate(
    _ random: inout RandomSource, hasJacobian: Bool
  ) -> (model: SpreadModel, truth: [Double]) {
    let mu = random.normal(standardDeviation: 2)
    let sigma = Gamma(shape: 2, rate: 2).draw(using: &random)
    let data = (0..<2).map { _ in random.normal(mean: mu, standardDeviation: sigma) }
    return (SpreadModel(data: data, hasJacobian: hasJacobian), [mu, sigma])
  }
}

@Suite struct CalibrationTests {
  private func calibrate(hasJacobian: Bool, threads: Int? = nil) throws -> CalibrationResult {
    try Calibration(
      configuration: .init(warmup: 300, draws: 990, targetAcceptance: 0.9), replicates: 400
    ).run(
      quantities: ["mu", "sigma"], seed: 12, threads: threads,
      simulate: { SpreadModel.simulate(&$0, hasJacobian: hasJacobian) })
  }

  @Test func `a right model has uniform ranks`() throws {
    let result = try calibrate(hasJacobian: true)
    var random = RandomSource(seed: 1)
    for quantity in 0..<2 {
      #expect(result.uniformity(quantity) > 0.01)
      #expect(result.distributionBand(quantity, level: 0.99, using: &random).isInside)
      #expect(result.histogram(quantity).reduce(0, +) == 400)
    }
  }

  @Test func `a missing Jacobian is found`() throws {
    let result = try calibrate(hasJacobian: false)
    var random = RandomSource(seed: 1)
    #expect(result.uniformity(1) < 1e-6)
    #expect(!result.distributionBand(1, level: 0.99, using: &random).isInside)
  }

  @Test func `the ranks do not depend on the threads`() throws {
    let calibration = Calibration(
      configuration: .init(warmup: 100, draws: 99), replicates: 10)
    func ranks(_ threads: Int) throws -> CalibrationResult {
      try calibration.run(
        quantities: ["mu", "sigma"], seed: 1, threads: threads,
        simulate: { SpreadModel.simulate(&$0, hasJacobian: true) })
    }
    #expect(try ranks(1) == ranks(3))
  }

  @Test func `chains begin where they are told to`() throws {
    let calibration = Calibration(
      configuration: .init(warmup: 50, draws: 99), replicates: 4)
    func run(_ start: @escaping @Sendable (SpreadModel) -> StartingPoint) throws {
      _ = try calibration.run(
        quantities: ["mu", "sigma"], seed: 1, threads: 1,
        simulate: { SpreadModel.simulate(&$0, hasJacobian: true) }, start: start)
    }
    try run { .near([$0.data[0], 0], standardDeviation: 0.1) }
    // Far away the density underflows, and the start is refused.
    #expect(throws: SamplingError.self) { try run { _ in .position([0, -1e4]) } }
  }

  @Test func `uniform ranks pass and crowded ranks fail as often as they should`() {
    var random = RandomSource(seed: 3)
    let uniform = (0..<300).map { _ in (0..<200).map { _ in random.index(below: 100) } }
    let result = CalibrationResult(
      quantities: uniform.indices.map { "\($0)" }, rankCount: 100, ranks: uniform, divergences: 0)
    let rejected = uniform.indices.count { result.uniformity($0) < 0.05 }
    // 15 of 300 expected, standard deviation 3.8.
    #expect(rejected > 3 && rejected < 30)
  }
}
