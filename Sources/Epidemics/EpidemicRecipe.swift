import Foundation
import Runs
import Sampling

/// Every knob of a forecast, with the specification's values as defaults.
public struct EpidemicRecipe: Recipe {
  /// The command's name.
  public static let name = "forecast"

  /// Where data come from and how they are read.
  public struct Data: Codable, Sendable, Equatable {
    /// Daily or cumulative deaths, long or wide; absent for simulated places.
    public var deaths: String?
    /// Mobility by category; absent for none.
    public var mobility: String?
    /// Measures of the authorities, a row per place and day and a column per measure, 0 to 1, planned
    /// days included; absent for none.
    public var interventions: String?
    /// Population, and if stated fatality and group.
    public var population: String?
    /// Two columns that map names in the files to names to use.
    public var mapping: String?
    /// Places to use; empty for all.
    public var places: [String] = []
    /// The last day that may be looked at; absent for all.
    public var through: String?
    /// When the files were published, as far as known; recorded only.
    public var vintage: String?
    /// Whether numbers of deaths are daily or cumulative.
    public var deathsAre = DeathTable.Meaning.automatic
    /// The unit of mobility.
    public var mobilityUnit = MobilityTable.Unit.automatic
    /// How negative numbers are treated.
    public var negatives = Cleaning.Negatives.spread
    /// Days to leave out, as `place:2020-04-15`, or `*:2020-04-15` for all places.
    public var masked: [String] = []
    /// Cumulative deaths that fix the beginning.
    public var startDeaths = 10
    /// Days from the beginning to those deaths.
    public var leadDays = 30
    /// Whether the beginning moves back to a Monday.
    public var startsOnMonday = false
    /// Days at the end that are not compared, for reports that grow later.
    public var ignoresLastDays = 0
    /// How long deaths wait for their report, so that only a share of the last days' is known;
    /// absent where days are complete or are days of report.
    public var reportDelay: DiseaseCourse.Wait?
    /// Features of mobility.
    public var features = FeatureSettings()
  }

  /// How the posterior is found.
  public struct Sampler: Codable, Sendable, Equatable {
    /// By sampling, or by which approximation.
    public var method = InferenceMethod.nuts
    /// Where chains begin.
    public var start = ChainStart.priors
    /// Chains.
    public var chains = 4
    /// Iterations that adapt step size and metric.
    public var warmup = 1000
    /// Draws of each chain.
    public var draws = 1000
    /// The acceptance that the step size is tuned to.
    public var targetAcceptance = 0.9
    /// The metric estimated in warm-up.
    public var metric = MetricKind.diagonal
    /// Doublings of a trajectory at most.
    public var maximumTreeDepth = 10
    /// Whether coordinates are chosen by a normal approximation at the posterior's mode; pays only
    /// where the posterior is near a normal distribution, as without a latent factor.
    public var preconditions = false
    /// Deviation of the starting points around the middle of the priors, without such coordinates.
    public var startSpread = 0.1
    /// Iterations of a chain between two saves.
    public var checkpointInterval = 200

    /// The settings of each chain.
    public var configuration: SamplerConfiguration {
      SamplerConfiguration(
        warmup: warmup, draws: draws, targetAcceptance: targetAcceptance, metric: metric,
        trajectory: .noUTurn(maximumDepth: maximumTreeDepth))
    }
  }

  /// What is forecast.
  public struct Forecast: Codable, Sendable, Equatable {
    /// Days ahead.
    public var days = 28
    /// How mobility goes on.
    public var scenario = Scenario()
    /// How the latent factor goes on.
    public var latent = LatentContinuation.process
    /// Draws used, spread over all; absent for all.
    public var draws: Int?
  }

  /// How forecasts are judged.
  public struct Evaluation: Codable, Sendable, Equatable {
    /// Last days of data, one forecast from each.
    public var origins: [String] = []
    /// Weeks ahead.
    public var weeks = 4
    /// Deaths as known later; absent for the same file.
    public var truth: String?
    /// Deaths as published soon after an origin; other origins see the data's file.
    public var vintages: [Vintage] = []
    /// Variants of the model to fit.
    public var models: [ModelVariant] = [.full]
  }

  /// What was known at an origin.
  public struct Vintage: Codable, Sendable, Equatable {
    /// The last day of data.
    public var origin: String
    /// The file of deaths.
    public var deaths: String

    /// Creates a vintage.
    public init(origin: String, deaths: String) {
      self.origin = origin
      self.deaths = deaths
    }
  }

  /// Places made up by the program.
  public struct Simulation: Codable, Sendable, Equatable {
    /// How many.
    public var places = 3
    /// Days with data.
    public var days = 84
    /// Days of truth after them.
    public var futureDays = 28
    /// Whether infections and deaths are whole people who move at random.
    public var isStochastic = false
  }

