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
  /// All draws, and the approximation they are from where they are not the posterior's.
  public var fit: EpidemicFit
  /// All draws.
  public var draws: Draws { fit.draws }

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
    guard recipe.sampler.method == .nuts else {
      fit = problem.fit(of: try Self.approximation(paths, problem))
      return
    }
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
    fit = EpidemicFit(
      draws: Draws(
        variables: problem.model.variables, values: chains.map { $0.draws(width: width) },
        statistics: chains.map(\.statistics),
        adapted: chains.map { .init(stepSize: $0.state.stepSize, metric: $0.state.metric) },
        configuration: recipe.sampler.configuration))
  }

  /// The file of a chain, counted from 0.
  public static func chainPath(_ paths: RunPaths, _ chain: Int) -> String {
    "\(paths.folder)/chain-\(chain + 1).json"
  }

  /// The file of an approximation.
  public static func approximationPath(_ paths: RunPaths) -> String {
    "\(paths.folder)/approximation.json"
  }

  /// Saves a chain durably.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public static func save(_ checkpoint: ChainCheckpoint, _ paths: RunPaths, chain: Int) throws {
    try write(checkpoint, to: chainPath(paths, chain))
  }

  /// Saves an approximation durably.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public static func save(_ approximation: ApproximateFit, _ paths: RunPaths) throws {
    try write(approximation, to: approximationPath(paths))
  }

  private static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try writeDurably(try encoder.encode(value), to: path)
  }

  private static func read<Value: Decodable>(
    _ type: Value.Type, at path: String, _ complaint: String
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return try decoder.decode(type, from: readFile(at: path))
    } catch let failure as FileFailure {
      throw failure
    } catch {
      throw FileFailure(.malformed, path: path, reason: complaint)
    }
  }

  private static func approximation(
    _ paths: RunPaths, _ problem: EpidemicProblem
  ) throws -> ApproximateFit {
    let path = approximationPath(paths)
    let fit = try read(
      ApproximateFit.self, at: path, "is not a saved approximation; make the fit again")
    let width = problem.model.variables.valueCount
    guard !fit.values.isEmpty, fit.values.allSatisfy({ $0.count == width }) else {
      throw FileFailure(
        .malformed, path: path,
        reason: "has other variables than the recipe's model; were the data changed?")
    }
    return fit
  }

  /// Reads the chains saved so far.
  ///
  /// - Throws: `FileFailure` for a file that is there but damaged.
  public static func checkpoints(
    _ paths: RunPaths, chains: Int
  ) throws -> [Int: ChainCheckpoint] {
    var found: [Int: ChainCheckpoint] = [:]
    for chain in 0..<chains {
      let path = chainPath(paths, chain)
      guard FileManager.default.fileExists(atPath: path) else { continue }
      found[chain] = try read(
        ChainCheckpoint.self, at: path, "is not a saved chain; remove it to sample it again")
    }
    return found
  }
}
