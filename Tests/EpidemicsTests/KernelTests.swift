import Foundation
import Randomness
import Testing

@testable import Epidemics

/// The fast deaths kernel against the plain equations and against finite differences.
@Suite struct KernelTests {
  static let courses: [DiseaseCourse] = {
    var long = DiseaseCourse()
    long.exposed = .init(mean: 3, stages: 1)
    long.infectious = .init(mean: 5, stages: 4)
    long.dying = .init(mean: 14, stages: 7)
    long.reporting = .init(mean: 3, stages: 2)
    var steep = DiseaseCourse()
    steep.exposed.stages = 5
    return [DiseaseCourse(), DiseaseCourse().exponential, long, steep]
  }()

  private func rates(_ place: Int, days: Int) -> [Double] {
    (0..<days).map { day in (day < 20 ? 0.8 : 0.25) + 0.05 * sin(Double(day * (place + 1))) }
  }

  private func deaths<L: Lane>(
    _ kernel: inout DeathsKernel<L>, _ rates: [[Double]], populations: [Double], seeds: [Double]
  ) -> [[Double]] {
    let days = kernel.days
    let steps = Double(kernel.stepsPerDay)
    kernel.fillRates { memory in
      for place in 0..<L.width {
        for day in 0..<days {
          memory[day * L.width + place] = rates[place][day] / populations[place] / steps
        }
      }
    }
    var (population, seed) = (L.zero, L.zero)
    for place in 0..<L.width {
      population[lane: place] = populations[place]
      seed[lane: place] = seeds[place]
    }
    kernel.forward(population: population, seed: seed)
    var result = [[Double]](repeating: [], count: L.width)
    kernel.exchangeDeaths { deaths, _ in
      for place in 0..<L.width {
        result[place] = (0..<days).map { deaths[$0 * L.width + place] }
      }
    }
    return result
  }

  private func expectEqualDeaths<L: Lane>(
    _ type: L.Type, _ course: DiseaseCourse, stepsPerDay: Int
  ) {
    var kernel = DeathsKernel<L>(
      course, days: 60, stepsPerDay: stepsPerDay, tracksOperators: false)
    let populations = (0..<L.width).map { 1e6 * Double($0 + 1) }
    let seeds = (0..<L.width).map { 100 + 50 * Double($0) }
    let rates = (0..<L.width).map { self.rates($0, days: 60) }
    let fast = deaths(&kernel, rates, populations: populations, seeds: seeds)
    for place in 0..<L.width {
      let model = CompartmentModel(
        course: course, population: populations[place], stepsPerDay: stepsPerDay)
      let start = Compartments(population: populations[place], seed: seeds[place], course: course)
      let states = model.states(from: start, contactRates: rates[place])
      for day in 0..<60 {
        let plain = states[day + 1].dead - states[day].dead
        #expect(
          abs(course.fatality * fast[place][day] - plain) < 1e-11 + 1e-9 * plain,
          "place \(place), day \(day): \(course.fatality * fast[place][day]) and \(plain)")
      }
    }
  }

  @Test(arguments: 0..<4, [1, 2, 4])
  func `the kernel takes the steps of the plain equations`(_ course: Int, _ stepsPerDay: Int) {
    expectEqualDeaths(Double.self, Self.courses[course], stepsPerDay: stepsPerDay)
    expectEqualDeaths(SIMD2<Double>.self, Self.courses[course], stepsPerDay: stepsPerDay)
    expectEqualDeaths(SIMD4<Double>.self, Self.courses[course], stepsPerDay: stepsPerDay)
  }

  @Test(arguments: 0..<4)
  func `the adjoint agrees with finite differences for rates, seed and waits`(_ index: Int) {
    let course = Self.courses[index]
    let weights = (0..<50).map { cos(Double($0)) }
    var kernel = DeathsKernel<Double>(course, days: 50, stepsPerDay: 2, tracksOperators: true)
    func objective(_ course: DiseaseCourse, _ rates: [Double], _ seed: Double) -> Double {
      var kernel = DeathsKernel<Double>(course, days: 50, stepsPerDay: 2, tracksOperators: false)
      let result = deaths(&kernel, [rates], populations: [1e5], seeds: [seed])[0]
      return zip(result, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let rates = rates(0, days: 50)
    _ = deaths(&kernel, [rates], populations: [1e5], seeds: [80])
    kernel.exchangeDeaths { _, memory in
      for day in 0..<50 { memory[day] = weights[day] }
    }
    let seedGradient = kernel.backward()
    func expectClose(_ value: Double, _ step: Double, _ function: (Double) -> Double) {
      let difference =
        (8 * (function(step) - function(-step)) - (function(2 * step) - function(-2 * step)))
        / (12 * step)
      #expect(abs(value - difference) < 1e-6 * max(1, abs(value)), "\(value) and \(difference)")
    }
    kernel.readRateGradients { memory in
      for day in [0, 7, 19, 30, 49] {
        expectClose(memory[day] / 1e5 / 2, 1e-3) { change in
          var moved = rates
          moved[day] += change
          return objective(course, moved, 80)
        }
      }
    }
    expectClose(seedGradient, 0.1) { objective(course, rates, 80 + $0) }
    let tangents = StepOperators.tangents(course, stepsPerDay: 2)
    for (position, tangent) in tangents.enumerated() {
      expectClose(kernel.derivative(along: tangent), 1e-3) { change in
        var moved = course
        switch position {
        case 0: moved.exposed.mean *= exp(change)
        case 1: moved.infectious.mean *= exp(change)
        case 2: moved.dying.mean *= exp(change)
        default: moved.reporting?.mean *= exp(change)
        }
        return objective(moved, rates, 80)
      }
    }
  }
}
