import Foundation

/// Working memory of one density evaluation: values of all parameters by place, and derivatives.
struct ModelScratch: Sendable {
  /// The position in natural coordinates.
  private(set) var natural: [Double]
  private var naturalGradient: [Double]
  private(set) var shared = LatentFactor.Shared()
  /// Log contact rate without mobility, by place.
  private(set) var contact: [Double]
  /// Mobility weights, `[place * featureCount + feature]`.
  private(set) var weights: [Double]
  private(set) var logSeed: [Double]
  private(set) var fatality: [Double]
  /// `φ` by place.
  private(set) var concentration: [Double]
  private(set) var latent: [Double]
  /// Weekday multipliers, Monday first.
  private(set) var weekday: [Double]
  /// The waits of this position.
  private(set) var course: DiseaseCourse
  /// Derivatives of the operators by the log waits, where these are inferred.
  var tangents: [StepOperators] = []
  var tables: [CountTable]

  // Derivatives of the log likelihood by the above.
  var contactGradient: [Double]
  var weightGradient: [Double]
  var logSeedGradient: [Double]
  var logFatalityGradient: [Double]
  var concentrationGradient: [Double]
  var latentGradient: [Double]
  var logWeekdayGradient: [Double]
  var waitGradient: [Double]
  /// Derivative of the infection coefficient by the predictor, and by `a` where that differs, by
  /// day of all places.
  var slopes: [Double]
  var contactSlopes: [Double]

  private var logDispersion: [Double]

  init(_ layout: ModelLayout) {
    let count = layout.places.count
    func zeros(_ count: Int) -> [Double] { Array(repeating: 0, count: count) }
    natural = zeros(layout.dimension)
    naturalGradient = zeros(layout.dimension)
    contact = zeros(count)
    weights = zeros(count * layout.featureCount)
    logSeed = zeros(count)
    fatality = layout.places.map(\.fatality)
    concentration = zeros(count)
    logDispersion = zeros(count)
    let latentCount = layout.latent.numbers.reduce(0, +)
    latent = zeros(latentCount)
    weekday = Array(repeating: 1, count: 7)
    course = layout.course
    contactGradient = zeros(count)
    weightGradient = zeros(count * layout.featureCount)
    logSeedGradient = zeros(count)
    logFatalityGradient = zeros(count)
    concentrationGradient = zeros(count)
    latentGradient = zeros(latentCount)
    logWeekdayGradient = zeros(7)
    waitGradient = zeros(layout.course.deathChain.count)
    let days = layout.places.reduce(0) { $0 + $1.days }
    slopes = zeros(days)
    contactSlopes = zeros(layout.settings.link == .capped ? days : 0)
    tables = layout.tables
  }

  /// The counts' table of a place.
  func tableIndex(_ place: Int) -> Int { tables.count == 1 ? 0 : place }

  // MARK: Values

  /// Turns a position into values by place; false where the density is zero.
  mutating func begin(_ position: [Double], _ layout: ModelLayout) -> Bool {
    for index in natural.indices {
      natural[index] = position[index]
      naturalGradient[index] = 0
    }
    for map in layout.maps { map.apply(to: &natural) }
    layout.correlation?.apply(to: &natural)
    guard let shared = layout.latent.shared(natural) else { return false }
    self.shared = shared
    layout.contact.expand(natural, into: &contact, at: 0)
    for (feature, weight) in layout.weights.enumerated() {
      weight.expand(natural, into: &weights, at: feature, stride: layout.featureCount)
    }
    layout.seed.expand(natural, into: &logSeed, at: 0)
    if let parameter = layout.fatality {
      parameter.expand(natural, into: &fatality, at: 0)
      for place in fatality.indices { fatality[place] = exp(fatality[place]) }
    }
    for place in layout.places.indices {
      guard logSeed[place] < log(layout.places[place].population / 2), fatality[place] < 1
      else { return false }
      layout.latent.expand(
        natural, shared, place: place, into: &latent, at: layout.latentStarts[place])
    }
    beginCounts(layout)
    beginWaits(layout)
    clear()
    return true
  }

