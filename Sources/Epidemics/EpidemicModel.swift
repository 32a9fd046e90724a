import Foundation
import Randomness
import Sampling

/// The hierarchical SEIR model of deaths under mobility, as a density to sample.
///
/// For place `r` on day `t`, `log β = a_r + Σ_j w_rj m_rtj + z_rt`; `β` drives SEIR dynamics with
/// Erlang waits, whose daily deaths, times a weekday's factor, are the mean of a negative binomial
/// count. The gradient is written by hand: one adjoint pass through the steps, then sums. Evaluating
/// it allocates nothing, unless mobility weights are correlated.
///
/// - Paper: Liu, Vikram, Lao, Ben, D'Amour, O'Banion, Sandler, Saurous and Hoffman, *Estimating the
///   Changing Infection Rate of COVID-19 Using Bayesian Models of Mobility* (2020), as reconstructed
///   in the room's documentation.
public struct EpidemicModel: BayesianModel {
  let layout: ModelLayout
  var scratch: ModelScratch
  private var singles: [PlaceGroup<DeathsKernel<Double>>] = []
  private var pairs: [PlaceGroup<DeathsKernel<SIMD2<Double>>>] = []
  private var renewals: [PlaceGroup<RenewalKernel>] = []

  /// Creates the model of some places.
  ///
  /// - Parameters:
  ///   - places: Their series; each with the same number of features.
  ///   - course: Waits and, where series state none, fatality.
  ///   - settings: The model's switches.
  ///   - priors: The prior distributions.
  ///   - featureSigns: 1 for features that raise the contact rate, such as visits, -1 for the
  ///     others; used with ``ModelSettings/constrainsSigns`` only.
  /// - Precondition: at least one place, waits stable at the step, and signs for all features.
  public init(
    places: [PlaceSeries], course: DiseaseCourse, settings: ModelSettings = ModelSettings(),
    priors: Priors = Priors(), featureSigns: [Double] = []
  ) {
    precondition(!places.isEmpty, "a model has at least one place")
    let width = places[0].features.first?.count ?? 0
    let interventions = places[0].interventions.first?.count ?? 0
    let signs = featureSigns.isEmpty ? Array(repeating: 1, count: width) : featureSigns
    precondition(
      signs.count == width && places.allSatisfy { $0.features.allSatisfy { $0.count == width } },
      "every day of every place has \(signs.count) features")
    precondition(
      places.allSatisfy { place in
        (0..<place.days).allSatisfy { place.interventions(on: $0).count == interventions }
      }, "every day of every place has \(interventions) interventions")
    precondition(
      !settings.correlatesMobility || settings.centersAboveDeaths == nil,
      "correlated mobility weights are sampled as deviations, not centered")
    let layout = ModelLayout(
      places: places, course: course, settings: settings, priors: priors, featureSigns: signs)
    self.layout = layout
    scratch = ModelScratch(layout)
    guard settings.dynamics == .compartments else {
      precondition(!settings.infersWaits, "the renewal equation's waits are fixed")
      renewals = places.indices.map { PlaceGroup($0, layout) }
      return
    }
    // Two lanes fill a register of every processor this runs on; four were no quicker. Places of
    // like length go together.
    let order = places.indices.sorted { places[$0].days > places[$1].days }
    pairs = stride(from: 0, to: order.count - 1, by: 2).map {
      PlaceGroup([order[$0], order[$0 + 1]], layout)
    }
    singles = order.count % 2 == 1 ? [PlaceGroup([order[order.count - 1]], layout)] : []
  }

  /// The number of coordinates.
  public var dimension: Int { layout.dimension }

  /// The series the model compares with.
  public var places: [PlaceSeries] { layout.places }

  /// Log posterior density of a position up to the normalization of the data, and its gradient.
  ///
  /// Priors are normalized and Jacobians included. Minus infinity where a contact rate exceeds
  /// exp(3) per day, a seed half the population, or an autoregression is not stationary.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    precondition(position.count == dimension && gradient.count == dimension)
    // A sum is finite unless a term is not (or it overflows, where the density is zero anyway).
    guard position.reduce(0, +).isFinite, scratch.begin(position, layout) else { return -.infinity }
    if layout.waitOffset != nil { loadWaits() }
    var sum = 0.0
    for index in pairs.indices {
      guard let part = pairs[index].evaluate(&scratch, layout) else { return -.infinity }
      sum += part
    }
    for index in singles.indices {
      guard let part = singles[index].evaluate(&scratch, layout) else { return -.infinity }
      sum += part
    }
    for index in renewals.indices {
      guard let part = renewals[index].evaluate(&scratch, layout) else { return -.infinity }
      sum += part
    }
    sum += scratch.finish(layout, into: &gradient)
    return sum.isFinite ? sum : -.infinity
  }

  private mutating func loadWaits() {
    let operators = StepOperators(scratch.course, stepsPerDay: layout.settings.stepsPerDay)
    scratch.tangents = StepOperators.tangents(
      scratch.course, stepsPerDay: layout.settings.stepsPerDay)
    for index in pairs.indices { pairs[index].kernel.load(operators) }
    for index in singles.indices { singles[index].kernel.load(operators) }
  }

  // MARK: Where to begin

  /// The middle of the priors, no effect of mobility and no latent movement.
  public func priorCenter() -> [Double] {
    var position = [Double](repeating: 0, count: dimension)
    layout.contact.centerPrior(into: &position)
    for weight in layout.weights { weight.centerPrior(into: &position) }
    layout.correlation?.centerPrior(into: &position)
    layout.latent.centerPrior(into: &position)
    layout.seed.centerPrior(into: &position)
    layout.fatality?.centerPrior(into: &position)
    layout.dispersion?.centerPrior(into: &position)
    if let offset = layout.waitOffset {
      for (index, wait) in layout.course.deathChain.enumerated() {
        position[offset + index] = log(wait.mean)
      }
    }
    for map in layout.maps { map.invert(&position) }
    return position
  }

  /// A dispersed place to begin near the middle of the priors, at a finite density.
  public func initialPosition(using random: inout RandomSource) -> [Double] {
    var probe = self
    var gradient = [Double](repeating: 0, count: dimension)
    let center = priorCenter()
    for _ in 0..<100 {
      let position = center.map { $0 + random.normal(standardDeviation: 0.1) }
      if probe.logDensity(at: position, gradient: &gradient).isFinite { return position }
    }
    return center
  }

  /// A position drawn from the prior.
  public func priorDraw(using random: inout RandomSource) -> [Double] {
    var position = [Double](repeating: 0, count: dimension)
    layout.contact.drawPrior(into: &position, using: &random)
    for weight in layout.weights { weight.drawPrior(into: &position, using: &random) }
    layout.correlation?.drawPrior(into: &position, using: &random)
    layout.latent.drawPrior(into: &position, using: &random)
    layout.seed.drawPrior(into: &position, using: &random)
    layout.fatality?.drawPrior(into: &position, using: &random)
    layout.dispersion?.drawPrior(into: &position, using: &random)
    if let offset = layout.weekdayOffset {
      for index in 0..<6 {
        position[offset + index] = random.normal(standardDeviation: layout.priors.weekday)
      }
    }
    if let offset = layout.waitOffset {
      for (index, wait) in layout.course.deathChain.enumerated() {
        position[offset + index] = random.normal(
          mean: log(wait.mean), standardDeviation: layout.priors.waitDeviation)
      }
    }
    if layout.settings.constrainsSigns {
      for case .signed(let index, let sign) in layout.maps {
        position[index] = sign * abs(position[index])
      }
    }
    for map in layout.maps { map.invert(&position) }
    return position
  }
}
