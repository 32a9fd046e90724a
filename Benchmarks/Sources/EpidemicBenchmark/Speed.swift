import Dispatch
import Epidemics
import Foundation
import Randomness
import Sampling

/// Ten places made up from the one-place example: the same data shifted by days and scaled.
func tenPlaces() -> [PlaceSeries] {
  (0..<10).map { place in
    let days = 84
    let scale = 0.5 + 0.2 * Double(place)
    let shift = place % 5
    return PlaceSeries(
      name: "place \(place)", population: 2e6 + 1e6 * Double(place),
      start: Day(number: 18_294),
      deaths: (0..<days).map { day in
        let source = max(0, day - shift)
        return Int((Double(OneRegionExample.counts[source]) * scale).rounded())
      },
      features: (0..<days).map { day in
        let row = OneRegionExample.features(day: max(0, day - shift))
        return [row[0] * (0.9 + 0.02 * Double(place)), row[1]]
      })
  }
}

/// The two models that are compared with the peer: the example, and ten places with pooling.
func benchmarkModels() -> [(name: String, model: EpidemicModel)] {
  var settings = OneRegionExample.settings
  settings.stepsPerDay = 1
  return [
    ("one place", OneRegionExample.model),
    (
      "ten places",
      EpidemicModel(
        places: tenPlaces(), course: DiseaseCourse(), settings: settings,
        priors: OneRegionExample.priors)
    ),
  ]
}

/// Gradients per second, beside the time their floating-point operations need at the rate of a plain
/// loop of independent multiplications and additions.
func measureGradients() {
  let rate = operationsPerSecond()
  print(String(format: "plain loop: %.2f GFLOP/s", rate / 1e9))
  for (name, model) in benchmarkModels() {
    var model = model
    var random = RandomSource(seed: 1)
    let position = model.initialPosition(using: &random)
    var gradient = [Double](repeating: 0, count: model.dimension)
    var best = Double.infinity
    for _ in 0..<60 {
      let start = DispatchTime.now().uptimeNanoseconds
      for _ in 0..<200 { _ = model.logDensity(at: position, gradient: &gradient) }
      best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) / 200 / 1e9)
    }
    let operations = operationCount(model, stepsPerDay: name == "one place" ? 2 : 1)
    print(
      String(
        format: "%@: %d parameters, %.1f us per gradient, %.0f gradients/s; dynamics %.0f kFLOP, "
          + "floor %.1f us, ratio %.2f",
        name, model.dimension, best * 1e6, 1 / best, operations / 1e3, operations / rate * 1e6,
        best / (operations / rate)))
  }
}

/// Operations of the usual way to compute value and gradient: four evaluations of eight stages and
/// their adjoint, as the specification writes it (three times the forward pass), and about sixty per
/// count and thirty per contact rate.
private func operationCount(_ model: EpidemicModel, stepsPerDay: Int) -> Double {
  let days = model.places.reduce(0) { $0 + $1.days }
  // Per evaluation: 2 + 3 for infections, 8 flows, 8 differences, and 2 to 4 per state for the
  // step's sums (10 states).
  let evaluation = 5.0 + 8 + 8 + 30
  let forward = 4 * evaluation * Double(stepsPerDay)
  return Double(days) * (3 * forward + 90)
}

/// Multiplications and additions per second of a loop that the compiler can vectorize.
private func operationsPerSecond() -> Double {
  var values = [Double](repeating: 1.000001, count: 64)
  let rounds = 2_000_000
  var best = Double.infinity
  for _ in 0..<5 {
    let start = DispatchTime.now().uptimeNanoseconds
    values.withUnsafeMutableBufferPointer { buffer in
      for _ in 0..<rounds / 64 {
        for index in 0..<64 { buffer[index] = buffer[index] * 0.999999 + 1e-7 }
      }
    }
    best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
  }
  precondition(values[0] > 0)
  return 2 * Double(rounds / 64 * 64) / best
}

/// Effective draws per processor second: 2 chains of 500 after 500, one after the other on one
/// thread, finding the mode included; then the same in the model's own coordinates.
func measureSampling() throws {
  for (name, model) in benchmarkModels() {
    for isPreconditioned in [true, false] {
      let label = name + (isPreconditioned ? "" : ", own coordinates")
      try measureSampling(label, model, isPreconditioned)
    }
  }
}

private func measureSampling(
  _ name: String, _ model: EpidemicModel, _ isPreconditioned: Bool
) throws {
  let sampler = HamiltonianSampler(
    configuration: SamplerConfiguration(warmup: 500, draws: 500, targetAcceptance: 0.9))
  let before = processorSeconds()
  let target = PreconditionedModel(model, isWanted: isPreconditioned, spread: 0.1)
  let found = processorSeconds() - before
  let draws = try sampler.sample(target, chains: 2, seed: 1, starts: [target.start], threads: 1)
  let used = processorSeconds() - before
  let summary = draws.summary()
  let least = summary.map(\.bulkESS).filter { !$0.isNaN }.min() ?? .nan
  let leapfrogs = draws.statistics.joined().map(\.leapfrogs).reduce(0, +)
  print(
    String(
      format: "%@: processor %.2f s (mode %.2f s), least bulk ESS %.0f, %.1f ESS per processor "
        + "second, %.0f leapfrogs per draw, %d divergent, R-hat at most %.3f",
      name, used, found, least, least / used, Double(leapfrogs) / 1000, draws.divergences,
      summary.map(\.rHat).filter { !$0.isNaN }.max() ?? .nan))
}

private func processorSeconds() -> Double {
  Double(clock()) / Double(CLOCKS_PER_SEC)
}
