import Foundation

/// How many people of one place are in each class; numbers are real, as in a differential equation.
public struct Compartments: Sendable, Equatable {
  /// Never infected.
  public var susceptible: Double
  /// Infected, not yet infectious, by stage.
  public var exposed: [Double]
  /// Infectious, by stage.
  public var infectious: [Double]
  /// Isolated and going to die, by stage.
  public var dying: [Double]
  /// Isolated and going to recover, by stage.
  public var recovering: [Double]
  /// Dead and not yet counted, by stage; empty without a reporting delay.
  public var unreported: [Double]
  /// Dead and counted.
  public var dead: Double
  /// Recovered.
  public var recovered: Double

  /// The state in which an epidemic begins: `seed` people spread over the exposed stages.
  public init(population: Double, seed: Double, course: DiseaseCourse) {
    let share = seed / Double(course.exposed.stages)
    susceptible = population - seed
    exposed = Array(repeating: share, count: course.exposed.stages)
    infectious = Array(repeating: 0, count: course.infectious.stages)
    dying = Array(repeating: 0, count: course.dying.stages)
    recovering = Array(repeating: 0, count: course.recovering.stages)
    unreported = Array(repeating: 0, count: course.reporting?.stages ?? 0)
    dead = 0
    recovered = 0
  }

  /// Everybody, dead included; no step changes it.
  public var total: Double {
    susceptible + dead + recovered
      + [exposed, infectious, dying, recovering, unreported].joined().reduce(0, +)
  }

  /// People who are infectious now.
  public var infectiousCount: Double { infectious.reduce(0, +) }
  /// People who are isolated now.
  public var isolatedCount: Double { dying.reduce(0, +) + recovering.reduce(0, +) }

  fileprivate func adding(_ change: Compartments, times factor: Double) -> Compartments {
    func sum(_ left: [Double], _ right: [Double]) -> [Double] {
      zip(left, right).map { $0 + factor * $1 }
    }
    var result = self
    result.susceptible += factor * change.susceptible
    result.exposed = sum(exposed, change.exposed)
    result.infectious = sum(infectious, change.infectious)
    result.dying = sum(dying, change.dying)
    result.recovering = sum(recovering, change.recovering)
    result.unreported = sum(unreported, change.unreported)
    result.dead += factor * change.dead
    result.recovered += factor * change.recovered
    return result
  }
}

/// The equations of one place, written as they stand in the literature.
///
/// People move S → E → I; on leaving I a share `fatality` goes to J and dies, the rest to Q and
/// recovers. Only I transmits, at the rate `β I / N` per susceptible person. This plain form carries
/// every class and serves simulation, reports and tests; fits use a kernel of their own, which computes
/// the same steps for deaths alone.
public struct CompartmentModel: Sendable {
  /// How a day is computed.
  public enum Integrator: String, Codable, Sendable, CaseIterable {
    /// Classical Runge-Kutta of fourth order with fixed steps.
    case rungeKutta
    /// The chains by matrix exponential, infection by symmetric (Strang) splitting: second order
    /// in the step, and stable for any rate.
    case exactChain
  }

  /// The waits and the fatality.
  public var course: DiseaseCourse
  /// Everybody.
  public var population: Double
  /// Steps per day.
  public var stepsPerDay: Int
  /// How a day is computed.
  public var integrator: Integrator
  private let chain: ChainExponential?

  /// Creates the model of one place.
  ///
  /// - Precondition: at least one step per day.
  public init(
    course: DiseaseCourse, population: Double, stepsPerDay: Int = 2,
    integrator: Integrator = .rungeKutta
  ) {
    precondition(stepsPerDay > 0, "a day has at least one step, got \(stepsPerDay)")
    self.course = course
    self.population = population
    self.stepsPerDay = stepsPerDay
    self.integrator = integrator
    chain =
      integrator == .exactChain
      ? ChainExponential(course, days: 1 / Double(stepsPerDay)) : nil
  }

  /// The change per day.
  func derivative(_ state: Compartments, contactRate: Double) -> Compartments {
    let infections = contactRate * state.infectiousCount / population * state.susceptible
    var change = state
    change.susceptible = -infections
    let toInfectious = Self.flow(
      into: &change.exposed, infections, state.exposed, course.exposed.rate)
    let out = Self.flow(
      into: &change.infectious, toInfectious, state.infectious, course.infectious.rate)
    var deaths = Self.flow(
      into: &change.dying, course.fatality * out, state.dying, course.dying.rate)
    if let reporting = course.reporting {
      deaths = Self.flow(into: &change.unreported, deaths, state.unreported, reporting.rate)
    }
    change.dead = deaths
    change.recovered = Self.flow(
      into: &change.recovering, (1 - course.fatality) * out, state.recovering,
      course.recovering.rate)
    return change
  }

  /// Writes the change of one chain and returns what leaves its last stage.
  private static func flow(
    into change: inout [Double], _ inflow: Double, _ stages: [Double], _ rate: Double
  ) -> Double {
    var arriving = inflow
    for stage in stages.indices {
      let leaving = rate * stages[stage]
      change[stage] = arriving - leaving
      arriving = leaving
    }
    return arriving
  }

  /// The state one day later.
  public func day(after state: Compartments, contactRate: Double) -> Compartments {
    (0..<stepsPerDay).reduce(state) { current, _ in step(after: current, contactRate) }
  }

  private func step(after state: Compartments, _ rate: Double) -> Compartments {
    let length = 1 / Double(stepsPerDay)
    if let chain { return chain.step(state, contactRate: rate, population, length) }
    let first = derivative(state, contactRate: rate)
    let second = derivative(state.adding(first, times: length / 2), contactRate: rate)
    let third = derivative(state.adding(second, times: length / 2), contactRate: rate)
    let fourth = derivative(state.adding(third, times: length), contactRate: rate)
    return state.adding(first, times: length / 6).adding(second, times: length / 3)
      .adding(third, times: length / 3).adding(fourth, times: length / 6)
  }

  /// The states at the ends of days, the first being the beginning.
  ///
  /// - Parameters:
  ///   - start: The state at the beginning of day 0.
  ///   - contactRates: One rate per day.
  /// - Returns: One state more than there are rates.
  public func states(from start: Compartments, contactRates: [Double]) -> [Compartments] {
    var states = [start]
    states.reserveCapacity(contactRates.count + 1)
    for rate in contactRates {
      states.append(day(after: states[states.count - 1], contactRate: rate))
    }
    return states
  }
}
