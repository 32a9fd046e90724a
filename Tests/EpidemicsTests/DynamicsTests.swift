import Foundation
import Testing

@testable import Epidemics

/// The deterministic vectors of the specification and the facts that hold for any parameters.
@Suite struct DynamicsTests {
  /// Day, susceptible, infectious, dead, infected after the beginning; DOP853 at 1e-12.
  static let trajectory: [(day: Int, values: [Double])] = [
    (1, [999889.666441, 26.701934, 3e-8, 10.33356]),
    (5, [999703.456908, 94.268660, 0.00092330, 196.54309]),
    (10, [999098.674117, 255.823230, 0.03787204, 801.32588]),
    (20, [992939.932450, 1913.406059, 1.04375637, 6960.06755]),
    (30, [948757.088378, 13864.184033, 9.52362623, 51142.91162]),
    (40, [915910.249430, 15380.817590, 68.40682562, 83989.75057]),
    (60, [880095.811363, 5873.357909, 471.22161248, 119804.18864]),
    (100, [862880.355507, 711.582732, 861.91331090, 137019.64449]),
    (120, [861378.825169, 241.779010, 900.16756855, 138521.17483]),
  ]
  static let rates = (0..<120).map { $0 < 30 ? 0.75 : 0.20 }

  private func states(
    _ stepsPerDay: Int, _ integrator: CompartmentModel.Integrator = .rungeKutta
  ) -> [Compartments] {
    let course = DiseaseCourse()
    let model = CompartmentModel(
      course: course, population: 1e6, stepsPerDay: stepsPerDay, integrator: integrator)
    return model.states(
      from: Compartments(population: 1e6, seed: 100, course: course), contactRates: Self.rates)
  }

  private func values(_ state: Compartments) -> [Double] {
    [
      state.susceptible, state.infectiousCount, state.dead, 999_900 - state.susceptible,
    ]
  }

