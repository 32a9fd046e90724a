import Foundation
import Sampling

/// Draws from a posterior beside its reference results.
public struct PosteriorComparison: Sendable {
  /// How far a mean or standard deviation is from the reference.
  public struct Deviation: Sendable, CustomStringConvertible {
    /// The value concerned.
    public var name: String
    /// Ours.
    public var value: Double
    /// The reference.
    public var reference: Double
    /// The difference in units of the combined Monte Carlo standard error.
    public var deviation: Double

    /// One line.
    public var description: String { "\(name): \(value), reference \(reference), \(deviation)" }
  }

  /// The mean furthest from its reference.
  public var worstMean: Deviation
  /// The standard deviation furthest from its reference.
  public var worstDeviation: Deviation
  /// The number of values compared.
  public var valueCount: Int
  /// The divergent draws.
  public var divergences: Int
  /// The largest R-hat.
  public var largestRHat: Double
  /// The smallest bulk effective sample size.
  public var leastBulkESS: Double
  /// The gradients of all chains, draws only.
  public var gradients: Int
  /// The seconds of warm-up and draws.
  public var seconds: Double
  /// The processor's seconds in all threads, which other programs do not lengthen.
  public var processorSeconds: Double
  /// The settings.
  public var configuration: SamplerConfiguration

  /// Samples a posterior with four chains and compares.
  public init(
    _ posterior: ReferencePosterior, seed: UInt64, threads: Int? = nil,
    configuration: SamplerConfiguration? = nil
  ) throws {
    let settings = configuration ?? posterior.configuration
    let start = ContinuousClock.now
    let used = clock()
    let draws = try Self.sample(try posterior.model(), settings, seed, threads)
    processorSeconds = Double(clock() - used) / Double(CLOCKS_PER_SEC)
    let elapsed = ContinuousClock.now - start
    seconds = elapsed / .seconds(1)
    let references = try posterior.references()
    let summaries = draws.summary().filter { references[$0.name] != nil }
    precondition(
      summaries.count == references.count, "\(posterior): some reference values are not drawn")
    let means = summaries.compactMap { row in
      references[row.name].map {
        Self.deviation(row.name, row.mean, $0.mean, row.meanError, $0.mcse_mean)
      }
    }
    let deviations = summaries.compactMap { row in
      references[row.name].map {
        Self.deviation(
          row.name, row.standardDeviation, $0.sd, row.standardDeviationError, $0.mcse_sd)
      }
    }
    worstMean = means.max { $0.deviation < $1.deviation } ?? means[0]
    worstDeviation = deviations.max { $0.deviation < $1.deviation } ?? deviations[0]
    valueCount = summaries.count
    divergences = draws.divergences
    largestRHat = summaries.map(\.rHat).max() ?? .nan
    leastBulkESS = summaries.map(\.bulkESS).min() ?? .nan
    gradients = draws.statistics.flatMap { $0 }.reduce(0) { $0 + $1.leapfrogs }
    self.configuration = settings
  }

  private static func sample(
    _ model: some BayesianModel, _ settings: SamplerConfiguration, _ seed: UInt64, _ threads: Int?
  ) throws -> Draws {
    try HamiltonianSampler(configuration: settings).sample(model, seed: seed, threads: threads)
  }

  private static func deviation(
    _ name: String, _ value: Double, _ reference: Double, _ error: Double, _ referenceError: Double
  ) -> Deviation {
    Deviation(
      name: name, value: value, reference: reference,
      deviation: abs(value - reference)
        / (error * error + referenceError * referenceError).squareRoot())
  }
}

extension ReferencePosterior {
  /// Stan's defaults, but a higher acceptance where the posterior has a narrow neck.
  public var configuration: SamplerConfiguration {
    switch name {
    case "eight_schools-eight_schools_noncentered", "garch-garch11":
      SamplerConfiguration(targetAcceptance: 0.95)
    default: SamplerConfiguration(targetAcceptance: 0.9)
    }
  }
}
