import Foundation
import ReferencePosteriors
import Sampling

/// Samples the ten reference posteriors and prints how far means and standard deviations are from
/// the reference results, and how fast it went.
@main struct PosteriorBenchmark {
  static func main() throws {
    guard let data = ProcessInfo.processInfo.environment["SWIFTLET_DATA"] else {
      print("PosteriorBenchmark: set SWIFTLET_DATA to the folder that holds posteriordb")
      exit(66)
    }
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
}