  /// Where data come from.
  public var data = Data()
  /// The waits, and the fatality of places whose file states none.
  public var course = DiseaseCourse()
  /// What the model is made of.
  public var model = ModelSettings()
  /// The prior distributions.
  public var priors = Priors()
  /// How the posterior is sampled.
  public var sampler = Sampler()
  /// What is forecast.
  public var forecast = Forecast()
  /// How forecasts are judged.
  public var evaluation = Evaluation()
  /// Places made up where no file is named.
  public var simulation = Simulation()
  /// Seed of everything random.
  public var seed: UInt64 = 1

  /// The specification's recipe.
  public init() {}

  /// Refuses settings that make no sense.
  public func check() throws(InvalidSetting) {
    try require(sampler.chains >= 1, "sampler.chains", "must be at least 1, got \(sampler.chains)")
    try require(sampler.draws >= 4, "sampler.draws", "must be at least 4, got \(sampler.draws)")
    try require(sampler.warmup >= 0, "sampler.warmup", "cannot be negative, got \(sampler.warmup)")
    try require(
      sampler.targetAcceptance > 0 && sampler.targetAcceptance < 1, "sampler.targetAcceptance",
      "must lie between 0 and 1, got \(sampler.targetAcceptance)")
    try require(
      sampler.checkpointInterval >= 1, "sampler.checkpointInterval",
      "must be at least 1, got \(sampler.checkpointInterval)")
    try require(
      (1...4).contains(model.stepsPerDay), "model.stepsPerDay",
      "must be 1 to 4, got \(model.stepsPerDay)")
    try require(
      forecast.days >= 1, "forecast.days", "must be at least 1, got \(forecast.days)")
    try require(
      evaluation.weeks >= 1, "evaluation.weeks", "must be at least 1, got \(evaluation.weeks)")
    try require(
      data.features.smoothingDays >= 1, "data.features.smoothingDays",
      "must be at least 1, got \(data.features.smoothingDays)")
    try require(
      simulation.places >= 1 && simulation.days >= 14, "simulation",
      "needs at least 1 place and 14 days")
    try require(
      priors.correlation > 0, "priors.correlation", "must be positive, got \(priors.correlation)")
    try require(
      priors.outlierShare > 0 && priors.outlierShare < 1, "priors.outlierShare",
      "must lie between 0 and 1, got \(priors.outlierShare)")
    try require(
      priors.outlierConcentration > 0, "priors.outlierConcentration",
      "must be positive, got \(priors.outlierConcentration)")
    try require(
      !model.correlatesMobility || model.centersAboveDeaths == nil, "model.correlatesMobility",
      "cannot be combined with model.centersAboveDeaths; leave one out")
    try require(
      model.dynamics == .compartments || !model.infersWaits, "model.infersWaits",
      "is not possible with model.dynamics renewal, whose waits are fixed")
    try require(
      data.reportDelay == nil || course.reporting == nil, "data.reportDelay",
      "is for days of death, course.reporting for days of report; leave one out")
    try checkCourse()
    try checkDates()
  }

  private func checkCourse() throws(InvalidSetting) {
    let waits = [
      ("exposed", course.exposed), ("infectious", course.infectious), ("dying", course.dying),
      ("recovering", course.recovering),
    ]
    let delays = [
      ("course.reporting", course.reporting), ("data.reportDelay", data.reportDelay),
    ].compactMap { name, wait in wait.map { (name, $0) } }
    for (name, wait) in waits.map({ ("course.\($0.0)", $0.1) }) + delays {
      try require(
        wait.stages >= 1 && wait.mean > 0 && wait.mean.isFinite, name,
        "needs a positive mean and at least one stage, got \(wait.mean) days in \(wait.stages)")
    }
    try require(
      course.fatality > 0 && course.fatality < 1, "course.fatality",
      "must be a probability, got \(course.fatality)")
    try require(
      course.isStable(stepsPerDay: model.stepsPerDay), "model.stepsPerDay",
      "is too small for the fastest stage (\(course.largestRate) per day); raise it to "
        + "\(Int((course.largestRate / 2.5).rounded(.up))) or lower the number of stages")
  }

  private func checkDates() throws(InvalidSetting) {
    let dates =
      evaluation.origins.map { ("evaluation.origins", $0) }
      + evaluation.vintages.map { ("evaluation.vintages", $0.origin) }
      + (data.through.map { [("data.through", $0)] } ?? [])
    for (key, text) in dates {
      try require(Day(text) != nil, key, "must be dates such as 2020-04-05, got \"\(text)\"")
    }
    for text in data.masked {
      let parts = text.split(separator: ":")
      try require(
        parts.count == 2 && Day(parts[1]) != nil, "data.masked",
        "must be written place:2020-04-15, got \"\(text)\"")
    }
  }

  private func require(
    _ condition: Bool, _ key: String, _ reason: @autoclosure () -> String
  ) throws(InvalidSetting) {
    if !condition { throw InvalidSetting(key, reason()) }
  }
}
