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
  /// The seed is spread over the exposed stages as in ``Compartments``: a person in stage `i` behaves
  /// like one infected who has `i` stages behind, so each share has waits of its own.
  public func deaths(seed: Double, contactRates: [Double]) -> [Double] {
    let length = 1 / Double(stepsPerDay)
    let steps = contactRates.count * stepsPerDay
    let infectious = (0...steps).map { course.infectiousProbability(days: Double($0) * length) }
    let lag = (0...steps).map { course.lagCDF(days: (Double($0) + 0.5) * length) }
    var incidence = [Double](repeating: 0, count: steps)
    var susceptible = population - seed
    let (seedInfectious, seedLag) = seedCurves(steps, length)
    for step in 0..<steps {
      let rate = contactRates[step / stepsPerDay]
      // Infections happen in the middle of their step; nobody is infectious at once.
      let others = (0..<step).reduce(0) { $0 + incidence[$1] * infectious[step - $1] }
      let pressure = rate * (others + seed * seedInfectious[step]) / population * length
      incidence[step] = min(susceptible, pressure * (susceptible - pressure * susceptible / 2))
      susceptible -= incidence[step]
    }
    return (0..<contactRates.count).map { day in
      let (start, end) = (day * stepsPerDay, (day + 1) * stepsPerDay)
      let seeds = seed * (seedLag[end] - seedLag[start])
      let later = (0..<end).reduce(0) { sum, step in
        let before = step < start ? lag[start - 1 - step] : 0
        return sum + incidence[step] * (lag[end - 1 - step] - before)
      }
      return course.fatality * (seeds + later)
    }
  }

  /// Infectiousness in the middle of each step, and the lag's distribution at its beginning, of the
  /// seed.
  private func seedCurves(_ steps: Int, _ length: Double) -> ([Double], [Double]) {
    let stages = course.exposed.stages
    let parts = (0..<stages).map { passed in
      var part = course
      part.exposed = .init(
        mean: course.exposed.mean * Double(stages - passed) / Double(stages),
        stages: stages - passed)
      return part
    }
    func average(_ value: (DiseaseCourse) -> Double) -> Double {
      parts.reduce(0) { $0 + value($1) } / Double(stages)
    }
    let infectious = (0..<steps).map { step in
      average { $0.infectiousProbability(days: (Double(step) + 0.5) * length) }
    }
    let lag = (0...steps).map { step in average { $0.lagCDF(days: Double(step) * length) } }
    return (infectious, lag)
  }
}
