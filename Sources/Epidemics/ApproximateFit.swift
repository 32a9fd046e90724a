import Foundation
import Randomness
import Sampling

/// A stand-in for the posterior that takes seconds, and what says how far it can be trusted.
public struct ApproximateFit: Codable, Sendable, Equatable {
  /// The approximation.
  public var method: InferenceMethod
  /// Draws in the order of the model's variables, each equally likely.
  public var values: [[Double]]
  /// The shape k-hat of the importance weights; above 0.7 the approximation is not to be trusted.
  public var shape: Double
  /// Whether the draws were resampled by these weights; they are not where k-hat is above 0.7 and few
  /// draws would carry all of the weight.
  public var isResampled: Bool
  /// Whether the optimization settled.
  public var hasConverged: Bool

  /// Creates a fit from its parts.
  public init(
    method: InferenceMethod, values: [[Double]], shape: Double, isResampled: Bool,
    hasConverged: Bool
  ) {
    self.method = method
    self.values = values
    self.shape = shape
    self.isResampled = isResampled
    self.hasConverged = hasConverged
  }

  /// Approximates the posterior of a problem as its recipe says.
  ///
  /// - Parameters:
  ///   - problem: Recipe, data and model; the recipe's method is not `nuts`.
  ///   - threads: How many paths run at the same time.
  /// - Throws: `SamplingError` where no path leads to a mode.
  public init(_ problem: EpidemicProblem, threads: Int? = nil) throws {
    let sampler = problem.recipe.sampler
    let count = sampler.chains * sampler.draws
    // k-hat needs many weights, however few draws are kept.
    let weighted = max(count, 2000)
    let target = problem.sampledModel()
    var random = RandomSource(seed: problem.recipe.seed ^ 0x4170_7072_6F78)
    let draws: ApproximateDraws
    hasConverged = true
    switch sampler.method {
    case .nuts: preconditionFailure("the no-U-turn sampler is not an approximation")
    case .meanField, .fullRank:
      let inference = VariationalInference(sampler.method == .meanField ? .meanField : .fullRank)
      let fit = try inference.fit(target, from: target.start, using: &random)
      hasConverged = fit.hasConverged
      draws = inference.draws(from: fit, of: target, count: weighted, using: &random)
    case .pathfinder:
      var pathfinder = Pathfinder()
      pathfinder.drawsPerPath = max(weighted / sampler.chains, 500)
      draws = try pathfinder.run(
        target, paths: sampler.chains, kept: weighted, start: target.start, seed: random.next(),
        threads: threads)
    case .laplace:
      var probe = target
      let mode = try LaplaceApproximation(
        target, from: target.start.position(in: &probe, using: &random))
      draws = ApproximateDraws(
        from: mode.gaussian, of: target, count: weighted, using: &random)
    }
    method = sampler.method
    shape = draws.weights.shape
    isResampled = draws.weights.isTrustworthy
    let possible = zip(draws.candidates, draws.logDensities).filter { $0.1.isFinite }.map(\.0)
    let chosen = isResampled || possible.isEmpty ? draws.positions : possible
    values = (0..<count).map { target.constrained(chosen[$0 * chosen.count / count]) }
  }

  /// The draws as one chain, for what reads draws.
  func draws(of model: EpidemicModel, _ configuration: SamplerConfiguration) -> Draws {
    let nothing = DrawStatistics(
      logDensity: .nan, acceptance: 1, stepSize: 0, treeDepth: 0, leapfrogs: 0, isDivergent: false,
      energy: .nan)
    return Draws(
      variables: model.variables, values: [values],
      statistics: [Array(repeating: nothing, count: values.count)],
      adapted: [.init(stepSize: 0, metric: Metric(.unit, dimension: model.dimension))],
      configuration: configuration)
  }
}

/// Whether a fit may be used, and in words why not.
public struct FitVerdict: Codable, Sendable, Equatable {
  /// Whether nothing speaks against it.
  public var isTrustworthy: Bool
  /// The verdict in words.
  public var text: String

  /// Judges draws of chains.
  public init(_ diagnosis: Diagnosis) {
    isTrustworthy = diagnosis.isTrustworthy
    text = diagnosis.verdict
  }

  /// Judges an approximation; it never passes for draws of the posterior.
  public init(_ fit: ApproximateFit) {
    let name =
      switch fit.method {
      case .nuts: "the posterior"
      case .meanField: "a normal approximation with independent coordinates"
      case .fullRank: "a normal approximation with a full covariance"
      case .pathfinder: "normal approximations along an optimizer's paths"
      case .laplace: "the normal approximation at the mode"
      }
    let shape = fit.shape.isFinite ? String(format: "%.2f", fit.shape) : "infinite"
    var sentences = ["These are draws of \(name), not of the posterior."]
    if !fit.hasConverged {
      sentences.append("The optimization had not settled when its steps ran out.")
    }
    if fit.shape <= 0.7 {
      sentences.append(
        "Importance weights bring them near it: k-hat is \(shape), and up to 0.7 is usable.")
    } else {
      sentences.append(
        "k-hat is \(shape), above 0.7: weights cannot correct them, so centers are rough and "
          + "intervals may be wrong. Use them to look at data or to start chains, and sample with "
          + "--method nuts before anybody relies on a forecast.")
    }
    if fit.method == .meanField {
      sentences.append(
        "Independent coordinates understate spreads, most of all those of the latent scale and "
          + "between places.")
    }
    isTrustworthy = fit.hasConverged && fit.shape <= 0.7
    text = sentences.joined(separator: " ")
  }
}

/// What a recipe's method found.
public struct EpidemicFit: Sendable {
  /// The draws; one chain for an approximation.
  public var draws: Draws
  /// The approximation they are from; `nil` for those of chains.
  public var approximation: ApproximateFit?

  /// Creates a fit of draws.
  public init(draws: Draws, approximation: ApproximateFit? = nil) {
    self.draws = draws
    self.approximation = approximation
  }

  /// Whether the fit may be used.
  public var verdict: FitVerdict {
    approximation.map { FitVerdict($0) } ?? FitVerdict(draws.diagnosis())
  }
}

extension EpidemicProblem {
  /// Finds the posterior as the recipe says, without a run folder.
  ///
  /// - Throws: `SamplingError`.
  public func fit(threads: Int? = nil) throws -> EpidemicFit {
    guard recipe.sampler.method != .nuts else {
      return EpidemicFit(draws: try sample(threads: threads))
    }
    return fit(of: try ApproximateFit(self, threads: threads))
  }

  /// An approximation with its draws.
  public func fit(of approximation: ApproximateFit) -> EpidemicFit {
    EpidemicFit(
      draws: approximation.draws(of: model, recipe.sampler.configuration),
      approximation: approximation)
  }

  /// Where the recipe's chains begin, in the coordinates of ``sampledModel()``.
  ///
  /// - Throws: `SamplingError` where Pathfinder is asked for and no path leads anywhere.
  public func starts(of target: PreconditionedModel, threads: Int? = nil) throws
    -> [StartingPoint]
  {
    guard recipe.sampler.start == .pathfinder else { return [target.start] }
    let chains = recipe.sampler.chains
    let found = try Pathfinder().run(
      target, paths: chains, kept: chains, start: target.start,
      seed: recipe.seed ^ 0x5061_7468, threads: threads)
    let possible = zip(found.candidates, found.logDensities).filter { $0.1.isFinite }.map(\.0)
    guard !possible.isEmpty else { return [target.start] }
    return (0..<chains).map { .position(possible[$0 * possible.count / chains]) }
  }
}