  @Test func `the trajectory has the printed digits`() {
    let states = states(64)
    for (day, expected) in Self.trajectory {
      let digits = [1e-6, 1e-6, 1e-8, 1e-5]
      for (index, value) in values(states[day]).enumerated() {
        #expect(
          abs(value - expected[index]) < 0.6 * digits[index] + 1e-10 * abs(value),
          "day \(day), column \(index): \(value), expected \(expected[index])")
      }
    }
  }

  @Test func `the error falls with the fourth power of the step, and stays as small as stated`() {
    let exact = states(64)
    let errors = [1, 2, 4].map { steps in
      zip(states(steps), exact).dropFirst(20).map { abs($0.dead / $1.dead - 1) }.max() ?? 0
    }
    #expect(errors[0] < 1e-4 && errors[1] < 7e-6 && errors[2] < 4e-7, "\(errors)")
    #expect(log2(errors[0] / errors[1]) > 3.5 && log2(errors[1] / errors[2]) > 3.5, "\(errors)")
  }

  @Test func `any number of stages agrees with SciPy to the order of the step`() throws {
    let reference = try ReferenceFixture.load()
    for trajectory in reference.trajectories {
      var course = DiseaseCourse()
      course.exposed.stages = trajectory.stages[0]
      course.infectious.stages = trajectory.stages[1]
      course.dying.stages = trajectory.stages[2]
      func error(_ stepsPerDay: Int) -> Double {
        let model = CompartmentModel(course: course, population: 1e6, stepsPerDay: stepsPerDay)
        let states = model.states(
          from: Compartments(population: 1e6, seed: 100, course: course),
          contactRates: reference.beta)
        return zip(states.dropFirst(20), trajectory.dead.dropFirst(19))
          .map { abs($0.dead / $1 - 1) }.max() ?? 1
      }
      #expect(error(32) < 1e-8, "\(trajectory.stages): \(error(32))")
      #expect(error(2) < 5e-5)
      #expect(log2(error(2) / error(4)) > 3.3, "\(trajectory.stages)")
    }
    for entry in reference.lag {
      #expect(abs(DiseaseCourse().lagCDF(days: entry[0]) - entry[1]) < 1e-12)
    }
  }

  @Test func `splitting around exact chains has second order`() {
    let exact = states(64)
    let errors = [2, 4, 8].map { steps in
      zip(states(steps, .exactChain), exact).dropFirst(20)
        .map { abs($0.dead / $1.dead - 1) }.max() ?? 0
    }
    #expect(errors[0] < 0.02)
    #expect(abs(log2(errors[0] / errors[1]) - 2) < 0.2, "\(errors)")
    #expect(abs(log2(errors[1] / errors[2]) - 2) < 0.2, "\(errors)")
  }

  @Test(arguments: [CompartmentModel.Integrator.rungeKutta, .exactChain])
  func `nobody appears or vanishes`(_ integrator: CompartmentModel.Integrator) {
    var course = DiseaseCourse()
    course.reporting = .init(mean: 3, stages: 2)
    let model = CompartmentModel(course: course, population: 1e6, integrator: integrator)
    let start = Compartments(population: 1e6, seed: 100, course: course)
    for state in model.states(from: start, contactRates: Self.rates) {
      #expect(abs(state.total / 1e6 - 1) < 1e-10)
    }
  }

  @Test func `early growth rates are the printed ones`() {
    let course = DiseaseCourse()
    for (rate, growth) in [(0.75, 0.201687413), (0.20, -0.033168482), (0.30, 0.028859943)] {
      #expect(abs(course.growthRate(contactRate: rate) - growth) < 6e-10)
    }
    #expect(abs(log(2) / course.growthRate(contactRate: 0.75) - 3.4367) < 5e-5)
  }

  @Test func `the delay from infection to death has the printed distribution`() {
    let expected = [
      (5.0, 0.0006411), (10, 0.03192405), (15, 0.17482444), (20, 0.4123916), (25, 0.64514029),
      (30, 0.81206397), (40, 0.96015501), (60, 0.99906881),
    ]
    for (days, value) in expected {
      #expect(abs(DiseaseCourse().lagCDF(days: days) - value) < 6e-9)
    }
  }

  @Test func `final sizes solve their equation and are reached by the dynamics`() {
    for (reproduction, size) in [(1.5, 0.58281164), (2, 0.79681213), (3, 0.94047979)] {
      #expect(abs(DiseaseCourse.finalSize(reproduction: reproduction) - size) < 6e-9)
    }
    for course in [DiseaseCourse(), DiseaseCourse().exponential] {
      let model = CompartmentModel(course: course, population: 1e9)
      let states = model.states(
        from: Compartments(population: 1e9, seed: 1, course: course),
        contactRates: Array(repeating: 0.5, count: 900))
      #expect(abs(1 - states[900].susceptible / 1e9 - 0.79681213) < 1e-6)
    }
  }

  @Test(arguments: [1, 2, 5, 10])
  func `the wait until death has the mean and the variance of its stages`(_ stages: Int) {
    var course = DiseaseCourse()
    course.dying.stages = stages
    course.exposed.stages = min(stages, 4)
    let step = 0.02
    var (mean, square) = (0.0, 0.0)
    for index in 0..<20_000 {
      let days = (Double(index) + 0.5) * step
      let survival = 1 - course.lagCDF(days: days)
      mean += survival * step
      square += 2 * days * survival * step
    }
    #expect(abs(mean / course.lagMean - 1) < 1e-4)
    #expect(abs((square - mean * mean) / course.lagVariance - 1) < 1e-3)
    #expect(abs(DiseaseCourse().lagMean - 22.9) < 1e-12)
    #expect(abs(DiseaseCourse().lagVariance - 73.415) < 1e-9)
    #expect(abs(DiseaseCourse().meanGenerationTime - 6.5) < 1e-12)
  }

  @Test func `one stage everywhere is the exponential model`() {
    // The textbook SEIR equations with exponential waits, written out and integrated here.
    let course = DiseaseCourse().exponential
    let model = CompartmentModel(course: course, population: 1e6, stepsPerDay: 4)
    let states = model.states(
      from: Compartments(population: 1e6, seed: 100, course: course), contactRates: Self.rates)
    func change(_ x: [Double], _ rate: Double) -> [Double] {
      let infections = rate * x[1 + 1] / 1e6 * x[0]
      let p = course.fatality
      return [
        -infections, infections - x[1] / 3.5, x[1] / 3.5 - x[2] / 4, p * x[2] / 4 - x[3] / 15.4,
        x[3] / 15.4,
      ]
    }
    func moved(_ x: [Double], _ k: [Double], _ h: Double) -> [Double] {
      zip(x, k).map { $0 + h * $1 }
    }
    var x = [999_900.0, 100, 0, 0, 0]
    for (day, rate) in Self.rates.enumerated() {
      for _ in 0..<4 {
        let k1 = change(x, rate)
        let k2 = change(moved(x, k1, 0.125), rate)
        let k3 = change(moved(x, k2, 0.125), rate)
        let k4 = change(moved(x, k3, 0.25), rate)
        for index in x.indices {
          x[index] += 0.25 / 6 * (k1[index] + 2 * k2[index] + 2 * k3[index] + k4[index])
        }
      }
      #expect(abs(states[day + 1].dead - x[4]) < 1e-10 * (1 + x[4]))
      #expect(abs(states[day + 1].susceptible - x[0]) < 1e-7)
    }
  }

  @Test
  func `with Erlang waits deaths peak later after an intervention than with exponential ones`() {
    // Same means and the same growth before (0.20 per day) and after (-0.03 per day) day 30.
    func deaths(_ course: DiseaseCourse) -> [Double] {
      func rate(_ growth: Double) -> Double {
        var (low, high) = (0.0, 5.0)
        for _ in 0..<100 {
          let middle = (low + high) / 2
          if course.growthRate(contactRate: middle) < growth { low = middle } else { high = middle }
        }
        return low
      }
      let model = CompartmentModel(course: course, population: 1e6, stepsPerDay: 4)
      let rates = Array(repeating: rate(0.2), count: 30) + Array(repeating: rate(-0.03), count: 70)
      let states = model.states(
        from: Compartments(population: 1e6, seed: 100, course: course), contactRates: rates)
      return zip(states.dropFirst(), states).map { $0.dead - $1.dead }
    }
    let erlang = deaths(DiseaseCourse())
    let exponential = deaths(DiseaseCourse().exponential)
    func peak(_ series: [Double]) -> Int {
      series.indices.max { series[$0] < series[$1] } ?? 0
    }
    // Entry 29 holds the deaths of the 30th day.
    #expect(peak(erlang) - 30 == 22)
    #expect(peak(exponential) - 30 == 17)
    #expect(abs(erlang[44] / erlang[29] - 10.1) < 0.06, "\(erlang[44] / erlang[29])")
    #expect(abs(exponential[44] / exponential[29] - 3.3) < 0.06)
    #expect(abs((erlang.max() ?? 0) / erlang[29] - 12.7) < 0.06)
    #expect(abs((exponential.max() ?? 0) / exponential[29] - 3.3) < 0.06)
  }
}
