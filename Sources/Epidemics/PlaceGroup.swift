import Foundation

/// Places that are computed side by side, and their share of the density.
struct PlaceGroup<Kernel: DeathsDynamics>: Sendable {
  typealias L = Kernel.L

  var kernel: Kernel
  let places: [Int]

  /// The most a log contact rate may be; exp(3) is twenty infections per person and day.
  static var largestLogRate: Double { 3 }
  /// Expected deaths are at least this; below, they have no derivative.
  static var smallestMean: Double { 1e-8 }

  /// Computes the log likelihood of the group's places and adds its derivatives to `scratch`.
  ///
  /// - Returns: `nil` where a contact rate is too large.
  mutating func evaluate(_ scratch: inout ModelScratch, _ layout: ModelLayout) -> Double? {
    let places = self.places
    var isPossible = true
    kernel.fillRates { memory in
      for (lane, place) in places.enumerated() where isPossible {
        isPossible = Self.fillRates(memory + lane, place, &scratch, layout)
      }
    }
    guard isPossible else { return nil }
    var (population, seed) = (L(repeating: 1), L.zero)
    for (lane, place) in places.enumerated() {
      population[lane: lane] = layout.places[place].population
      seed[lane: lane] = exp(scratch.logSeed[place])
    }
    kernel.forward(population: population, seed: seed)
    var sum = 0.0
    let days = kernel.days
    kernel.exchangeDeaths { deaths, weights in
      for index in 0..<(days * L.width) { weights[index] = 0 }
      for (lane, place) in places.enumerated() {
        sum += Self.compare(deaths + lane, weights + lane, place, &scratch, layout)
      }
    }
    let seedGradient = kernel.backward()
    for (lane, place) in places.enumerated() {
      scratch.logSeedGradient[place] += seedGradient[lane: lane] * seed[lane: lane]
    }
    kernel.readRateGradients { memory in
      for (lane, place) in places.enumerated() {
        Self.collect(memory + lane, place, &scratch, layout)
      }
    }
    for (index, tangent) in scratch.tangents.enumerated() {
      scratch.waitGradient[index] += kernel.derivative(along: tangent)
    }
    return sum
  }

  // MARK: Contact rates

  /// Writes a place's infection coefficients and keeps their derivatives.
  private static func fillRates(
    _ memory: UnsafeMutablePointer<Double>, _ place: Int, _ scratch: inout ModelScratch,
    _ layout: ModelLayout
  ) -> Bool {
    let days = layout.places[place].days
    let features = layout.featureCount
    let start = layout.dayStarts[place]
    let scale =
      1 / (layout.places[place].population * Double(layout.settings.stepsPerDay))
    for day in 0..<days {
      var effect = layout.latent.value(
        scratch.latent, at: layout.latentStarts[place], place: place, day: day)
      for feature in 0..<features {
        effect +=
          scratch.weights[place * features + feature]
          * layout.features[(start + day) * features + feature]
      }
      let rate: Double
      let predictor = scratch.contact[place] + effect
      switch layout.settings.link {
      case .exp:
        guard predictor <= largestLogRate else { return false }
        rate = exp(predictor)
        scratch.slopes[start + day] = rate * scale
      case .softplus:
        let shifted = predictor + layout.softplusShift
        rate = shifted > 30 ? shifted : log1p(exp(shifted))
        scratch.slopes[start + day] = logistic(shifted) * scale
      case .capped:
        let share = logistic(effect)
        rate = 2 * exp(scratch.contact[place]) * share
        scratch.slopes[start + day] = rate * (1 - share) * scale
        scratch.contactSlopes[start + day] = rate * scale
      }
      guard rate <= 20.085536923187668 else { return false }
      memory[day * L.width] = rate * scale
    }
    return true
  }

