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
    // The files print twelve digits of values and seven of gradients; the rest is room for the
    // Gaussian process, whose covariance has a condition number near 1e10.
    let rounding = 0.5 * (digit(check.log_density, 12) + digit(check.log_jacobian, 12))
    let value = check.log_density + check.log_jacobian
    #expect(abs(at.value - value) < rounding + 3e-12 * abs(value))
    for (mine, theirs) in zip(at.gradient, check.gradient_unconstrained) {
      #expect(abs(mine - theirs) < 0.55 * digit(theirs, 7) + 1e-9)
    }
    let expected = differences(at: check.unconstrained) { model.evaluated(at: $0).value }
    #expect(close(at.gradient, expected, 1e-6))
  }

  @Test(arguments: posteriors)
  func `automatic differentiation agrees with the gradients by hand`(
    _ posterior: ReferencePosterior
  ) throws {
    guard let declared = try posterior.declaredModel() else { return }
    let byHand = try posterior.model()
    for check in try #require(posterior.densityChecks()[posterior.name]) {
      let mine = declared.evaluated(at: check.unconstrained)
      let theirs = byHand.evaluated(at: check.unconstrained)
      #expect(close(mine.value, theirs.value, 1e-11))
      #expect(close(mine.gradient, theirs.gradient, 1e-7))
    }
  }

  /// The size of a number's last printed digit.
  private func digit(_ number: Double, _ count: Double) -> Double {
    pow(10, log10(max(abs(number), 1e-9)).rounded(.down) - count + 1)
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
