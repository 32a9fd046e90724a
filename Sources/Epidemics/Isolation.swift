/// Who is isolated how long after infection: from the end of the infectious time to death or recovery.
///
/// Isolation moves nothing else in the model, so it is computed afterwards, from infections by day:
/// each day's infections happen in its middle, the seed's people behave as in ``Compartments``.
struct IsolationCurve: Sendable {
  /// By days after the day of infection, of those who will die and of those who will recover.
  private let infected: [(dying: Double, recovering: Double)]
  /// The same of the seed, by day.
  private let seeded: [(dying: Double, recovering: Double)]

  init(_ course: DiseaseCourse, days: Int) {
    infected = (0..<days).map { course.isolation(days: Double($0) + 0.5) }
    let parts = course.seedCourses
    let stages = parts.count
    seeded = (0..<days).map { day in
      let shares = parts.map { $0.isolation(days: Double(day + 1)) }
      return (
        shares.reduce(0) { $0 + $1.dying } / Double(stages),
        shares.reduce(0) { $0 + $1.recovering } / Double(stages)
      )
    }
  }

  /// People isolated at the end of each day.
  func isolated(seed: Double, infections: [Double], fatality: Double) -> [Double] {
    let shares = infected.map { fatality * $0.dying + (1 - fatality) * $0.recovering }
    return infections.indices.map { day in
      let ofSeed = fatality * seeded[day].dying + (1 - fatality) * seeded[day].recovering
      return (0...day).reduce(seed * ofSeed) { $0 + infections[day - $1] * shares[$1] }
    }
  }
}
