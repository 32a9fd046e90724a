import Foundation
import Randomness
import Testing

@testable import Epidemics

/// Other ways to compute the same epidemic.
@Suite struct TwinTests {
  private func compartmentDeaths(
    _ course: DiseaseCourse, _ rates: [Double], population: Double, seed: Double
  ) -> [Double] {
    let model = CompartmentModel(course: course, population: population, stepsPerDay: 8)
    let states = model.states(
      from: Compartments(population: population, seed: seed, course: course), contactRates: rates)
    return zip(states.dropFirst(), states).map { $0.dead - $1.dead }
  }

  @Test(arguments: [false, true])
  func `the renewal equation gives the same deaths`(_ isExponential: Bool) {
    let course = isExponential ? DiseaseCourse().exponential : DiseaseCourse()
    let rates = (0..<90).map { $0 < 30 ? 0.7 : 0.22 }
    let deaths = compartmentDeaths(course, rates, population: 1e6, seed: 100)
    let fine = RenewalTwin(course: course, population: 1e6, stepsPerDay: 8)
      .deaths(seed: 100, contactRates: rates)
    let daily = RenewalTwin(course: course, population: 1e6, stepsPerDay: 1)
      .deaths(seed: 100, contactRates: rates)
    for day in 10..<90 {
      // Sums over whole days are rougher where waits have no mode.
      let bounds = isExponential ? (fine: 2e-3, daily: 0.11) : (fine: 1e-3, daily: 0.035)
      #expect(abs(fine[day] / deaths[day] - 1) < bounds.fine, "day \(day)")
      #expect(abs(daily[day] / deaths[day] - 1) < bounds.daily, "day \(day)")
    }
  }

  @Test func `the model with the renewal equation is that with compartments, nearly`() {
    func density(_ dynamics: ModelSettings.Dynamics, _ steps: Int) -> (Double, [Double]) {
      var settings = OneRegionExample.settings
      settings.dynamics = dynamics
      settings.stepsPerDay = steps
      var model = EpidemicModel(
        places: [OneRegionExample.series], course: DiseaseCourse(), settings: settings,
        priors: OneRegionExample.priors)
      var gradient = [Double](repeating: 0, count: model.dimension)
      return (model.logDensity(at: OneRegion.position, gradient: &gradient), gradient)
    }
    let (exact, slopes) = density(.compartments, 4)
    let (daily, _) = density(.renewal, 1)
    let (fine, fineSlopes) = density(.renewal, 4)
    // A quarter of the step leaves less than a quarter of the difference.
    #expect(abs(fine - exact) < abs(daily - exact) / 4, "\(daily), \(fine) and \(exact)")
    #expect(abs(fine - exact) < 0.5)
    #expect(zip(fineSlopes, slopes).allSatisfy { abs($0 - $1) < 0.01 * (10 + abs($1)) })
    // Forecasts come from the same equation.
    let values = OneRegionExample.model.constrained(OneRegion.position)
    var settings = OneRegionExample.settings
    settings.dynamics = .renewal
    let model = EpidemicModel(
      places: [OneRegionExample.series], course: DiseaseCourse(), settings: settings,
      priors: OneRegionExample.priors)
    func deaths(_ model: EpidemicModel) -> [Double] {
      Predictor(model, values: [values], seed: 1).predict(days: 14, futures: [.hold])[0].expected[0]
    }
    let (left, right) = (deaths(model), deaths(OneRegionExample.model))
    #expect(zip(left, right).dropFirst(20).allSatisfy { abs($0 / $1 - 1) < 0.03 && $0 != $1 })
  }

  @Test func `the mean of whole-person epidemics tends to the equation`() {
    let course = DiseaseCourse()
    let rates = (0..<60).map { $0 < 25 ? 0.6 : 0.25 }
    let simulator = StochasticEpidemic(course: course, population: 2_000_000, stepsPerDay: 20)
    var random = RandomSource(seed: 2)
    let runs = (0..<40).map { _ in
      let run = simulator.run(seed: 2000, contactRates: rates, using: &random)
      return [Double(run.infections.reduce(0, +)), Double(run.deaths.reduce(0, +))]
    }
    let model = CompartmentModel(course: course, population: 2e6, stepsPerDay: 4)
    let end = model.states(
      from: Compartments(population: 2e6, seed: 2000, course: course), contactRates: rates)[60]
    let expected = [2e6 - 2000 - end.susceptible, end.dead]
    for index in 0..<2 {
      let values = runs.map { $0[index] }
      let mean = values.reduce(0, +) / 40
      let deviation =
        (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39).squareRoot()
      // Four standard errors, and two percent for the length of the step.
      let bound = 4 * deviation / 40.0.squareRoot() + 0.02 * expected[index]
      #expect(abs(mean - expected[index]) < bound, "\(mean) and \(expected[index])")
    }
  }

  @Test(arguments: [(40, 0.3), (500, 0.01), (100_000, 0.4), (7, 0.95)])
  func `binomial draws have the right mean and variance`(_ trials: Int, _ probability: Double) {
    var random = RandomSource(seed: 8)
    let values = (0..<20_000).map { _ in
      Double(CountDraws.binomial(trials, probability: probability, using: &random))
    }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19_999
    let expected = Double(trials) * probability
    let spread = expected * (1 - probability)
    #expect(abs(mean - expected) < 4.5 * (spread / 20_000).squareRoot())
    #expect(abs(variance / spread - 1) < 0.05)
    #expect(values.allSatisfy { $0 >= 0 && $0 <= Double(trials) })
  }

  @Test func `a trajectory of the fast kernel agrees with the plain equations`() {
    let course = DiseaseCourse()
    let rates = (0..<80).map { $0 < 25 ? 0.7 : 0.3 }
    var simulator = TrajectorySimulator(course, days: 80, stepsPerDay: 2)
    let path = simulator.run(population: 1e6, seed: 50, fatality: 0.01, contactRates: rates)
    var deadly = course
    deadly.fatality = 0.01
    let model = CompartmentModel(course: deadly, population: 1e6)
    let states = model.states(
      from: Compartments(population: 1e6, seed: 50, course: course), contactRates: rates)
    for day in 0..<80 {
      #expect(abs(path.susceptible[day] * 1e6 - states[day].susceptible) < 1e-6)
      #expect(abs(path.deaths[day] - (states[day + 1].dead - states[day].dead)) < 1e-9)
    }
  }
}