  private mutating func beginCounts(_ layout: ModelLayout) {
    if let dispersion = layout.dispersion {
      dispersion.expand(natural, into: &logDispersion, at: 0)
      for place in concentration.indices {
        concentration[place] = exp(-2 * logDispersion[place])
      }
    }
    for index in tables.indices {
      tables[index].update(concentration: layout.dispersion == nil ? nil : concentration[index])
    }
    if let offset = layout.weekdayOffset {
      var sum = 1.0
      for day in 0..<6 {
        weekday[day] = exp(natural[offset + day])
        sum += weekday[day]
      }
      weekday[6] = 1
      for day in 0..<7 { weekday[day] *= 7 / sum }
    }
  }

  private mutating func beginWaits(_ layout: ModelLayout) {
    guard let offset = layout.waitOffset else { return }
    course.exposed.mean = exp(natural[offset])
    course.infectious.mean = exp(natural[offset + 1])
    course.dying.mean = exp(natural[offset + 2])
    if course.reporting != nil { course.reporting?.mean = exp(natural[offset + 3]) }
  }

  private mutating func clear() {
    for index in contactGradient.indices {
      contactGradient[index] = 0
      logSeedGradient[index] = 0
      logFatalityGradient[index] = 0
      concentrationGradient[index] = 0
    }
    for index in weightGradient.indices { weightGradient[index] = 0 }
    for index in latentGradient.indices { latentGradient[index] = 0 }
    for index in logWeekdayGradient.indices { logWeekdayGradient[index] = 0 }
    for index in waitGradient.indices { waitGradient[index] = 0 }
  }

  // MARK: Derivatives

  /// Carries all derivatives back to the sampled coordinates, and returns the log prior.
  mutating func finish(_ layout: ModelLayout, into gradient: inout [Double]) -> Double {
    var sum = layout.contact.contract(natural, contactGradient, at: 0, into: &naturalGradient)
    for (feature, weight) in layout.weights.enumerated() {
      sum += weight.contract(
        natural, weightGradient, at: feature, stride: layout.featureCount,
        into: &naturalGradient)
    }
    for place in layout.places.indices {
      layout.latent.contract(
        natural, shared, place: place, values: latent, derivatives: &latentGradient,
        at: layout.latentStarts[place], into: &naturalGradient)
    }
    sum += layout.latent.logPrior(natural, shared, into: &naturalGradient)
    sum += layout.seed.contract(natural, logSeedGradient, at: 0, into: &naturalGradient)
    if let fatality = layout.fatality {
      sum += fatality.contract(natural, logFatalityGradient, at: 0, into: &naturalGradient)
    }
    if let dispersion = layout.dispersion {
      for place in concentrationGradient.indices {
        concentrationGradient[place] *= -2 * concentration[place]
      }
      sum += dispersion.contract(natural, concentrationGradient, at: 0, into: &naturalGradient)
    }
    sum += finishShared(layout)
    if let correlation = layout.correlation {
      sum += correlation.pullBack(&naturalGradient, natural: natural)
    }
    for map in layout.maps { sum += map.pullBack(&naturalGradient, natural: natural) }
    for index in gradient.indices { gradient[index] = naturalGradient[index] }
    return sum
  }

  private mutating func finishShared(_ layout: ModelLayout) -> Double {
    var sum = 0.0
    if let offset = layout.weekdayOffset {
      let total = logWeekdayGradient.reduce(0, +)
      let deviation = layout.priors.weekday
      for day in 0..<6 {
        let standardized = natural[offset + day] / deviation
        // d log ψ_d / d l_e is 1{d = e} less the softmax, which is ψ_e / 7.
        naturalGradient[offset + day] +=
          logWeekdayGradient[day] - total * weekday[day] / 7 - standardized / deviation
        sum -=
          0.5 * standardized * standardized + log(deviation) + PriorConstant.halfLogTwoPi
      }
    }
    if let offset = layout.waitOffset {
      let deviation = layout.priors.waitDeviation
      for (index, wait) in layout.course.deathChain.enumerated() {
        let standardized = (natural[offset + index] - log(wait.mean)) / deviation
        naturalGradient[offset + index] += waitGradient[index] - standardized / deviation
        sum -=
          0.5 * standardized * standardized + log(deviation) + PriorConstant.halfLogTwoPi
      }
    }
    return sum
  }
}
