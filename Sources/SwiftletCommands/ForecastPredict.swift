import ArgumentParser
import Epidemics
import Files
import Foundation
import Reports
import Runs
import Sampling

/// Writes forecasts.
struct ForecastPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Forecast weekly deaths from a fit, or from the prior, under a mobility scenario.",
    discussion: """
      Scenarios: hold keeps the last seven days' mobility, return goes back to the baseline over \
      forecast.scenario.weeks, repeat repeats the last week, file takes forecast.scenario.path, \
      oracle what truly came, autoregressive moves at random. With --against, both scenarios share \
      all chance and their difference is shown draw by draw.
      """)

  @OptionGroup var options: ForecastRunOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "How mobility goes on.")
  var scenario: Scenario.Kind?

  @Option(help: "A second scenario to subtract.")
  var against: Scenario.Kind?

  @Option(help: "Weeks ahead.")
  var weeks: Int?

  @Flag(help: "Draw from the prior instead of the posterior.")
  var prior = false

  @Option(help: "A file for the forecast hubs' quantile table.")
  var hub: String?

  mutating func validate() throws {
    if let weeks, weeks < 1 { throw ValidationError("--weeks must be at least 1, got \(weeks)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let run = try options.open()
      let problem = run.problem
      let values = prior ? problem.priorDraws(1000) : run.draws.values.flatMap { $0 }
      let weeks = weeks ?? max(1, problem.recipe.forecast.days / 7)
      var chosen = problem.recipe.forecast.scenario
      if let scenario { chosen.kind = scenario }
      let predictions = try problem.predictions(values, scenario: chosen, days: 7 * weeks)
      if let hub { try writeDurably(HubFile.text(predictions, weeks: weeks), to: hub) }
      let verdict = run.fit.verdict
      if !prior, !verdict.isTrustworthy { console.note("warning: \(verdict.text)") }
      var differences: [PlacePrediction]?
      if let against {
        var other = chosen
        other.kind = against
        differences = try problem.predictions(values, scenario: other, days: 7 * weeks)
      }
      let result = Result(
        predictions, minus: differences, weeks: weeks, scenario: chosen.kind, against: against,
        isTrustworthy: prior || verdict.isTrustworthy)
      console.result(result, text: result.text)
    }
  }

  private struct Week: Encodable {
    var place: String
    var week: Int
    var end: String
    /// Quantiles at 2.5, 25, 50, 75 and 97.5 %.
    var deaths: [Double]
    var cumulativeDeaths: [Double]
    var reproduction: [Double]
    /// New infections of the week.
    var infections: [Double]
    /// People isolated at the week's end.
    var isolated: [Double]
    var difference: [Double]?
  }

  private struct Result: Encodable {
    var scenario: Scenario.Kind
    var against: Scenario.Kind?
    var isTrustworthy: Bool
    var note: String
    var weeks: [Week]
    var peaks: [PeakSummary]

    init(
      _ predictions: [PlacePrediction], minus other: [PlacePrediction]?, weeks count: Int,
      scenario: Scenario.Kind, against: Scenario.Kind?, isTrustworthy: Bool
    ) {
      self.scenario = scenario
      self.against = against
      self.isTrustworthy = isTrustworthy
      note = MobilityEffect.caution
      peaks = predictions.map { PeakSummary($0) }
      func summary(_ values: [Double]) -> [Double] {
        let sorted = values.sorted()
        return [0.025, 0.25, 0.5, 0.75, 0.975].map { quantile(ofSorted: sorted, $0) }
      }
      weeks = predictions.enumerated().flatMap { index, prediction in
        (1...count).map { week in
          let deaths = prediction.weeklyDeaths(week)
          let difference = other.map { other in
            summary(zip(deaths, other[index].weeklyDeaths(week)).map(-))
          }
          let day = prediction.observedDays + 7 * week - 1
          return Week(
            place: prediction.name, week: week,
            end: (prediction.firstForecastDay + (7 * week - 1)).text, deaths: summary(deaths),
            cumulativeDeaths: summary(prediction.cumulativeDeaths(afterDays: 7 * week)),
            reproduction: summary(prediction.reproduction.map { $0[day] }),
            infections: summary(prediction.infections.map { $0[(day - 6)...day].reduce(0, +) }),
            isolated: summary(prediction.isolated.map { $0[day] }),
            difference: difference)
        }
      }
    }

    var text: String {
      var table = Table(
        columns: [
          .init("place"), .init("week to"), .init("deaths", .trailing), .init("50 %", .trailing),
          .init("95 %", .trailing), .init("R", .trailing),
        ] + (against == nil ? [] : [.init("difference (95 %)", .trailing)]))
      func number(_ value: Double) -> String { String(format: "%.0f", value) }
      for week in weeks {
        var row: [Table.Cell] = [
          .init(week.place), .init(week.end), .init(number(week.deaths[2])),
          .init("\(number(week.deaths[1])) to \(number(week.deaths[3]))"),
          .init("\(number(week.deaths[0])) to \(number(week.deaths[4]))"),
          .init(String(format: "%.2f", week.reproduction[2])),
        ]
        if let difference = week.difference {
          row.append(
            .init(
              "\(number(difference[2])) (\(number(difference[0])) to \(number(difference[4])))"))
        }
        table.append(row)
      }
      let peaks = self.peaks.map(\.text).joined(separator: "\n")
      let caution = against != nil || scenario == .return || scenario == .file
      return table.text(.terminal) + peaks + "\n"
        + (caution ? note : "scenario: \(scenario.rawValue)")
    }
  }
}

extension Scenario.Kind: ExpressibleByArgument {}
