/// The same epidemic without compartments: a second way to compute it, to check the first.
///
/// Incidence obeys the renewal equation `i(t) = β(t) S(t)/N ∫ i(t−u) g(u) du`, `g(u)` being the
/// probability to be infectious `u` days after infection; deaths are incidence delayed by the lag
/// from infection to death. Both integrals are sums over equal steps with the midpoint rule.
public struct RenewalTwin: Sendable {
  /// The waits and the fatality.
  public var course: DiseaseCourse
  /// Everybody.
  public var population: Double
  /// Steps of a day; 1 is the usual daily convolution.
  public var stepsPerDay: Int

  /// Creates the twin of a place's compartment model.
  public init(course: DiseaseCourse, population: Double, stepsPerDay: Int = 8) {
    self.course = course
    self.population = population
    self.stepsPerDay = stepsPerDay
  }

  /// Deaths by day from people exposed at the beginning, for one contact rate per day.
  ///
  /// The seed is spread over the exposed stages as in ``Compartments``.
  public func deaths(seed: Double, contactRates: [Double]) -> [Double] {
    var kernel = RenewalKernel(course, days: contactRates.count, stepsPerDay: stepsPerDay)
    let scale = 1 / (population * Double(stepsPerDay))
    kernel.fillRates { memory in
      for (day, rate) in contactRates.enumerated() { memory[day] = rate * scale }
    }
    kernel.forward(population: population, seed: seed)
    var result = contactRates
    kernel.exchangeDeaths { deaths, _ in
      for day in result.indices { result[day] = course.fatality * deaths[day] }
    }
    return result
  }
}
