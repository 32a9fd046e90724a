import Foundation
import Sampling
import Testing

@testable import Epidemics

/// Approximations of the posterior, beside draws of it.
@Suite struct ApproximationTests {
  /// Draws of the posterior itself, once for all tests.
  private static let exact = Result { try problem(.nuts).fit(threads: 1) }

  private static func problem(_ method: InferenceMethod) throws -> EpidemicProblem {
    var recipe = EpidemicRecipe()
    recipe.simulation = .init(places: 1, days: 70)
    recipe.model.weekdays = false
    recipe.sampler.chains = 2
    recipe.sampler.warmup = 300
    recipe.sampler.draws = 400
    recipe.sampler.method = method
    return try EpidemicProblem(recipe)
  }

  private func moments(_ draws: Draws, _ name: String) throws -> (mean: Double, deviation: Double) {
    let values = Array(try #require(draws[name]).joined())
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(values.count - 1)).squareRoot())
  }

  @Test(arguments: [InferenceMethod.meanField, .fullRank, .pathfinder, .laplace])
  func `an approximation has the posterior's centers and says what it is`(
    _ method: InferenceMethod
  ) throws {
    let exact = try Self.exact.get()
    #expect(exact.approximation == nil)
    let fit = try Self.problem(method).fit(threads: 1)
    let approximation = try #require(fit.approximation)
    #expect(approximation.method == method && approximation.values.count == 800)
    for name in ["contact[1]", "mobility[1,1]", "seed[1]", "dispersion[1]"] {
      let (truth, found) = (try moments(exact.draws, name), try moments(fit.draws, name))
      #expect(
        abs(found.mean - truth.mean) < 0.8 * truth.deviation,
        "\(method), \(name): \(found) and \(truth)")
    }
    let contact = try (moments(exact.draws, "contact[1]"), moments(fit.draws, "contact[1]"))
    if method == .meanField {
      #expect(contact.1.deviation < 0.7 * contact.0.deviation, "\(contact)")
    } else {
      // Pathfinder stops where the bound is best, which is narrower than the posterior.
      let least = method == .pathfinder ? 0.3 : 0.6
      #expect(contact.1.deviation > least * contact.0.deviation, "\(contact)")
    }
    #expect(fit.verdict.text.contains("not of the posterior"))
    #expect(fit.verdict.text.contains("k-hat"))
    #expect(fit.verdict.isTrustworthy == (approximation.shape <= 0.7))
    #expect(try Self.problem(method).fit(threads: 1).approximation == approximation)
  }

  @Test func `an approximation above the limit is refused in words`() {
    let bad = ApproximateFit(
      method: .laplace, values: [[0]], shape: 0.9, isResampled: false, hasConverged: true)
    #expect(!FitVerdict(bad).isTrustworthy)
    #expect(FitVerdict(bad).text.contains("above 0.7"))
    let unsettled = ApproximateFit(
      method: .meanField, values: [[0]], shape: 0.3, isResampled: true, hasConverged: false)
    #expect(!FitVerdict(unsettled).isTrustworthy)
    #expect(FitVerdict(unsettled).text.contains("had not settled"))
  }

  @Test func `chains that begin where Pathfinder ends find the same posterior`() throws {
    var begun = try Self.problem(.nuts)
    begun.recipe.sampler.start = .pathfinder
    let target = begun.sampledModel()
    let starts = try begun.starts(of: target, threads: 1)
    #expect(starts.count == 2 && starts[0] != starts[1])
    #expect(starts == (try begun.starts(of: target, threads: 2)))
    let draws = try begun.sample(threads: 1)
    let other = try Self.exact.get().draws
    let (left, right) = try (moments(draws, "contact[1]"), moments(other, "contact[1]"))
    #expect(abs(left.mean - right.mean) < 0.3 * right.deviation)
  }
}
