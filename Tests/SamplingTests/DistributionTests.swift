import Foundation
import Randomness
import Sampling
import Testing

@Suite struct DistributionTests {
  /// A family with parameters to try it at and a place to evaluate.
  struct Family: Sendable, CustomTestStringConvertible {
    var name: String
    var parameters: [Double]
    var place: Double
    var plain: @Sendable ([Double]) -> Double
    var traced: @Sendable ([Traced]) -> Traced
    var derivatives: @Sendable ([Double]) -> [Double]
    var testDescription: String { "\(name) \(parameters)" }
  }

  static func continuous() -> [Family] {
    [
      Family(
        name: "normal", parameters: [0.7, 1.3], place: -0.4,
        plain: { Normal(mean: $0[1], standardDeviation: $0[2]).logDensity($0[0]) },
        traced: { Normal(mean: $0[1], standardDeviation: $0[2]).logDensity($0[0]) },
        derivatives: {
          let d = Normal(mean: $0[1], standardDeviation: $0[2]).derivatives(at: $0[0])
          return [d.x, d.mean, d.standardDeviation]
        }),
      Family(
        name: "half-normal", parameters: [0.6], place: 0.9,
        plain: { HalfNormal(scale: $0[1]).logDensity($0[0]) },
        traced: { HalfNormal(scale: $0[1]).logDensity($0[0]) },
        derivatives: {
          let d = HalfNormal(scale: $0[1]).derivatives(at: $0[0])
          return [d.x, d.scale]
        }),
      Family(
        name: "log-normal", parameters: [0.2, 0.8], place: 2.1,
        plain: { LogNormal(logMean: $0[1], logStandardDeviation: $0[2]).logDensity($0[0]) },
        traced: { LogNormal(logMean: $0[1], logStandardDeviation: $0[2]).logDensity($0[0]) },
        derivatives: {
          let d = LogNormal(logMean: $0[1], logStandardDeviation: $0[2]).derivatives(at: $0[0])
          return [d.x, d.logMean, d.logStandardDeviation]
        }),
      Family(
        name: "Cauchy", parameters: [0.5, 2], place: 3,
        plain: { Cauchy(location: $0[1], scale: $0[2]).logDensity($0[0]) },
        traced: { Cauchy(location: $0[1], scale: $0[2]).logDensity($0[0]) },
        derivatives: {
          let d = Cauchy(location: $0[1], scale: $0[2]).derivatives(at: $0[0])
          return [d.x, d.location, d.scale]
        }),
      Family(
        name: "Student", parameters: [0.5, 2], place: 3,
        plain: {
          StudentT(degreesOfFreedom: 4, location: $0[1], scale: $0[2]).logDensity($0[0])
        },
        traced: {
          StudentT(degreesOfFreedom: 4, location: $0[1], scale: $0[2]).logDensity($0[0])
        },
        derivatives: {
          let d = StudentT(degreesOfFreedom: 4, location: $0[1], scale: $0[2])
            .derivatives(at: $0[0])
          return [d.x, d.location, d.scale]
        }),
      Family(
        name: "gamma", parameters: [2.5, 1.7], place: 0.8,
        plain: { Gamma(shape: $0[1], rate: $0[2]).logDensity($0[0]) },
        traced: { Gamma(shape: $0[1], rate: $0[2]).logDensity($0[0]) },
        derivatives: {
          let d = Gamma(shape: $0[1], rate: $0[2]).derivatives(at: $0[0])
          return [d.x, d.shape, d.rate]
        }),
      Family(
        name: "beta", parameters: [2.5, 1.7], place: 0.3,
        plain: { Beta(alpha: $0[1], beta: $0[2]).logDensity($0[0]) },
        traced: { Beta(alpha: $0[1], beta: $0[2]).logDensity($0[0]) },
        derivatives: {
          let d = Beta(alpha: $0[1], beta: $0[2]).derivatives(at: $0[0])
          return [d.x, d.alpha, d.beta]
        }),
    ]
  }

  @Test(arguments: continuous())
  func `derivatives agree with finite differences and the tape`(_ family: Family) {
    let point = [family.place] + family.parameters
    let expected = differences(at: point, family.plain)
    #expect(close(family.derivatives(point), expected, 1e-8))
    let traced = AutomaticDensity(dimension: point.count, family.traced).evaluated(at: point)
    #expect(traced.value == family.plain(point))
    #expect(close(traced.gradient, family.derivatives(point), 1e-14))
  }

