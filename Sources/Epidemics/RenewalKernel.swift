import Foundation

/// How expected daily deaths of some places are computed from contact rates, with the derivatives.
protocol DeathsDynamics: Sendable {
  /// The places computed side by side.
  associatedtype L: Lane
  /// Days of the longest place.
  var days: Int { get }
  /// Calls `body` with the daily infection coefficients to fill, see ``DeathsKernel``.
  mutating func fillRates(_ body: (UnsafeMutablePointer<Double>) -> Void)
  /// Computes the daily deaths of a fatality of 1.
  mutating func forward(population: L, seed: L)
  /// Calls `body` with the daily deaths and the weights to fill.
  mutating func exchangeDeaths(
    _ body: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void)
  /// Computes the derivatives by the coefficients, and returns that by the seed.
  mutating func backward() -> L
  /// Calls `body` with the derivatives by the coefficients.
  mutating func readRateGradients(_ body: (UnsafePointer<Double>) -> Void)
  /// Susceptible people when a day begins, after a forward pass.
  func susceptible(atStartOf day: Int) -> L
  /// The derivative by whatever moved the operators along `tangent`.
  func derivative(along tangent: StepOperators) -> Double
}

extension DeathsKernel: DeathsDynamics {}

/// Deaths of one place by the renewal equation, without compartments.
///
/// In each step `1 − exp(−p)` of the susceptible are infected, `p` being the contact rate times those
/// who are infectious by the midpoint rule over past infections; deaths are infections delayed by the
/// lag's distribution. The gradient is the exact adjoint of these sums.
struct RenewalKernel: DeathsDynamics {
  typealias L = Double

  let days: Int
  private let stepsPerDay: Int
  /// By steps since infection: the probability to be infectious, and to be counted dead in that step.
  private let infectious: [Double]
  private let arrivals: [Double]
  /// The same of the seed's people, by step and by day.
  private let seedInfectious: [Double]
  private let seedArrivals: [Double]

  private var rates: [Double]
  private var rateGradients: [Double]
  private var deaths: [Double]
  private var weights: [Double]
  /// By step: the infectious, the susceptible at its beginning, exp(−p).
  private var others: [Double]
  private var susceptible: [Double]
  private var spared: [Double]
  private var stepWeights: [Double]
  private var otherGradients: [Double]

  init(_ course: DiseaseCourse, days: Int, stepsPerDay: Int) {
    self.days = days
    self.stepsPerDay = stepsPerDay
    let (steps, length) = (days * stepsPerDay, 1 / Double(stepsPerDay))
    infectious = (0...steps).map { course.infectiousProbability(days: Double($0) * length) }
    let lag = (0...steps).map { course.lagCDF(days: (Double($0) + 0.5) * length) }
    arrivals = lag.indices.map { $0 == 0 ? lag[0] : lag[$0] - lag[$0 - 1] }
    let parts = course.seedCourses
    func average(_ value: (DiseaseCourse) -> Double) -> Double {
      parts.reduce(0) { $0 + value($1) } / Double(parts.count)
    }
    seedInfectious = (0..<steps).map { step in
      average { $0.infectiousProbability(days: (Double(step) + 0.5) * length) }
    }
    let seedLag = (0...days).map { day in average { $0.lagCDF(days: Double(day)) } }
    seedArrivals = (0..<days).map { seedLag[$0 + 1] - seedLag[$0] }
    func zeros(_ count: Int) -> [Double] { Array(repeating: 0, count: count) }
    (rates, rateGradients, deaths, weights) = (zeros(days), zeros(days), zeros(days), zeros(days))
    (others, susceptible, spared) = (zeros(steps), zeros(steps + 1), zeros(steps))
    (stepWeights, otherGradients) = (zeros(steps), zeros(steps))
  }

