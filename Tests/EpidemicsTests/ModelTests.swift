import Foundation
import Randomness
import Sampling
import Testing

@testable import Epidemics

/// The model's density and its hand-written gradient.
@Suite struct ModelTests {
  @Test func `the data of the example are as printed`() {
    #expect(OneRegionExample.counts.count == 84)
    #expect(OneRegionExample.counts.reduce(0, +) == 1111)
    let sums = (0..<84).map { OneRegionExample.features(day: $0) }
    #expect(abs(sums.reduce(0) { $0 + $1[0] } + 27.3624) < 1e-9)
    #expect(abs(sums.reduce(0) { $0 + $1[1] } - 10.6138) < 1e-9)
  }

  @Test func `the one-region density and gradient have the printed digits`() throws {
    var model = OneRegionExample.model
    #expect(model.dimension == 18)
    var gradient = [Double](repeating: 0, count: 18)
    let value = model.logDensity(at: OneRegion.position, gradient: &gradient)
    // The printed densities, -284.37869 and -280.57999, carry an error of 1.3e-5 from the log-gamma
    // function they were made with; SciPy's agrees to ten digits.
    #expect(abs(value + 284.37869) < 2e-5, "\(value)")
    #expect(abs(value - log(0.08) - log(0.28) + 280.57999) < 2e-5)
    let reference = try ReferenceFixture.load()
    #expect(abs(value - reference.oneRegion.density) < 1e-9)
    for (index, entry) in reference.oneRegion.gradient.enumerated() {
      #expect(abs(gradient[index] - entry) < 1e-6 * (1 + abs(entry)))
    }
    let expected = [
      -1052.1698, 251.0333, -95.1452, -33.4354, -84.4582, -74.9949, -65.0296, -54.4772, -41.4730,
      -31.0424, -20.9073, -12.3201, -5.5139, -2.0260, 0.3705, -0.2534, -86.1678, 89.1242,
    ]
    for (index, entry) in expected.enumerated() {
      #expect(abs(gradient[index] - entry) < 6e-5, "\(index): \(gradient[index]) and \(entry)")
    }
  }

  @Test func `the negative binomial has the printed values, for any concentration`() throws {
    // SciPy's values; of the four printed ones the last, -4.6100920968, is off by 2e-8.
    for entry in try ReferenceFixture.load().negativeBinomial {
      let term = Self.term(Int(entry[0]), entry[1], entry[2])
      #expect(abs(term.value - entry[3]) < 1e-11 * (1 + abs(entry[3])))
    }
    let printed: [(Int, Double, Double, Double, Double)] = [
      (0, 0.3, 5, -0.2913445406, 6e-11), (7, 4.2, 3, -2.8158627787, 6e-11),
      (120, 95.5, 12, -4.8214355450, 6e-11), (3, 50, 1.5, -4.6100920968, 3e-8),
    ]
    for (count, mean, concentration, expected, tolerance) in printed {
      #expect(abs(Self.term(count, mean, concentration).value - expected) < tolerance)
    }
    // Poisson's limit, from both sides of the switch.
    for concentration in [1e6, 1e9, 9e9, 2e10] {
      let poisson = -50.0 + 60 * log(50) - lgamma(61)
      let value = Self.term(60, 50, concentration).value
      #expect(abs(value - poisson) < 60 / concentration * 60 + 1e-9, "\(concentration)")
    }
  }

