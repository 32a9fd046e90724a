import ArgumentParser
import Epidemics
import Foundation
import Runs

/// Epidemic forecasting on the command line.
struct ForecastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast",
    abstract: "Bayesian SEIR forecasts of deaths from deaths and mobility.",
    discussion: """
      check says what it understands of your files; simulate makes up files to try with; fit samples \
      the posterior; predict writes forecasts under mobility scenarios; score compares forecasts \
      with what came, beside simple baselines; plot and report show a fit.
      """,
    subcommands: [
      ForecastCheck.self, ForecastSimulate.self, ForecastFit.self, ForecastPredict.self,
      ForecastScore.self, ForecastPlot.self, ForecastReport.self,
    ])
}

/// What every forecast command that begins with data takes.
struct ForecastRecipeOptions: ParsableArguments {
  @Option(help: "A YAML file of settings; what it leaves out has the published values.")
  var recipe: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override one setting, as in --set model.latent=none.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "A folder that holds deaths.csv, mobility.csv and population.csv.")
  var data: String?

  @Option(help: "Seed of everything random; the same seed gives the same run.")
  var seed: UInt64?

  /// The recipe with the command line's changes.
  func resolved(default path: String? = nil) throws -> EpidemicRecipe {
    var recipe = try RecipeReader.load(
      EpidemicRecipe.self, path: self.recipe ?? path, overrides: overrides)
    if let seed { recipe.seed = seed }
    if let data {
      recipe.data.deaths = "\(data)/deaths.csv"
      recipe.data.population = "\(data)/population.csv"
      let mobility = "\(data)/mobility.csv"
      recipe.data.mobility = FileManager.default.fileExists(atPath: mobility) ? mobility : nil
    }
    return recipe
  }
}

/// Which fit a command is about.
struct ForecastRunOptions: ParsableArguments {
  @Option(name: .customLong("run"), help: "Folder of the fit.")
  var folder: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override one setting of the forecast, as in --set forecast.days=56.",
      valueName: "key=value"))
  var overrides: [String] = []

  /// Opens the fit; only settings that do not change the posterior may be overridden.
  func open() throws -> EpidemicRun {
    for override in overrides where !override.hasPrefix("forecast.") {
      throw UsageError(
        "--set \(override): the fit is made; only settings of forecast can still be changed")
    }
    return try EpidemicRun(folder: folder, overrides: overrides)
  }
}