  mutating func fillRates(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    rates.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { body(base) } }
  }

  mutating func exchangeDeaths(
    _ body: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) {
    let deaths = deaths
    deaths.withUnsafeBufferPointer { deaths in
      weights.withUnsafeMutableBufferPointer { weights in
        if let left = deaths.baseAddress, let right = weights.baseAddress { body(left, right) }
      }
    }
  }

  mutating func readRateGradients(_ body: (UnsafePointer<Double>) -> Void) {
    rateGradients.withUnsafeBufferPointer { if let base = $0.baseAddress { body(base) } }
  }

  func susceptible(atStartOf day: Int) -> Double { susceptible[day * stepsPerDay] }

  func derivative(along tangent: StepOperators) -> Double {
    preconditionFailure("the renewal equation's waits are fixed")
  }

  mutating func forward(population: Double, seed: Double) {
    let steps = others.count
    let infectious = self.infectious
    for step in 0..<steps { others[step] = seed * seedInfectious[step] }
    for day in 0..<days { deaths[day] = seed * seedArrivals[day] }
    susceptible[0] = population - seed
    for step in 0..<steps {
      let pressure = rates[step / stepsPerDay] * others[step]
      spared[step] = exp(-pressure)
      let infections = -expm1(-pressure) * susceptible[step]
      susceptible[step + 1] = susceptible[step] - infections
      // Infections happen in the middle of their step; nobody is infectious at once.
      others.withUnsafeMutableBufferPointer { others in
        infectious.withUnsafeBufferPointer { infectious in
          for later in (step + 1)..<max(steps, step + 1) {
            others[later] += infections * infectious[later - step]
          }
        }
      }
      addArrivals(of: infections, in: step)
    }
  }

  private mutating func addArrivals(of infections: Double, in step: Int) {
    let steps = others.count
    let (arrivals, stepsPerDay) = (self.arrivals, self.stepsPerDay)
    deaths.withUnsafeMutableBufferPointer { deaths in
      arrivals.withUnsafeBufferPointer { arrivals in
        if stepsPerDay == 1 {
          for later in step..<steps { deaths[later] += infections * arrivals[later - step] }
        } else {
          for later in step..<steps {
            deaths[later / stepsPerDay] += infections * arrivals[later - step]
          }
        }
      }
    }
  }

  mutating func backward() -> Double {
    let steps = others.count
    for step in 0..<steps { stepWeights[step] = weights[step / stepsPerDay] }
    for day in 0..<days { rateGradients[day] = 0 }
    var seedGradient = (0..<days).reduce(0) { $0 + weights[$1] * seedArrivals[$1] }
    var bySusceptible = 0.0
    var step = steps - 1
    while step >= 0 {
      let byInfections =
        Self.product(stepWeights, from: step, arrivals, from: 0, steps - step)
        + Self.product(otherGradients, from: step + 1, infectious, from: 1, steps - step - 1)
        - bySusceptible
      let byPressure = byInfections * susceptible[step] * spared[step]
      bySusceptible += byInfections * (1 - spared[step])
      let day = step / stepsPerDay
      rateGradients[day] += byPressure * others[step]
      otherGradients[step] = byPressure * rates[day]
      seedGradient += otherGradients[step] * seedInfectious[step]
      step -= 1
    }
    return seedGradient - bySusceptible
  }

  /// A sum of products, in four parts that need not wait for each other.
  private static func product(
    _ left: [Double], from first: Int, _ right: [Double], from second: Int, _ count: Int
  ) -> Double {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        var sums = SIMD4<Double>(repeating: 0)
        var index = 0
        while index + 4 <= count {
          for lane in 0..<4 {
            sums[lane] += left[first + index + lane] * right[second + index + lane]
          }
          index += 4
        }
        var sum = sums.sum()
        while index < count {
          sum += left[first + index] * right[second + index]
          index += 1
        }
        return sum
      }
    }
  }
}

extension DiseaseCourse {
  /// The waits of the seed's people, by exposed stage: a person in stage `i` behaves like one infected
  /// who has `i` stages behind.
  var seedCourses: [DiseaseCourse] {
    (0..<exposed.stages).map { passed in
      var part = self
      part.exposed = .init(
        mean: exposed.mean * Double(exposed.stages - passed) / Double(exposed.stages),
        stages: exposed.stages - passed)
      return part
    }
  }
}
