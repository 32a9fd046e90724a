import Epidemics
import Foundation
import Randomness
import Sampling

/// Simulation-based calibration of a one-place model (200 data sets) and a small hierarchy (100), and of
/// the same with a mistake planted, which must be found.
///
/// Arguments after what is calibrated: the number of data sets, threads and seed. Every run prints its
/// ranks; `merge FILE ...` judges those of several runs together.
func calibrate(_ arguments: [String]) throws {
  let what = arguments.first ?? "one"
  if what == "merge" { return try merge(arguments.dropFirst()) }
  let numbers = arguments.dropFirst().map { Int($0) }
  func number(_ place: Int) -> Int? { numbers.indices.contains(place) ? numbers[place] : nil }
  var run = CalibrationRun(name: what, threads: number(1), seed: UInt64(number(2) ?? 11))
  switch what {
  case "one": run.replicates = 200
  case "hierarchy": run.places = 3
  case "jacobian": run.bug = .missingJacobian
  case "digamma": run.bug = .wrongDispersion
  default: return print("one, hierarchy, jacobian, digamma or merge")
  }
  if let count = number(0) { run.replicates = count }
  try run.report()
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

/// One run of calibration.
private struct CalibrationRun {
  var name: String
  var places = 1
  var replicates = 100
  var bug = PlantedBug.none
  var threads: Int?
  var seed: UInt64

  func report() throws {
    let (settings, priors) = settings(places: places)
    let (places, bug) = (places, bug)
    @Sendable func model(_ deaths: [[Int]]) -> EpidemicModel {
      EpidemicModel(
        places: series(deaths), course: DiseaseCourse(), settings: settings, priors: priors)
    }
    let blank = model(Array(repeating: Array(repeating: 0, count: days), count: places))
    let names = blank.variables.elementNames
    let wanted =
      names.indices.filter { !names[$0].hasPrefix("latent[") }
      + ["latent[1]", "latent[10]"].compactMap { names.firstIndex(of: $0) }
    let calibration = Calibration(
      configuration: SamplerConfiguration(warmup: 300, draws: 495, targetAcceptance: 0.9),
      replicates: replicates, rankedDraws: 99)
    let start = Date()
    let result = try calibration.run(
      quantities: wanted.map { names[$0] }, seed: seed, threads: threads,
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
    judge(result)
    for (quantity, ranks) in zip(result.quantities, result.ranks) {
      print("ranks \(quantity) \(ranks.map { "\($0)" }.joined(separator: " "))")
    }
  }
}

/// Prints whether ranks are uniform.
private func judge(_ result: CalibrationResult) {
  var random = RandomSource(seed: 3)
  let bins = (result.ranks.first?.count ?? 0) >= 200 ? 20 : 10
  for index in result.quantities.indices {
    let isInside = result.distributionBand(index, using: &random).isInside
    print(
      String(
        format: "%@: chi-square p %.3f, %@", result.quantities[index],
        result.uniformity(index, bins: bins), isInside ? "inside the band" : "outside the band"))
  }
}

/// Judges the ranks of several runs together.
private func merge(_ paths: ArraySlice<String>) throws {
  var ranks: [String: [Int]] = [:]
  var names: [String] = []
  for path in paths {
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    where line.hasPrefix("ranks ") {
      let cells = line.split(separator: " ")
      let name = String(cells[1])
      if ranks[name] == nil { names.append(name) }
      ranks[name, default: []] += cells.dropFirst(2).compactMap { Int($0) }
    }
  }
  guard let first = names.first, let count = ranks[first]?.count else {
    return print("no line of ranks was found")
  }
  print("\(count) data sets of \(paths.count) runs")
  judge(
    CalibrationResult(
      quantities: names, rankCount: 100, ranks: names.map { ranks[$0] ?? [] }, divergences: 0))
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