  /// Adds the derivatives by a place's contact rates to those by its parameters.
  private static func collect(
    _ memory: UnsafePointer<Double>, _ place: Int, _ scratch: inout ModelScratch,
    _ layout: ModelLayout
  ) {
    let features = layout.featureCount
    let start = layout.dayStarts[place]
    let latentStart = layout.latentStarts[place]
    for day in 0..<layout.places[place].days {
      let gradient = memory[day * L.width]
      let derivative = gradient * scratch.slopes[start + day]
      scratch.contactGradient[place] +=
        layout.settings.link == .capped
        ? gradient * scratch.contactSlopes[start + day] : derivative
      for feature in 0..<features {
        scratch.weightGradient[place * features + feature] +=
          derivative * layout.features[(start + day) * features + feature]
      }
      layout.latent.addDerivative(
        derivative, to: &scratch.latentGradient, at: latentStart, place: place, day: day)
    }
  }

  // MARK: Counts

  /// Compares a place's expected deaths with its counts and writes the derivatives.
  private static func compare(
    _ deaths: UnsafePointer<Double>, _ weights: UnsafeMutablePointer<Double>, _ place: Int,
    _ scratch: inout ModelScratch, _ layout: ModelLayout
  ) -> Double {
    let counts = layout.observations[place]
    let table = scratch.tableIndex(place)
    let fatality = scratch.fatality[place]
    let concentration = scratch.concentration[place]
    let isPoisson = layout.dispersion == nil || concentration >= CountTable.poissonConcentration
    let outliers = layout.outlierTables
    let weight = layout.settings.likelihoodWeight
    var (sum, byFatality, byConcentration) = (0.0, 0.0, 0.0)
    for (index, day) in counts.days.enumerated() {
      var mean = 0.0
      for other in day..<(day + counts.span) {
        mean +=
          scratch.weekday[(counts.firstWeekday + other) % 7] * counts.shares[other]
          * deaths[other * L.width]
      }
      mean *= fatality
      let isFloored = !(mean > smallestMean)
      if isFloored { mean = smallestMean }
      let entry = layout.tableEntries[place][index]
      let count = Double(counts.counts[index])
      let value = scratch.tables[table].values[entry]
      var term =
        isPoisson
        ? CountTerm(poissonCount: count, mean: mean, table: value)
        : CountTerm(
          count: count, mean: mean, concentration: concentration, table: value,
          tableDerivative: scratch.tables[table].derivatives[entry])
      if let outliers {
        term = CountTerm(
          ordinary: term,
          outlier: CountTerm(
            count: count, mean: mean, concentration: layout.priors.outlierConcentration,
            table: outliers[table].values[entry], tableDerivative: 0),
          share: layout.priors.outlierShare)
      }
      sum += weight * term.value
      byConcentration += weight * term.byConcentration
      guard !isFloored else { continue }
      let derivative = weight * term.byMean
      byFatality += derivative * mean
      for other in day..<(day + counts.span) {
        let weekday = (counts.firstWeekday + other) % 7
        let factor = fatality * scratch.weekday[weekday] * counts.shares[other]
        weights[other * L.width] = derivative * factor
        scratch.logWeekdayGradient[weekday] += derivative * factor * deaths[other * L.width]
      }
    }
    scratch.logFatalityGradient[place] += byFatality
    scratch.concentrationGradient[place] += byConcentration
    return sum
  }
}

extension PlaceGroup {
  /// Places in compartments, as many as the kernel has lanes.
  init<Numbers: Lane>(_ places: [Int], _ layout: ModelLayout)
  where Kernel == DeathsKernel<Numbers> {
    self.init(
      kernel: DeathsKernel(
        layout.course, days: places.map { layout.places[$0].days }.max() ?? 0,
        stepsPerDay: layout.settings.stepsPerDay, tracksOperators: layout.settings.infersWaits),
      places: places)
  }
}

extension PlaceGroup<RenewalKernel> {
  /// One place by the renewal equation.
  init(_ place: Int, _ layout: ModelLayout) {
    self.init(
      kernel: RenewalKernel(
        layout.course, days: layout.places[place].days, stepsPerDay: layout.settings.stepsPerDay),
      places: [place])
  }
}
