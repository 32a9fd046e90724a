import Foundation

/// The days of one place under given contact rates, computed with the fast kernels.
struct TrajectorySimulator: Sendable {
  private enum Kernel {
    case compartments(DeathsKernel<Double>)
    case renewal(RenewalKernel)
  }

  private var kernel: Kernel
  private let stepsPerDay: Int

  init(
    _ course: DiseaseCourse, days: Int, stepsPerDay: Int,
    dynamics: ModelSettings.Dynamics = .compartments
  ) {
    kernel =
      dynamics == .renewal
      ? .renewal(RenewalKernel(course, days: days, stepsPerDay: stepsPerDay))
      : .compartments(
        DeathsKernel(course, days: days, stepsPerDay: stepsPerDay, tracksOperators: false))
    self.stepsPerDay = stepsPerDay
  }

  /// Takes other waits of the same numbers of stages.
  mutating func load(_ course: DiseaseCourse) {
    guard case .compartments(var compartments) = kernel else {
      preconditionFailure("the renewal equation's waits are fixed")
    }
    compartments.load(StepOperators(course, stepsPerDay: stepsPerDay))
    kernel = .compartments(compartments)
  }

  /// Simulates and returns expected deaths, new infections and the susceptible share by day.
  mutating func run(
    population: Double, seed: Double, fatality: Double, contactRates: [Double]
  ) -> (deaths: [Double], infections: [Double], susceptible: [Double]) {
    switch kernel {
    case .compartments(var compartments):
      return Self.run(&compartments, stepsPerDay, population, seed, fatality, contactRates)
    case .renewal(var renewal):
      return Self.run(&renewal, stepsPerDay, population, seed, fatality, contactRates)
    }
  }

  private static func run<Dynamics: DeathsDynamics>(
    _ kernel: inout Dynamics, _ stepsPerDay: Int, _ population: Double, _ seed: Double,
    _ fatality: Double, _ contactRates: [Double]
  ) -> (deaths: [Double], infections: [Double], susceptible: [Double])
  where Dynamics.L == Double {
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
    let susceptible = (0..<days).map { kernel.susceptible(atStartOf: $0) }
    let infections = (0..<days).map { day in
      day + 1 < days ? susceptible[day] - susceptible[day + 1] : 0
    }
    return (deaths, infections, susceptible.map { $0 / population })
  }
}
