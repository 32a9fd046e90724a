import Foundation
import Randomness

/// Whole people who are infected and move from stage to stage at random (tau-leaping).
///
/// In each step everybody leaves a stage with probability `1 − exp(−rate · step)`, independently; the
/// numbers leaving are binomial. As the population grows the mean tends to the differential equation
/// with an error of the order of the step.
public struct StochasticEpidemic: Sendable {
  /// The waits and the fatality.
  public var course: DiseaseCourse
  /// Everybody.
  public var population: Int
  /// Steps per day; people leave at most one stage per step, so take several.
  public var stepsPerDay: Int

  /// Creates the simulator of one place.
  public init(course: DiseaseCourse, population: Int, stepsPerDay: Int = 10) {
    self.course = course
    self.population = population
    self.stepsPerDay = stepsPerDay
  }

  /// Simulates and returns new infections and counted deaths by day.
  ///
  /// - Parameters:
  ///   - seed: People exposed at the beginning, in the first stage and the others by turns.
  ///   - contactRates: One rate per day.
  ///   - random: The source of randomness.
  /// - Returns: One number of each per day.
  public func run(
    seed: Int, contactRates: [Double], using random: inout RandomSource
  ) -> (infections: [Int], deaths: [Int]) {
    var state = State(course, population: population, seed: seed)
    var (infections, deaths) = ([Int](), [Int]())
    for rate in contactRates {
      var (infected, died) = (0, 0)
      for _ in 0..<stepsPerDay {
        let step = advance(&state, rate, &random)
        infected += step.infected
        died += step.died
      }
      infections.append(infected)
      deaths.append(died)
    }
    return (infections, deaths)
  }

  private struct State {
    var susceptible: Int
    var exposed: [Int]
    var infectious: [Int]
    var dying: [Int]
    var unreported: [Int]

    init(_ course: DiseaseCourse, population: Int, seed: Int) {
      let stages = course.exposed.stages
      susceptible = population - seed
      exposed = (0..<stages).map { (seed + stages - 1 - $0) / stages }
      infectious = Array(repeating: 0, count: course.infectious.stages)
      dying = Array(repeating: 0, count: course.dying.stages)
      unreported = Array(repeating: 0, count: course.reporting?.stages ?? 0)
    }
  }

  private func advance(
    _ state: inout State, _ rate: Double, _ random: inout RandomSource
  ) -> (infected: Int, died: Int) {
    let length = 1 / Double(stepsPerDay)
    let infectious = Double(state.infectious.reduce(0, +))
    let infected = CountDraws.binomial(
      state.susceptible, probability: -expm1(-rate * infectious / Double(population) * length),
      using: &random)
    func leave(_ stages: inout [Int], _ inflow: Int, _ wait: DiseaseCourse.Wait) -> Int {
      let probability = -expm1(-wait.rate * length)
      var arriving = inflow
      for stage in stages.indices {
        let leaving = CountDraws.binomial(stages[stage], probability: probability, using: &random)
        stages[stage] += arriving - leaving
        arriving = leaving
      }
      return arriving
    }
    state.susceptible -= infected
    let toInfectious = leave(&state.exposed, infected, course.exposed)
    let out = leave(&state.infectious, toInfectious, course.infectious)
    let doomed = CountDraws.binomial(out, probability: course.fatality, using: &random)
    var died = leave(&state.dying, doomed, course.dying)
    if let reporting = course.reporting { died = leave(&state.unreported, died, reporting) }
    return (infected, died)
  }
}