  @Test(arguments: continuous())
  func `densities integrate to one`(_ family: Family) {
    let lower = ["normal", "Cauchy", "Student"].contains(family.name) ? -1.0 : 0
    // x = tan(v) for the whole line and half lines; the beta density ends at one.
    let isBeta = family.name == "beta"
    let range = isBeta ? (0.0, 1.0) : (lower * Double.pi / 2, Double.pi / 2)
    let count = 200_000
    let width = (range.1 - range.0) / Double(count)
    let total = (0..<count).reduce(0.0) { sum, index in
      let v = range.0 + (Double(index) + 0.5) * width
      let x = isBeta ? v : tan(v)
      let weight = isBeta ? 1 : 1 + x * x
      return sum + exp(family.plain([x] + family.parameters)) * weight * width
    }
    #expect(close(total, 1, 1e-6))
  }

  @Test func `the negative binomial has the specified values`() {
    let cases: [(y: Double, mean: Double, phi: Double, expected: Double)] = [
      (0, 0.3, 5, -0.2913445406), (7, 4.2, 3, -2.8158627787),
      (120, 95.5, 12, -4.8214355450), (3, 50, 1.5, -4.6100921168),
    ]
    for item in cases {
      let value = NegativeBinomial(mean: item.mean, concentration: item.phi).logDensity(item.y)
      #expect(abs(value - item.expected) < 5.1e-11)
    }
  }

  @Test(arguments: [0.4, 3, 9.9, 10, 55, 1e4, 1e8])
  func `count distributions sum to one and have the right derivatives`(_ phi: Double) {
    let mean = 3.7
    let total = (0..<4000).reduce(0.0) {
      $0 + exp(NegativeBinomial(mean: mean, concentration: phi).logDensity(Double($1)))
    }
    #expect(close(total, 1, 1e-12))
    for y in [0.0, 1, 8, 40] {
      let d = NegativeBinomial(mean: mean, concentration: phi).derivatives(at: y)
      let byMean = slope(at: mean) {
        NegativeBinomial(mean: $0, concentration: phi).logDensity(y)
      }
      let byLogPhi = slope(at: log(phi)) {
        NegativeBinomial(mean: mean, concentration: exp($0)).logDensity(y)
      }
      #expect(close(d.mean, byMean, 1e-8))
      #expect(close(d.concentration * phi, byLogPhi, 1e-8))
    }
  }

  @Test func `a huge concentration is the Poisson distribution, without cancellation`() {
    for y in [0.0, 5, 300] {
      let poisson = Poisson(mean: 12.5).derivatives(at: y)
      let limit = NegativeBinomial(mean: 12.5, concentration: 1e14).derivatives(at: y)
      #expect(close(limit.logDensity, poisson.logDensity, 1e-9))
      #expect(close(limit.mean, poisson.mean, 1e-9))
      #expect(abs(limit.concentration * 1e14) < 1e-6)
    }
  }

  @Test func `draws have the distribution's mean and variance`() {
    var random = RandomSource(seed: 11)
    func check(
      _ mean: Double, _ variance: Double, _ name: String, _ draw: (inout RandomSource) -> Double
    ) {
      let draws = (0..<40_000).map { _ in draw(&random) }
      let count = Double(draws.count)
      let average = draws.reduce(0, +) / count
      let squares = draws.map { ($0 - average) * ($0 - average) }
      let spread = squares.reduce(0, +) / count
      let fourth = squares.map { ($0 - spread) * ($0 - spread) }.reduce(0, +) / count
      #expect(abs(average - mean) < 4 * (variance / count).squareRoot(), "\(name) mean")
      #expect(abs(spread - variance) < 4 * (fourth / count).squareRoot(), "\(name) variance")
    }
    check(2, 4.0 / 3, "gamma") { Gamma(shape: 3, rate: 1.5).draw(using: &$0) }
    check(0.2, 0.1, "gamma below one") { Gamma(shape: 0.4, rate: 2).draw(using: &$0) }
    check(0.4, 0.04, "beta") { Beta(alpha: 2, beta: 3).draw(using: &$0) }
    check(3, 3, "Poisson") { Double(Poisson(mean: 3).draw(using: &$0)) }
    check(14, 14, "Poisson") { Double(Poisson(mean: 14).draw(using: &$0)) }
    check(500, 500, "Poisson") { Double(Poisson(mean: 500).draw(using: &$0)) }
    check(6, 6 + 36 / 2.5, "negative binomial") {
      Double(NegativeBinomial(mean: 6, concentration: 2.5).draw(using: &$0))
    }
    check(1, 4 * 10 / 8.0, "Student") {
      StudentT(degreesOfFreedom: 10, location: 1, scale: 2).draw(using: &$0)
    }
  }
}