  @Test(arguments: [0.05, 0.8, 9.9, 10.1, 250, 1e5])
  func `the negative binomial's derivatives are those of its value`(_ concentration: Double) {
    for (count, mean) in [(0, 0.4), (1, 0.02), (35, 28.0), (900, 1200.0)] {
      let term = Self.term(count, mean, concentration)
      let step = 1e-5
      let byMean =
        (Self.term(count, mean * (1 + step), concentration).value
          - Self.term(count, mean * (1 - step), concentration).value) / (2 * step * mean)
      let byConcentration =
        (Self.term(count, mean, concentration * (1 + step)).value
          - Self.term(count, mean, concentration * (1 - step)).value)
        / (2 * step * concentration)
      #expect(abs(term.byMean - byMean) < 1e-6 * (1 + abs(byMean)))
      #expect(
        abs(term.byConcentration - byConcentration) * concentration
          < 1e-6 * (1 + abs(byConcentration) * concentration))
    }
  }

  private static func term(_ count: Int, _ mean: Double, _ concentration: Double) -> CountTerm {
    var table = CountTable([count])
    table.update(concentration: concentration)
    return concentration >= CountTable.poissonConcentration
      ? CountTerm(poissonCount: Double(count), mean: mean, table: table.values[0])
      : CountTerm(
        count: Double(count), mean: mean, concentration: concentration, table: table.values[0],
        tableDerivative: table.derivatives[0])
  }

  // MARK: Finite differences with every switch

  @Test(arguments: SwitchCases.all)
  func `the gradient agrees with finite differences`(_ name: String) throws {
    var model = try #require(SwitchCases.model(name))
    var random = RandomSource(seed: 5)
    var gradient = [Double](repeating: 0, count: model.dimension)
    var ignored = gradient
    var position = model.priorCenter().map { $0 + random.normal(standardDeviation: 0.2) }
    if !model.logDensity(at: position, gradient: &gradient).isFinite {
      position = model.initialPosition(using: &random)
    }
    let value = model.logDensity(at: position, gradient: &gradient)
    #expect(value.isFinite)
    for index in position.indices {
      func at(_ change: Double) -> Double {
        var moved = position
        moved[index] += change
        return model.logDensity(at: moved, gradient: &ignored)
      }
      let h = 1e-3
      let difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
      #expect(
        abs(gradient[index] - difference) < 2e-6 * (100 + abs(difference)),
        "\(name), coordinate \(index): \(gradient[index]) and \(difference)")
    }
  }

  @Test(arguments: SwitchCases.all)
  func `a prior draw's values give back its parameters`(_ name: String) throws {
    let model = try #require(SwitchCases.model(name))
    var random = RandomSource(seed: 9)
    let position = model.priorDraw(using: &random)
    let values = model.constrained(position)
    #expect(values.count == model.variables.valueCount)
    let parameters = model.parameters(ofValues: values)
    #expect(parameters.contact.count == model.places.count)
    #expect(parameters.seed.allSatisfy { $0 > 0 && $0.isFinite })
    #expect(parameters.weekday.reduce(0, +) > 6.99 && parameters.weekday.reduce(0, +) < 7.01)
  }

  @Test func `copies of a model do not disturb each other`() {
    var model = SwitchCases.model("everything") ?? OneRegionExample.model
    var copy = model
    let first = model.priorCenter()
    let second = first.map { $0 + 0.05 }
    var gradient = [Double](repeating: 0, count: model.dimension)
    let before = model.logDensity(at: first, gradient: &gradient)
    let kept = gradient
    _ = copy.logDensity(at: second, gradient: &gradient)
    #expect(model.logDensity(at: first, gradient: &gradient) == before)
    #expect(gradient == kept)
  }

  @Test func `other coordinates give the same density and a gradient by them`() {
    let model = SwitchCases.model("default") ?? OneRegionExample.model
    var sampled = PreconditionedModel(model, isWanted: true, spread: 0.1)
    #expect(sampled.isPreconditioned)
    var random = RandomSource(seed: 3)
    var gradient = [Double](repeating: 0, count: model.dimension)
    var ignored = gradient
    let position = gradient.map { _ in random.normal(standardDeviation: 0.3) }
    let value = sampled.logDensity(at: position, gradient: &gradient)
    #expect(value.isFinite)
    for index in stride(from: 0, to: position.count, by: 7) {
      func at(_ change: Double) -> Double {
        var moved = position
        moved[index] += change
        return sampled.logDensity(at: moved, gradient: &ignored)
      }
      let difference = (8 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3
      #expect(abs(gradient[index] - difference) < 1e-6 * (10 + abs(difference)))
    }
    // Near the mode the curvature is that of a standard normal distribution, so that a slope is the
    // distance to the mode in standard deviations.
    let origin = sampled.logDensity(at: gradient.map { _ in 0 }, gradient: &ignored)
    #expect(ignored.map(abs).max() ?? 9 < 0.5)
    var step = gradient.map { _ in 0.0 }
    step[3] = 0.1
    #expect(abs(origin - sampled.logDensity(at: step, gradient: &ignored) - 0.005) < 2e-3)
  }

  @Test func `impossible positions have no density`() {
    var model = OneRegionExample.model
    var gradient = [Double](repeating: 0, count: 18)
    var position = OneRegion.position
    position[0] = 3.2
    #expect(model.logDensity(at: position, gradient: &gradient) == -.infinity)
    position = OneRegion.position
    position[16] = log(2.6e6)
    #expect(model.logDensity(at: position, gradient: &gradient) == -.infinity)
    position[16] = .nan
    #expect(model.logDensity(at: position, gradient: &gradient) == -.infinity)
  }
}

/// Small models that between them use every switch.
enum SwitchCases {
  static let all = [
    "default", "everything", "no mobility", "no latent", "ar1", "ar2", "gp", "matern", "linear",
    "pooled", "unpooled", "softplus", "capped", "poisson", "weekly", "signs", "waits", "reporting",
    "exponential", "centered", "one place", "outliers", "late reports", "interventions",
    "interventions alone", "correlated", "renewal", "renewal, capped",
  ]

