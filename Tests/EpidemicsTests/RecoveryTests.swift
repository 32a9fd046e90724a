import Foundation
import Randomness
import Sampling
import Testing

@testable import Epidemics

/// Fits of simulated data find what was put in, where a model without the switch does not.
@Suite struct RecoveryTests {
  private func fit(
    _ series: PlaceSeries, _ change: (inout ModelSettings) -> Void = { _ in }
  ) throws -> Draws {
    var settings = OneRegionExample.settings
    settings.stepsPerDay = 1
    change(&settings)
    let model = EpidemicModel(
      places: [series], course: DiseaseCourse(), settings: settings, priors: Priors())
    return try HamiltonianSampler(
      configuration: .init(warmup: 250, draws: 250, targetAcceptance: 0.9)
    ).sample(
      model, chains: 1, seed: 3, starts: [.near(model.priorCenter(), standardDeviation: 0.1)],
      threads: 1)
  }

  private func interval(_ draws: Draws, _ name: String) throws -> [Double] {
    let sorted = try #require(draws[name]).joined().sorted()
    return [0.05, 0.5, 0.95].map { quantile(ofSorted: sorted, $0) }
  }

  @Test func `an intervention's effect is found`() throws {
    var simulator = TrajectorySimulator(DiseaseCourse(), days: 90, stepsPerDay: 2)
    let rates = (0..<90).map { 0.65 * exp($0 >= 35 ? -1.1 : 0) }
    let path = simulator.run(
      population: 5e6, seed: 150, fatality: 0.0066, contactRates: rates)
    var random = RandomSource(seed: 5)
    let deaths = path.deaths.map {
      CountDraws.count(mean: $0, concentration: 30, using: &random)
    }
    let series = PlaceSeries(
      name: "one", population: 5e6, start: Day(number: 18_294), deaths: deaths,
      features: deaths.map { _ in [] },
      interventions: deaths.indices.map { [$0 >= 35 ? 1 : 0] })
    let effect = try interval(fit(series), "intervention[1]")
    #expect(effect[0] < -1.1 && -1.1 < effect[2] && effect[2] < -0.3, "\(effect)")
  }

  @Test func `days out of the ordinary do not move the fit`() throws {
    let clean = try interval(fit(OneRegionExample.series), "dispersion[1]")
    var spoiled = OneRegionExample.series
    // A day without reports and two dumps of old deaths.
    spoiled.deaths[58] = 0
    spoiled.deaths[66] = 160
    spoiled.deaths[74] = 120
    let plain = try interval(fit(spoiled), "dispersion[1]")
    let robust = try fit(spoiled) { $0.likelihood = .outlierMixture }
    let kept = try interval(robust, "dispersion[1]")
    #expect(plain[2] < clean[1], "\(plain) and \(clean)")
    #expect(kept[0] < clean[1] && kept[1] > plain[2], "\(kept) and \(clean)")
  }

  @Test func `late reports do not look like a fall`() throws {
    let delay = DiseaseCourse.Wait(mean: 5, stages: 2)
    var late = OneRegionExample.series
    let shares = (0..<84).map { delay.cumulative(days: 84 - Double($0) - 0.5) }
    for day in 60..<84 {
      late.deaths[day] = Int((Double(OneRegionExample.counts[day]) * shares[day]).rounded())
    }
    func endOfDeaths(_ series: PlaceSeries) throws -> Double {
      let draws = try fit(series)
      var settings = OneRegionExample.settings
      settings.stepsPerDay = 1
      let model = EpidemicModel(
        places: [series], course: DiseaseCourse(), settings: settings, priors: Priors())
      let predictions = Predictor(model, values: draws.values[0], seed: 1)
        .predict(days: 7, futures: [.hold])[0]
      let sums = predictions.expected.map { $0.suffix(7).reduce(0, +) }.sorted()
      return quantile(ofSorted: sums, 0.5)
    }
    let clean = try endOfDeaths(OneRegionExample.series)
    let blind = try endOfDeaths(late)
    late.reportedShares = shares
    let aware = try endOfDeaths(late)
    #expect(blind < 0.75 * clean, "\(blind) and \(clean)")
    #expect(abs(aware / clean - 1) < 0.3, "\(aware) and \(clean)")
  }
}
