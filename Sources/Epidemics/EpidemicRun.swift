import Files
import Foundation
import Runs
import Sampling

/// The folder of a fit: recipe, chains with their draws, report.
public struct EpidemicRun: Sendable {
  /// The folder.
  public var paths: RunPaths
  /// Recipe, data and model.
  public var problem: EpidemicProblem
  /// All draws.
  public var draws: Draws

  /// Opens a finished fit.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - overrides: Settings of forecasts to change, as `key=value`.
  /// - Throws: `RecipeError` or `FileFailure`; also for a fit that was not finished.
  public init(folder: String, overrides: [String] = []) throws {
    paths = RunPaths(folder)
    let recipe = try RecipeReader.load(
      EpidemicRecipe.self, path: paths.recipe, overrides: overrides)
    problem = try EpidemicProblem(recipe)
    let saved = try Self.checkpoints(paths, chains: recipe.sampler.chains)
    for chain in 0..<recipe.sampler.chains {
      guard let checkpoint = saved[chain], checkpoint.state.isFinished else {
        throw FileFailure(
          .missing, path: Self.chainPath(paths, chain),
          reason: "the chain is not finished; go on with forecast fit --resume")
      }
    }
    let width = problem.model.variables.valueCount
    let chains = (0..<recipe.sampler.chains).compactMap { saved[$0] }
    guard chains.allSatisfy({ $0.values.count == $0.statistics.count * width }) else {
      throw FileFailure(
        .malformed, path: folder,
        reason: "the chains have other variables than the recipe's model; were the data changed?")
    }
    draws = Draws(
      variables: problem.model.variables, values: chains.map { $0.draws(width: width) },
      statistics: chains.map(\.statistics),
      adapted: chains.map { .init(stepSize: $0.state.stepSize, metric: $0.state.metric) },
      configuration: recipe.sampler.configuration)
  }

  /// The file of a chain, counted from 0.
  public static func chainPath(_ paths: RunPaths, _ chain: Int) -> String {
    "\(paths.folder)/chain-\(chain + 1).json"
  }

  /// Saves a chain durably.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public static func save(_ checkpoint: ChainCheckpoint, _ paths: RunPaths, chain: Int) throws {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try writeDurably(try encoder.encode(checkpoint), to: chainPath(paths, chain))
  }

  /// Reads the chains saved so far.
  ///
  /// - Throws: `FileFailure` for a file that is there but damaged.
  public static func checkpoints(
    _ paths: RunPaths, chains: Int
  ) throws -> [Int: ChainCheckpoint] {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var found: [Int: ChainCheckpoint] = [:]
    for chain in 0..<chains {
      let path = chainPath(paths, chain)
      guard FileManager.default.fileExists(atPath: path) else { continue }
      do {
        found[chain] = try decoder.decode(ChainCheckpoint.self, from: readFile(at: path))
      } catch let failure as FileFailure {
        throw failure
      } catch {
        throw FileFailure(
          .malformed, path: path, reason: "is not a saved chain; remove it to sample it again")
      }
    }
    return found
  }
}

/// What mobility did to the contact rate, in words a reader can judge.
public struct MobilityEffect: Sendable, Equatable, Codable {
  /// The sentence that goes with every effect.
  public static let caution =
    "These are associations, not causes: people who move less also do other things, the categories "
    + "move together, and published studies disagree on which matters most. Suggestive at best."

  /// The place.
  public var place: String
  /// The feature, or `all` for their sum.
  public var feature: String
  /// Mobility of the last seven days, as a fraction.
  public var mobility: Double
  /// Median, 5 % and 95 % quantile of the weight; of the sum of effects for `all`.
  public var weight: [Double]
  /// The same of the relative change of the contact rate that goes with this mobility.
  public var change: [Double]
}

extension EpidemicRun {
  /// The effect of each feature, and of all together, by place.
  public func mobilityEffects() -> [MobilityEffect] {
    let parameters = draws.values.flatMap { $0 }.map { problem.model.parameters(ofValues: $0) }
    return problem.model.places.enumerated().flatMap { place, series -> [MobilityEffect] in
      let week = series.features.suffix(7)
      let width = problem.featureNames.count
      guard width > 0, !week.isEmpty else { return [] }
      let mobility = (0..<width).map { column in
        week.reduce(0) { $0 + $1[column] } / Double(week.count)
      }
      func summary(_ values: [Double]) -> [Double] {
        let sorted = values.sorted()
        return [0.5, 0.05, 0.95].map { quantile(ofSorted: sorted, $0) }
      }
      let each = (0..<width).map { feature in
        let weights = parameters.map { $0.weights[place][feature] }
        return MobilityEffect(
          place: series.name, feature: problem.featureNames[feature],
          mobility: mobility[feature], weight: summary(weights),
          change: summary(weights.map { exp($0 * mobility[feature]) - 1 }))
      }
      guard width > 1 else { return each }
      let sums = parameters.map { draw in
        zip(draw.weights[place], mobility).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return each + [
        MobilityEffect(
          place: series.name, feature: "all", mobility: .nan, weight: summary(sums),
          change: summary(sums.map { exp($0) - 1 }))
      ]
    }
  }
}
