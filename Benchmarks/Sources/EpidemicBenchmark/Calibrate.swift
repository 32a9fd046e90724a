import Epidemics
import Foundation
import Randomness
import Sampling

/// Simulation-based calibration of a one-place model (200 data sets) and a small hierarchy (100),
/// and of the same with a mistake planted, which must be found; how many and on how many threads may
/// be given.
func calibrate(_ arguments: [String]) throws {
  let what = arguments.first ?? "one"
  let count = arguments.dropFirst().first.flatMap { Int($0) }
  let threads = arguments.dropFirst(2).first.flatMap { Int($0) }
  switch what {
  case "one": try report(what, places: 1, replicates: count ?? 200, bug: .none, threads: threads)
  case "hierarchy":
    try report(what, places: 3, replicates: count ?? 100, bug: .none, threads: threads)
  case "jacobian":
    try report(what, places: 1, replicates: 100, bug: .missingJacobian, threads: threads)
  case "digamma":
    try report(what, places: 1, replicates: 100, bug: .wrongDispersion, threads: threads)
  default: print("one, hierarchy, jacobian or digamma")
  }
}

/// A mistake to plant.
enum PlantedBug: Sendable {
  case none
  /// The log Jacobian of the latent scale is left out.
  case missingJacobian
  /// The term of the dispersion is wrong by a factor, as with a wrong digamma function.
  case wrongDispersion
}

/// The epidemic model, with a mistake if wanted.
struct CalibrationModel: BayesianModel {
  var inner: EpidemicModel
  let bug: PlantedBug
  let scaleIndex: Int?
  let dispersionIndex: Int?

  var dimension: Int { inner.dimension }
  var variables: [Variable] { inner.variables }

  func constrained(_ position: [Double]) -> [Double] { inner.constrained(position) }

  mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    var value = inner.logDensity(at: position, gradient: &gradient)
    if bug == .missingJacobian, let index = scaleIndex {
      value -= position[index]
      gradient[index] -= 1
    }
    if bug == .wrongDispersion, let index = dispersionIndex {
      // A density off by a smooth factor in log(1/√φ), as a wrong gradient of it amounts to.
      value += 1.5 * position[index]
      gradient[index] += 1.5
    }
    return value
  }
}

private func settings(places: Int) -> (ModelSettings, Priors) {
  var settings = ModelSettings()
  settings.weekdays = false
  settings.whitens = false
  settings.mobilityPooling = .partial
  var priors = Priors()
  // Tighter than the defaults, so that epidemics neither die out nor infect everybody.
  priors.logContact = .init(log(0.6), 0.25)
  priors.contactSpread = 0.15
  priors.mobility = 1
  priors.mobilitySpread = 0.3
  priors.latentScaleMedian = 0.09
  priors.latentScaleLogDeviation = 0.3
  priors.logSeed = .init(log(100), 0.7)
  priors.dispersion = 0.3
  return (settings, priors)
}

private let days = 70
private let futureDays = 14

private func series(_ deaths: [[Int]]) -> [PlaceSeries] {
  deaths.enumerated().map { place, counts in
    PlaceSeries(
      name: "place \(place)", population: 3e6, start: Day(number: 18_294),
      deaths: counts.prefix(days).map { $0 },
      features: (0..<days).map { day in [features(day, place)] })
  }
}

private func features(_ day: Int, _ place: Int) -> Double {
  let fall = Double(day) - 25 - 3 * Double(place)
  return -0.5 / (1 + exp(-fall / 2))
}

private func report(
  _ name: String, places: Int, replicates: Int, bug: PlantedBug, threads: Int?
) throws {
  let (settings, priors) = settings(places: places)
  @Sendable func model(_ deaths: [[Int]]) -> EpidemicModel {
    EpidemicModel(
      places: series(deaths), course: DiseaseCourse(), settings: settings, priors: priors)
  }
  let blank = model(Array(repeating: Array(repeating: 0, count: days), count: places))
  let names = blank.variables.elementNames
  let wanted =
    names.indices.filter { !names[$0].hasPrefix("latent[") }
    + [
      names.firstIndex { $0 == "latent[1]" }, names.firstIndex { $0 == "latent[10]" },
    ].compactMap { $0 }
  let calibration = Calibration(
    configuration: SamplerConfiguration(warmup: 300, draws: 495, targetAcceptance: 0.9),
    replicates: replicates, rankedDraws: 99)
  let start = Date()
  let result = try calibration.run(
    quantities: wanted.map { names[$0] }, seed: 11, threads: threads,
    simulate: { random in
      let (position, deaths) = draw(blank, using: &random)
      let fitted = model(deaths)
      let values = fitted.constrained(position)
      return (
        CalibrationModel(
          inner: fitted, bug: bug, scaleIndex: scaleIndex(fitted),
          dispersionIndex: fitted.dimension - 1),
        wanted.map { values[$0] }
      )
    },
    start: { .near($0.inner.priorCenter(), standardDeviation: 0.1) },
    measure: { values in wanted.map { values[$0] } },
    progress: { done in
      if done.isMultiple(of: 20) { FileHandle.standardError.write(Data("\(done)\n".utf8)) }
    })
  print(
    String(
      format: "%@: %d data sets, %d divergent draws, %.0f s", name, replicates,
      result.divergences, Date().timeIntervalSince(start)))
  var random = RandomSource(seed: 3)
  let bins = replicates >= 200 ? 20 : 10
  for index in result.quantities.indices {
    let isInside = result.distributionBand(index, using: &random).isInside
    print(
      String(
        format: "%@: chi-square p %.3f, %@", result.quantities[index],
        result.uniformity(index, bins: bins), isInside ? "inside the band" : "outside the band"))
  }
}

/// The coordinate of the latent scale: moving it alone moves `latent_scale`.
private func scaleIndex(_ model: EpidemicModel) -> Int? {
  let names = model.variables.elementNames
  guard let value = names.firstIndex(of: "latent_scale") else { return nil }
  let center = model.priorCenter()
  let before = model.constrained(center)[value]
  return center.indices.first { index in
    var moved = center
    moved[index] += 0.5
    return abs(model.constrained(moved)[value] - before) > 1e-9
  }
}

/// A prior draw with a density, and deaths simulated from it.
private func draw(
  _ model: EpidemicModel, using random: inout RandomSource
) -> (position: [Double], deaths: [[Int]]) {
  var probe = model
  var gradient = [Double](repeating: 0, count: model.dimension)
  while true {
    let position = model.priorDraw(using: &random)
    guard probe.logDensity(at: position, gradient: &gradient).isFinite else { continue }
    let predictions = Predictor(
      model, values: [model.constrained(position)], seed: random.next()
    ).predict(days: 0, futures: model.places.map { _ in .hold })
    return (position, predictions.map { $0.deaths[0] })
  }
}
