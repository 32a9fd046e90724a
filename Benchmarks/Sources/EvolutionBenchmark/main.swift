// CMA-ES without the objective, printed as one JSON object with the names of `Peer/evolution.py`.
//
//   EvolutionBenchmark overhead --dimension 24 --generations 2000
//   EvolutionBenchmark evaluations --dimension 10 --function ellipsoid --seeds 20
//   EvolutionBenchmark noise --dimension 10 --seeds 5
//
// `overhead` gives microseconds of processor time per generation for asking and telling, `evaluations`
// the evaluations to a value of 1e-9 per seed, 0 where a run stopped before. `noise` gives the squared
// distance of the mean from the optimum of a sphere whose values have unit noise, after 10,000
// evaluations, without and with adapted learning rates.
import Evolution
import Foundation
import Randomness

struct Report: Encodable {
  var dimension: Int
  var population: Int
  var ask: Double?
  var tell: Double?
  var evaluations: [Int]?
  var exact: [Double]?
  var adapted: [Double]?
}

/// The number after `name` on the command line.
func option(_ name: String, _ fallback: Int) -> Int {
  guard let place = CommandLine.arguments.firstIndex(of: "--" + name),
    place + 1 < CommandLine.arguments.count, let value = Int(CommandLine.arguments[place + 1])
  else { return fallback }
  return value
}

/// Microseconds of processor time that this thread has used.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

func sphere(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }

func ellipsoid(_ x: [Double]) -> Double {
  x.indices.reduce(0) { $0 + pow(1e6, Double($1) / Double(x.count - 1)) * x[$1] * x[$1] }
}

func rosenbrock(_ x: [Double]) -> Double {
  (0..<x.count - 1).reduce(0) { sum, index in
    let curve = x[index + 1] - x[index] * x[index]
    return sum + 100 * curve * curve + (1 - x[index]) * (1 - x[index])
  }
}

func overhead(dimension: Int, generations: Int) throws -> Report {
  var random = RandomSource(seed: 1)
  var search = try CMAES(mean: [Double](repeating: 1, count: dimension), stepSize: 0.5)
  var (ask, tell) = (0.0, 0.0)
  for generation in -2..<generations {
    let start = processorTime()
    let points = search.ask(using: &random)
    let asked = processorTime()
    let values = points.map(sphere)
    let evaluated = processorTime()
    search.tell(values)
    let told = processorTime()
    if generation >= 0 {
      ask += asked - start
      tell += told - evaluated
    }
  }
  return Report(
    dimension: dimension, population: search.population, ask: ask / Double(generations),
    tell: tell / Double(generations))
}

func evaluations(dimension: Int, function: String, seeds: Int) throws -> Report {
  let isValley = function == "rosenbrock"
  let objective = isValley ? rosenbrock : function == "sphere" ? sphere : ellipsoid
  var counts: [Int] = []
  var population = 0
  for seed in 1...seeds {
    var random = RandomSource(seed: UInt64(seed))
    var search = try CMAES(
      mean: [Double](repeating: isValley ? 0 : 1, count: dimension),
      stepSize: isValley ? 0.2 : 0.5, configuration: .init(limits: SearchLimits(target: 1e-9)))
    while search.stopReasons.isEmpty { search.tell(search.ask(using: &random).map(objective)) }
    counts.append(search.stopReasons.contains(.target) ? search.evaluations : 0)
    population = search.population
  }
  return Report(dimension: dimension, population: population, evaluations: counts)
}

func noise(dimension: Int, seeds: Int) throws -> Report {
  var population = 0
  func distances(_ noise: CMAES.Noise) throws -> [Double] {
    try (1...seeds).map { seed in
      var random = RandomSource(seed: UInt64(seed))
      var disturbance = random.split()
      // Tolerances are meant for exact values.
      var search = try CMAES(
        mean: [Double](repeating: 3, count: dimension), stepSize: 2,
        configuration: .init(
          noise: noise, limits: SearchLimits(evaluations: 10_000),
          stopping: .init(functionTolerance: 0, stepTolerance: 0, checksStagnation: false)))
      while search.stopReasons.isEmpty {
        search.tell(search.ask(using: &random).map { sphere($0) + disturbance.normal() })
      }
      population = search.population
      return sphere(search.mean)
    }
  }
  let (exact, adapted) = try (distances(.none), distances(.adaptLearningRates))
  return Report(
    dimension: dimension, population: population, exact: exact, adapted: adapted)
}

let arguments = CommandLine.arguments
let report =
  if arguments.contains("evaluations") {
    try evaluations(
      dimension: option("dimension", 10),
      function: ["sphere", "rosenbrock"].first(where: arguments.contains) ?? "ellipsoid",
      seeds: option("seeds", 20))
  } else if arguments.contains("noise") {
    try noise(dimension: option("dimension", 10), seeds: option("seeds", 5))
  } else {
    try overhead(
      dimension: option("dimension", 24), generations: option("generations", 2000))
  }
let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys]
print(String(decoding: try encoder.encode(report), as: UTF8.self))
