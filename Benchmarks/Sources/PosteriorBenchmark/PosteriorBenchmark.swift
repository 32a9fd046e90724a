import Foundation
import ReferencePosteriors
import Sampling

/// Samples the ten reference posteriors and prints how far means and standard deviations are from
/// the reference results, and how fast it went.
///
///     PosteriorBenchmark                 the table of all ten
///     PosteriorBenchmark speed NAME SEED one posterior's speed as a line of JSON
///     PosteriorBenchmark draws NAME PATH one posterior's draws as PATH.zarr and PATH_1.csv, ...
@main struct PosteriorBenchmark {
  static func main() throws {
    guard let data = ProcessInfo.processInfo.environment["SWIFTLET_DATA"] else {
      print("PosteriorBenchmark: set SWIFTLET_DATA to the folder that holds posteriordb")
      exit(66)
    }
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case (nil, _): try printTable(data)
    case ("speed", 3): try printSpeed(Array(arguments), data)
    case ("draws", 3): try writeDraws(Array(arguments), data)
    default:
      print("PosteriorBenchmark: arguments are none, or: speed NAME SEED, or: draws NAME PATH")
      exit(64)
    }
  }

  private static func printTable(_ data: String) throws {
    print(
      "| posterior | values | furthest mean (MCSE) | furthest sd (MCSE) | divergences | R-hat | "
        + "least bulk ESS | gradients per draw | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in ReferencePosterior.names {
      let result = try PosteriorComparison(
        ReferencePosterior(name, data: data), seed: 1, threads: 1)
      print(row(name, result))
    }
  }

  private static func row(_ name: String, _ result: PosteriorComparison) -> String {
    let draws = 4 * result.configuration.draws
    let cells = [
      name, "\(result.valueCount)",
      String(format: "%.2f", result.worstMean.deviation) + " (\(result.worstMean.name))",
      String(format: "%.2f", result.worstDeviation.deviation)
        + " (\(result.worstDeviation.name))",
      "\(result.divergences) of \(draws)", String(format: "%.4f", result.largestRHat),
      String(format: "%.0f", result.leastBulkESS),
      String(format: "%.1f", Double(result.gradients) / Double(draws)),
      String(format: "%.2f", result.seconds),
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private static func printSpeed(_ arguments: [String], _ data: String) throws {
    let posterior = ReferencePosterior(arguments[1], data: data)
    let result = try PosteriorComparison(
      posterior, seed: UInt64(arguments[2]) ?? 1, threads: 1)
    let place = try posterior.densityChecks()[posterior.name]?.first?.unconstrained ?? []
    let rate = try gradientsPerSecond(posterior.model(), at: place)
    let automatic = try posterior.declaredModel().map { try gradientsPerSecond($0, at: place) }
    print(
      "{\"seconds\": \(result.processorSeconds), \"ess\": \(result.leastBulkESS), "
        + "\"gradients\": \(result.gradients), \"gradients_per_second\": \(rate), "
        + "\"automatic_gradients_per_second\": \(automatic.map { "\($0)" } ?? "null")}")
  }

  private static func writeDraws(_ arguments: [String], _ data: String) throws {
    let posterior = ReferencePosterior(arguments[1], data: data)
    let draws = try sample(posterior.model(), posterior.configuration)
    try draws.writeCSV(to: arguments[2], model: posterior.name)
    try InferenceData(draws).write(to: arguments[2] + ".zarr")
    print(draws.summary().table)
    print(draws.diagnosis().verdict)
  }

  private static func sample(
    _ model: some BayesianModel, _ configuration: SamplerConfiguration
  ) throws -> Draws {
    try HamiltonianSampler(configuration: configuration).sample(model, seed: 1)
  }

  /// Evaluations per second of the processor, from half a second.
  private static func gradientsPerSecond(
    _ model: some BayesianModel, at position: [Double]
  ) throws -> Double {
    var model = model
    var place = position
    var gradient = position
    var count = 0
    let start = clock()
    while clock() - start < CLOCKS_PER_SEC / 2 {
      for _ in 0..<100 {
        place[0] = position[0] + 1e-9 * model.logDensity(at: place, gradient: &gradient)
      }
      count += 100
    }
    return Double(count) / (Double(clock() - start) / Double(CLOCKS_PER_SEC))
  }
}
