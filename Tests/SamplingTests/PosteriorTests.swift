import Foundation
import Randomness
import ReferencePosteriors
import Testing

@testable import Sampling

private let data = ProcessInfo.processInfo.environment["SWIFTLET_DATA"]

@Suite(.enabled(if: data != nil)) struct PosteriorTests {
  static let posteriors = ReferencePosterior.names.map {
    ReferencePosterior($0, data: data ?? "")
  }

  @Test(arguments: posteriors)
  func `densities and gradients are those computed elsewhere`(_ posterior: ReferencePosterior)
    throws
  {
    let model = try posterior.model()
    let checks = try #require(posterior.densityChecks()[posterior.name])
    #expect(checks.count == 3)
    for check in checks { compare(model, check) }
  }

  @Test func `the centered eight schools have their density too`() throws {
    let posterior = Self.posteriors[2]
    let data = try posterior.data()
    let model = CenteredEightSchools(effects: data["y"], errors: data["sigma"])
    let checks = try posterior.densityChecks().filter { $0.key != posterior.name }
    for check in try #require(checks.values.first) { compare(model, check) }
  }

  private func compare(_ model: some BayesianModel, _ check: ReferencePosterior.DensityCheck) {
    let at = model.evaluated(at: check.unconstrained)
    // The files print twelve digits of values and seven of gradients.
    #expect(close(at.value, check.log_density + check.log_jacobian, 2e-12))
    for (mine, theirs) in zip(at.gradient, check.gradient_unconstrained) {
      let last = pow(10, (log10(max(abs(theirs), 1e-9))).rounded(.down) - 6)
      #expect(abs(mine - theirs) < 0.51 * last + 1e-9 * 1)
    }
    let expected = differences(at: check.unconstrained) { model.evaluated(at: $0).value }
    #expect(close(at.gradient, expected, 1e-6))
  }

  @Test(arguments: posteriors)
  func `draws have the reference means and standard deviations`(_ posterior: ReferencePosterior)
    throws
  {
    let comparison = try PosteriorComparison(posterior, seed: 1)
    #expect(comparison.divergences == 0)
    #expect(comparison.worstMean.deviation < 3.5, "\(comparison.worstMean)")
    #expect(comparison.worstDeviation.deviation < 3.5, "\(comparison.worstDeviation)")
    #expect(comparison.largestRHat < 1.01)
  }
}