  /// The waits with a reporting delay.
  static var reported: DiseaseCourse {
    var course = DiseaseCourse()
    course.reporting = .init(mean: 3, stages: 2)
    return course
  }

  /// Everything partially pooled, waits inferred, nothing whitened.
  static var allPartial: ModelSettings {
    var settings = ModelSettings()
    settings.seedPooling = .partial
    settings.dispersionPooling = .partial
    settings.severity = .partial
    settings.infersWaits = true
    settings.whitens = false
    settings.stepsPerDay = 2
    return settings
  }

  static func places(_ count: Int) -> [PlaceSeries] {
    (0..<count).map { place in
      let days = 40 + 3 * place
      let deaths = (0..<days).map { day -> Int? in
        let rising = (day - 18) * (place + 1) / 2
        return day % 11 == 5 ? nil : max(0, rising + (day * 7) % 5 - 2)
      }
      let features = (0..<days).map { day -> [Double] in
        let visits: Double = day > 20 ? -0.4 - 0.05 * Double(place) : 0.02 * Double(day % 3)
        let home: Double = day > 22 ? 0.2 : 0.01 * Double(day % 2)
        return [visits, home]
      }
      return PlaceSeries(
        name: "place \(place)", population: 1e6 * Double(place + 1),
        start: Day(number: 18_300 + place), deaths: deaths, features: features,
        fatality: 0.006 + 0.001 * Double(place), group: place < 2 ? "east" : "west")
    }
  }

  static func model(_ name: String) -> EpidemicModel? {
    var settings = ModelSettings()
    var course = DiseaseCourse()
    var priors = Priors()
    var count = 3
    switch name {
    case "default": count = 6
    case "one place": count = 1
    case "no mobility": settings.usesMobility = false
    case "no latent": settings.latent = .none
    case "ar1":
      settings.latent = .autoregression1
      priors.latentScaleFamily = .halfNormal
    case "ar2": settings.latent = .autoregression2
    case "gp": settings.latent = .gaussianProcess
    case "matern":
      settings.latent = .gaussianProcess
      settings.covariance = .matern32
    case "linear": settings.interpolation = .linear
    case "pooled":
      settings.contactPooling = .pooled
      settings.mobilityPooling = .pooled
      settings.seedPooling = .pooled
    case "unpooled":
      settings.contactPooling = .unpooled
      settings.mobilityPooling = .unpooled
      settings.dispersionPooling = .unpooled
      settings.severity = .unpooled
    case "softplus": settings.link = .softplus
    case "capped": settings.link = .capped
    case "poisson": settings.likelihood = .poisson
    case "weekly": settings.weekly = true
    case "signs": settings.constrainsSigns = true
    case "waits": settings.infersWaits = true
    case "reporting":
      course.reporting = .init(mean: 3, stages: 2)
      settings.infersWaits = true
    case "exponential": course = course.exponential
    case "centered":
      settings.centersAboveDeaths = 100
    case "everything":
      count = 5
      course.reporting = .init(mean: 3, stages: 2)
      settings.infersWaits = true
      settings.severity = .partial
      settings.seedPooling = .partial
      settings.dispersionPooling = .partial
      settings.latent = .autoregression2
      settings.interpolation = .linear
      settings.stepsPerDay = 2
      settings.likelihoodWeight = 0.7
      settings.comparesAfterDeaths = 10
      settings.likelihood = .outlierMixture
      settings.centersAboveDeaths = 400
    case "outliers":
      settings.likelihood = .outlierMixture
      settings.dispersionPooling = .partial
    case "late reports": break
    case "interventions": break
    case "interventions alone": settings.usesMobility = false
    case "renewal": settings.dynamics = .renewal
    case "renewal, capped":
      settings.dynamics = .renewal
      settings.link = .capped
      settings.stepsPerDay = 3
      course.reporting = .init(mean: 3, stages: 2)
    case "correlated": settings.correlatesMobility = true
    default: return nil
    }
    var places = places(count)
    for index in places.indices {
      let days = places[index].days
      if name.hasPrefix("interventions") || name == "everything" {
        // Some places know what is planned, others do not.
        places[index].interventions = (0..<(days + 10 * index)).map {
          [$0 > 15 + index ? 1 : 0, $0 > 25 ? 0.5 : 0]
        }
      }
      if name == "late reports" {
        places[index].reportedShares = (0..<days).map {
          DiseaseCourse.Wait(mean: 4, stages: 2).cumulative(days: Double(days - $0) - 0.5)
        }
      }
    }
    return EpidemicModel(
      places: places, course: course, settings: settings, priors: priors,
      featureSigns: [1, -1])
  }
}
