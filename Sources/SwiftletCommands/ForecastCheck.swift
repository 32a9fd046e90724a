import ArgumentParser
import Epidemics
import Foundation
import Reports
import Runs

/// Says what the readers understood.
struct ForecastCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read the data and say what was understood, place by place.")

  @OptionGroup var options: ForecastRecipeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let problem = try EpidemicProblem(options.resolved())
      let result = Result(problem)
      console.result(result, text: result.text)
    }
  }

  private struct Place: Encodable {
    var name: String
    var population: Double
    var fatality: Double
    var start: String
    var end: String
    var days: Int
    var deaths: Int
    var comparedDays: Int
    var negativeDays: [String]
    var maskedDays: [String]
    var missingDays: Int
    var mobilityEnd: String?
  }

  private struct Result: Encodable {
    var deathsFile: String
    var layout: String
    var meaning: String
    var mobilityFile: String?
    var mobilityUnit: String?
    var features: [String]
    var interventionsFile: String?
    var interventions: [String]
    var places: [Place]
    var unusedMobilityPlaces: [String]
    var parameters: Int

    init(_ problem: EpidemicProblem) {
      let data = problem.data
      deathsFile = data.deaths.path
      layout =
        data.deaths.form.isWide
        ? "wide, one column per day" : "long, column \(data.deaths.form.column)"
      meaning = data.deaths.form.isCumulative ? "cumulative, differenced" : "daily"
      mobilityFile = data.mobility?.path
      mobilityUnit = data.mobility.map { $0.isPercent ? "percent" : "fractions" }
      features = problem.featureNames
      interventionsFile = data.interventions?.path
      interventions = data.interventions?.columns ?? []
      parameters = problem.model.dimension
      unusedMobilityPlaces = (data.mobility?.series.keys.sorted() ?? []).filter {
        data.deaths.series[$0] == nil
      }
      places = problem.model.places.map { series in
        let cleaning = problem.cleaning[series.name] ?? Cleaning()
        return Place(
          name: series.name, population: series.population, fatality: series.fatality,
          start: series.start.text, end: (series.start + (series.days - 1)).text,
          days: series.days, deaths: series.cumulativeDeaths,
          comparedDays: series.deaths.count { $0 != nil }, negativeDays: cleaning.negativeDays,
          maskedDays: cleaning.maskedDays, missingDays: cleaning.missingDays,
          mobilityEnd: data.mobility?.series[series.name]?.end.text)
      }
    }

    var text: String {
      var table = Table(
        columns: [
          .init("place"), .init("population", .trailing), .init("from"), .init("to"),
          .init("deaths", .trailing), .init("compared days", .trailing),
          .init("missing", .trailing), .init("negative"), .init("mobility to"),
        ])
      for place in places {
        table.append([
          .init(place.name), .init(place.population, decimals: 0), .init(place.start),
          .init(place.end), .init(place.deaths), .init(place.comparedDays),
          .init(place.missingDays), .init(place.negativeDays.joined(separator: " ")),
          .init(place.mobilityEnd ?? "none"),
        ])
      }
      var lines = ["deaths: \(deathsFile) (\(layout); \(meaning))"]
      if let mobilityFile, let mobilityUnit {
        let names = features.joined(separator: ", ")
        lines.append("mobility: \(mobilityFile) (\(mobilityUnit); \(names))")
      }
      if let interventionsFile {
        lines.append(
          "interventions: \(interventionsFile) (\(interventions.joined(separator: ", ")))")
      }
      if !unusedMobilityPlaces.isEmpty {
        lines.append("mobility without deaths: \(unusedMobilityPlaces.joined(separator: ", "))")
      }
      lines.append("the model has \(parameters) parameters")
      return lines.joined(separator: "\n") + "\n" + table.text(.terminal)
    }
  }
}
