import Foundation

/// The days of one place under given contact rates, computed with the fast kernel.
struct TrajectorySimulator: Sendable {
  private var kernel: DeathsKernel<Double>
  private let stepsPerDay: Int

  init(_ course: DiseaseCourse, days: Int, stepsPerDay: Int) {
    kernel = DeathsKernel(course, days: days, stepsPerDay: stepsPerDay, tracksOperators: false)
    self.stepsPerDay = stepsPerDay
  }

  /// Takes other waits of the same numbers of stages.
  mutating func load(_ course: DiseaseCourse) {
    kernel.load(StepOperators(course, stepsPerDay: stepsPerDay))
  }

  /// Simulates and returns expected deaths, new infections and the susceptible share by day.
  mutating func run(
    population: Double, seed: Double, fatality: Double, contactRates: [Double]
  ) -> (deaths: [Double], infections: [Double], susceptible: [Double]) {
    let days = kernel.days
    precondition(contactRates.count == days, "one contact rate per day")
    let scale = 1 / (population * Double(stepsPerDay))
    kernel.fillRates { memory in
      for day in 0..<days { memory[day] = contactRates[day] * scale }
    }
    kernel.forward(population: population, seed: seed)
    var deaths = [Double](repeating: 0, count: days)
    kernel.exchangeDeaths { values, _ in
      for day in 0..<days { deaths[day] = fatality * values[day] }
    }
    var susceptible = [Double](repeating: 0, count: days)
    kernel.readSusceptible { values in
      for day in 0..<days { susceptible[day] = values[8 * stepsPerDay * day] }
    }
    let infections = (0..<days).map { day in
      day + 1 < days ? susceptible[day] - susceptible[day + 1] : 0
    }
    return (deaths, infections, susceptible.map { $0 / population })
  }
}
