/// How long people stay in each class after infection, and how many die.
///
/// Each wait is Erlang: a chain of `stages` exponential stages, with the stated mean and the
/// variance mean²/stages. One stage is the exponential wait of the textbook SEIR model.
public struct DiseaseCourse: Codable, Sendable, Equatable {
  /// One Erlang wait.
  public struct Wait: Codable, Sendable, Equatable {
    /// The mean, in days.
    public var mean: Double
    /// The number of stages, at least 1.
    public var stages: Int

    /// Creates a wait of a mean in days and a number of stages.
    public init(mean: Double, stages: Int) {
      self.mean = mean
      self.stages = stages
    }

    /// The rate at which each stage is left, per day.
    public var rate: Double { Double(stages) / mean }
    /// The variance, in square days.
    public var variance: Double { mean * mean / Double(stages) }
  }

  /// Infected, not yet infectious.
  public var exposed = Wait(mean: 3.5, stages: 2)
  /// Infectious and among others.
  public var infectious = Wait(mean: 4, stages: 2)
  /// Isolated until death, for those who die.
  public var dying = Wait(mean: 15.4, stages: 4)
  /// Isolated until recovery, for the others; deaths do not depend on it.
  public var recovering = Wait(mean: 10, stages: 2)
  /// From death to its report; `nil` where series are by day of death.
  public var reporting: Wait?
  /// The probability that an infected person dies.
  public var fatality = 0.0066

  /// The defaults: 22.9 days from infection to death on average, generations of 6.5 days.
  public init() {}

  /// The same means with one stage everywhere: exponential waiting times.
  public var exponential: DiseaseCourse {
    var course = self
    course.exposed.stages = 1
    course.infectious.stages = 1
    course.dying.stages = 1
    course.recovering.stages = 1
    course.reporting?.stages = 1
    return course
  }

  /// The waits from infection to a counted death, in order.
  var deathChain: [Wait] { [exposed, infectious, dying] + (reporting.map { [$0] } ?? []) }

  /// Mean days from infection to a counted death.
  public var lagMean: Double { deathChain.reduce(0) { $0 + $1.mean } }
  /// Variance of the same, in square days.
  public var lagVariance: Double { deathChain.reduce(0) { $0 + $1.variance } }

  /// The largest rate of a stage, per day; one step must stay below about 2.5 over it.
  var largestRate: Double { (deathChain + [recovering]).map(\.rate).max() ?? 0 }

  /// Whether fourth-order Runge-Kutta with so many steps per day is stable.
  ///
  /// The method's region of stability reaches 2.785 along the negative axis; chains want some room.
  public func isStable(stepsPerDay: Int) -> Bool { largestRate / Double(stepsPerDay) < 2.5 }
}
