/// Expected daily deaths of a few places side by side, and the derivatives of anything made of them.
///
/// The forward pass runs ``StepOperators`` and keeps eight numbers per step; the backward pass is
/// the exact discrete adjoint of those steps, not of the differential equation, so its gradient
/// agrees with the computed function to rounding. Nothing is allocated in either. Deaths are those
/// of a fatality of 1; the caller multiplies, because everything after infection is linear.
///
/// - Paper: section 2.4 of the specification; the adjoint of a Runge-Kutta step as in Hager,
///   *Runge-Kutta methods in optimal control and the transformed adjoint system* (2000).
struct DeathsKernel<L: Lane>: Sendable {
  let days: Int
  let stepsPerDay: Int
  private let stages: Int
  private let transmitting: Int
  private let firstInfectious: Int
  private let exposedStages: Int
  private let tracksOperators: Bool
  private let layout: Layout
  /// All working memory, so that one pointer serves a pass.
  private var slab: [L]

  /// Where each array begins in the slab.
  struct Layout: Sendable {
    var propagator: Int
    var entry: Int
    var infectious: Int
    var early: Int
    var state: Int
    var adjoint: Int
    var rates: Int
    var deaths: Int
    var deathWeights: Int
    var rateGradients: Int
    var history: Int
    var states: Int
    var collected: Int
    var count: Int
    /// Rows of one diagonal of the propagator, padded for rows beyond the dead.
    var rows: Int
  }

  /// Numbers kept per step: susceptible and infectious people at the four inner points.
  private static var kept: Int { 8 }

  /// Reserves memory for `days` days.
  ///
  /// - Parameters:
  ///   - course: The waits; their means may change later, their stages may not.
  ///   - days: Days of the longest place.
  ///   - stepsPerDay: Runge-Kutta steps per day.
  ///   - tracksOperators: Whether derivatives by the waits are wanted.
  init(_ course: DiseaseCourse, days: Int, stepsPerDay: Int, tracksOperators: Bool) {
    let operators = StepOperators(course, stepsPerDay: stepsPerDay)
    self.days = days
    self.stepsPerDay = stepsPerDay
    self.tracksOperators = tracksOperators
    stages = operators.stages
    transmitting = operators.transmitting
    firstInfectious = operators.firstInfectious
    exposedStages = course.exposed.stages
    layout = Self.layout(operators, days: days, stepsPerDay: stepsPerDay, tracksOperators)
    slab = Array(repeating: .zero, count: layout.count)
    load(operators)
  }

  private static func layout(
    _ operators: StepOperators, days: Int, stepsPerDay: Int, _ tracksOperators: Bool
  ) -> Layout {
    var end = 0
    func take(_ count: Int) -> Int {
      defer { end += count }
      return end
    }
    let rows = operators.stages + 5
    let steps = days * stepsPerDay
    let operatorCount = 5 * rows + 16 + 3 * operators.transmitting + 3
    return Layout(
      propagator: take(5 * rows), entry: take(16), infectious: take(3 * operators.transmitting),
      early: take(3), state: take(rows), adjoint: take(rows), rates: take(days),
      deaths: take(days), deathWeights: take(days), rateGradients: take(days),
      history: take(kept * steps), states: take(tracksOperators ? steps * operators.stages : 0),
      collected: take(tracksOperators ? operatorCount : 0), count: end, rows: rows)
  }

  /// Takes other waits of the same numbers of stages.
  mutating func load(_ operators: StepOperators) {
    for (diagonal, values) in operators.propagator.enumerated() {
      for (row, value) in values.enumerated() {
        slab[layout.propagator + diagonal * layout.rows + row] = L(repeating: value)
      }
    }
    for (point, values) in operators.entry.enumerated() {
      for (row, value) in values.enumerated() {
        slab[layout.entry + 4 * point + row] = L(repeating: value)
      }
    }
    for (point, values) in operators.infectious.enumerated() {
      for (stage, value) in values.enumerated() {
        slab[layout.infectious + point * transmitting + stage] = L(repeating: value)
      }
    }
    for (index, value) in operators.early.enumerated() {
      slab[layout.early + index] = L(repeating: value)
    }
  }

  // MARK: Daily numbers, as doubles: place `lane` on day `t` stands at `t * L.width + lane`

  /// Calls `body` with the daily infection coefficients to fill: contact rate over population,
  /// times the step length.
  mutating func fillRates(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    let offset = layout.rates
    withDoubles { body($0 + offset * L.width) }
  }

  /// Calls `body` with the daily deaths to read and the weights to fill, the derivative of the
  /// objective by each of them.
  mutating func exchangeDeaths(
    _ body: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) {
    let (deaths, weights) = (layout.deaths, layout.deathWeights)
    withDoubles { body(UnsafePointer($0 + deaths * L.width), $0 + weights * L.width) }
  }

  /// Calls `body` with the derivatives by the infection coefficients.
  mutating func readRateGradients(_ body: (UnsafePointer<Double>) -> Void) {
    let offset = layout.rateGradients
    withDoubles { body(UnsafePointer($0 + offset * L.width)) }
  }

  /// Susceptible people when a day begins, after a forward pass.
  func susceptible(atStartOf day: Int) -> L {
    slab[layout.history + Self.kept * stepsPerDay * day]
  }

  private mutating func withDoubles(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    slab.withUnsafeMutableBytes { bytes in
      let doubles = bytes.assumingMemoryBound(to: Double.self)
      if let base = doubles.baseAddress { body(base) }
    }
  }

  // MARK: Passes

  /// Computes the daily deaths from the filled rates.
  ///
  /// - Parameters:
  ///   - population: Everybody.
  ///   - seed: People exposed at the beginning.
  mutating func forward(population: L, seed: L) {
    let plan = self.plan
    let share = seed * L(repeating: 1 / Double(exposedStages))
    let exposed = exposedStages
    slab.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      plan.forward(base, susceptible: population - seed, share: share, exposedStages: exposed)
    }
  }

  /// Computes the derivatives by the rates from the filled death weights.
  ///
  /// - Returns: The derivative by the seed.
  mutating func backward() -> L {
    let plan = self.plan
    let exposed = exposedStages
    var gradient = L.zero
    slab.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      gradient = plan.backward(base, exposedStages: exposed)
    }
    return gradient
  }

  private var plan: DeathsPass<L> {
    DeathsPass(
      layout: layout, days: days, stepsPerDay: stepsPerDay, stages: stages,
      transmitting: transmitting, firstInfectious: firstInfectious,
      tracksOperators: tracksOperators)
  }

  /// The derivative by whatever moved the operators along `tangent`, after a backward pass.
  func derivative(along tangent: StepOperators) -> Double {
    precondition(tracksOperators, "this kernel was made without derivatives by the waits")
    var sum = 0.0
    var place = layout.collected
    for diagonal in 0..<5 {
      for row in 0...stages {
        sum += slab[place + row].total * tangent.propagator[diagonal][row]
      }
      place += layout.rows
    }
    for point in 0..<4 {
      for row in 0..<4 { sum += slab[place + row].total * tangent.entry[point][row] }
      place += 4
    }
    for point in 0..<3 {
      for stage in 0..<transmitting {
        sum += slab[place + stage].total * tangent.infectious[point][stage]
      }
      place += transmitting
    }
    for index in 0..<3 { sum += slab[place + index].total * tangent.early[index] }
    return sum
  }
}
