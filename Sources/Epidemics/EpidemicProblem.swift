import Foundation
import Randomness
import Sampling

/// A recipe with its data read and its model built: what every command begins with.
public struct EpidemicProblem: Sendable {
  /// The recipe; its last day is filled in.
  public var recipe: EpidemicRecipe
  /// What was read or made up.
  public var data: EpidemicData
  /// The density to sample.
  public var model: EpidemicModel
  /// What was changed in each place's series.
  public var cleaning: [String: Cleaning]
  /// Names of the features, in the order of the weights.
  public var featureNames: [String]
  /// What each feature was divided by.
  public var featureScales: [Double]

  /// Reads the recipe's files, or makes up places where it names none, and builds the model.
  ///
  /// - Throws: `FileFailure` as for ``EpidemicData``.
  public init(_ recipe: EpidemicRecipe) throws {
    var recipe = recipe
    let data: EpidemicData
    if recipe.data.deaths == nil {
      let simulated = SimulatedPlaces(recipe)
      if recipe.data.through == nil { recipe.data.through = simulated.through.text }
      data = simulated.data
    } else {
      data = try EpidemicData(reading: recipe.data)
    }
    try self.init(recipe, data: data)
  }

  /// Builds the model of data read before, as seen through the recipe's last day.
  ///
  /// - Throws: `FileFailure` as for ``EpidemicData/series(_:)``.
  public init(_ recipe: EpidemicRecipe, data: EpidemicData) throws {
    var recipe = recipe
    let end = try data.lastDay(recipe.data)
    recipe.data.through = end.text
    let (series, cleaning) = try data.series(recipe)
    let builder = try data.featureBuilder(recipe, through: end)
    self.recipe = recipe
    self.data = data
    self.cleaning = cleaning
    featureNames = builder?.names ?? []
    featureScales = builder?.scales ?? []
    model = EpidemicModel(
      places: series, course: recipe.course, settings: recipe.model, priors: recipe.priors,
      featureSigns: builder?.signs ?? [])
  }

  /// The sampler of the recipe.
  public var sampler: HamiltonianSampler {
    var sampler = HamiltonianSampler(configuration: recipe.sampler.configuration)
    sampler.reportInterval = 10
    sampler.checkpointInterval = recipe.sampler.checkpointInterval
    return sampler
  }

  /// The model in the coordinates in which it is sampled, with where chains begin: never uniformly,
  /// because a uniform start lets the epidemic die out or explode.
  ///
  /// Finding the mode takes as long as some hundred draws; the same recipe and data always give the
  /// same coordinates, so that a resumed fit goes on in them.
  public func sampledModel() -> PreconditionedModel {
    PreconditionedModel(
      model, isWanted: recipe.sampler.preconditions, spread: recipe.sampler.startSpread)
  }

  /// Samples the posterior with the recipe's chains, without a run folder.
  ///
  /// - Throws: `SamplingError`.
  public func sample(threads: Int? = nil) throws -> Draws {
    let target = sampledModel()
    return try sampler.sample(
      target, chains: recipe.sampler.chains, seed: recipe.seed,
      starts: try starts(of: target, threads: threads), threads: threads)
  }

  /// Draws from the prior, in the order of the model's variables.
  public func priorDraws(_ count: Int) -> [[Double]] {
    var random = RandomSource(seed: recipe.seed ^ 0x5072_696F_72)
    var probe = model
    var gradient = [Double](repeating: 0, count: model.dimension)
    return (0..<count).map { _ in
      // Positions without density (an exploding contact rate, a seed of half the population) are
      // drawn again: they are what the prior excludes.
      for _ in 0..<1000 {
        let position = model.priorDraw(using: &random)
        if probe.logDensity(at: position, gradient: &gradient).isFinite {
          return model.constrained(position)
        }
      }
      return model.constrained(model.priorCenter())
    }
  }

  /// Predicts all places from draws.
  ///
  /// - Parameters:
  ///   - values: Draws in the order of the model's variables, of the posterior or the prior.
  ///   - scenario: How mobility goes on; the recipe's if absent.
  ///   - days: Days ahead; the recipe's if absent.
  /// - Returns: One prediction per place.
  /// - Throws: `FileFailure` for a scenario's file.
  public func predictions(
    _ values: [[Double]], scenario: Scenario? = nil, days: Int? = nil
  ) throws -> [PlacePrediction] {
    let days = days ?? recipe.forecast.days
    let futures = try data.futures(scenario ?? recipe.forecast.scenario, recipe, days: days)
    return Predictor(model, values: thinned(values), seed: recipe.seed)
      .predict(days: days, futures: futures, latent: recipe.forecast.latent)
  }

  private func thinned(_ values: [[Double]]) -> [[Double]] {
    guard let count = recipe.forecast.draws, count < values.count, count > 0 else { return values }
    return (0..<count).map { values[$0 * values.count / count] }
  }
}
