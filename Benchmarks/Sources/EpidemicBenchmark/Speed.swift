import BenchmarkSupport
import Dispatch
import Epidemics
import Foundation
import Randomness
import Sampling
import Synchronization

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

/// Effective draws per processor second as a line of JSON: two chains, one after the other on one
/// thread, warm-up and the search for the mode (where coordinates are chosen by it) included.
func measureSampling(_ arguments: [String]) throws {
  let counts = arguments.dropFirst().compactMap { Int($0) }
  let (warmup, draws) = counts.count >= 2 ? (counts[0], counts[1]) : (500, 500)
  for (name, model) in benchmarkModels() where name.hasPrefix(arguments.first ?? "") {
    for isPreconditioned in arguments.contains("mode") ? [false, true] : [false] {
      try measureSampling(name, model, isPreconditioned, warmup: warmup, draws: draws)
    }
  }
}

private func measureSampling(
  _ name: String, _ model: EpidemicModel, _ isPreconditioned: Bool, warmup: Int, draws: Int
) throws {
  let sampler = HamiltonianSampler(
    configuration: SamplerConfiguration(warmup: warmup, draws: draws, targetAcceptance: 0.9))
  let before = processorSeconds()
  let target = PreconditionedModel(model, isWanted: isPreconditioned, spread: 0.1)
  // By chain, since a chain's last state may be handed over more than once.
  let all = Mutex([Int: Int]())
  let result = try sampler.sample(
    target, chains: 2, seed: 1, starts: [target.start], threads: 1,
    checkpoint: { chain, checkpoint in
      if checkpoint.state.isFinished { all.withLock { $0[chain] = checkpoint.state.leapfrogs } }
    })
  let used = processorSeconds() - before
  let summary = result.summary()
  let least = summary.map(\.bulkESS).filter { !$0.isNaN }.min() ?? .nan
  let leapfrogs = result.statistics.joined().map(\.leapfrogs).reduce(0, +)
  print(
    String(
      format: "{\"program\": \"swiftlet\", \"model\": \"%@\", \"coordinates\": \"%@\", "
        + "\"warmup\": %d, \"draws\": %d, \"seconds\": %.2f, \"ess\": %.1f, "
        + "\"ess_per_second\": %.2f, \"leapfrogs_per_draw\": %.0f, "
        + "\"gradients_per_second\": %.0f, \"divergent\": %d, \"r_hat\": %.3f}",
      name, isPreconditioned ? "mode" : "own", warmup, draws, used, least, least / used,
      Double(leapfrogs) / Double(2 * draws), Double(all.withLock { $0.values.reduce(0, +) }) / used,
      result.divergences, summary.map(\.rHat).filter { !$0.isNaN }.max() ?? .nan))
}

/// Gradients per second of 1, 2, 4, ... chains side by side, each on a thread of its own, as lines of
/// JSON; the share of what as many lone chains would do is the efficiency.
func measureScaling(_ arguments: [String]) throws {
  let most = arguments.first.flatMap { Int($0) } ?? 8
  guard let model = benchmarkModels().last?.model else { return }
  let target = PreconditionedModel(model, isWanted: false, spread: 0.1)
  let sampler = HamiltonianSampler(
    configuration: SamplerConfiguration(warmup: 80, draws: 40, targetAcceptance: 0.9))
  var alone = 0.0
  var chains = 1
  while chains <= most {
    let all = Mutex([Int: (gradients: Int, seconds: Double)]())
    let start = DispatchTime.now().uptimeNanoseconds
    @Sendable func seconds() -> Double {
      Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }
    _ = try sampler.sample(
      target, chains: chains, seed: 1, starts: [target.start], threads: chains,
      checkpoint: { chain, checkpoint in
        guard checkpoint.state.isFinished else { return }
        // Chains end at different times; each counts for as long as it ran, and once, although its
        // last state may be handed over more than once.
        all.withLock { $0[chain] = $0[chain] ?? (checkpoint.state.leapfrogs, seconds()) }
      })
    let ended = all.withLock { Array($0.values) }
    let rate =
      Double(ended.reduce(0) { $0 + $1.gradients }) / ended.reduce(0) { $0 + $1.seconds }
      * Double(chains)
    if chains == 1 { alone = rate }
    // Written at once, so that a run that is stopped has shown what it had.
    let line = String(
      format: "{\"chains\": %d, \"seconds\": %.2f, \"gradients_per_second\": %.0f, "
        + "\"times_one_chain\": %.2f}\n",
      chains, seconds(), rate, rate / alone)
    FileHandle.standardOutput.write(Data(line.utf8))
    chains *= 2
  }
}
