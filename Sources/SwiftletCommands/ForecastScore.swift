import ArgumentParser
import Epidemics
import Files
import Foundation
import Reports
import Runs

/// Judges forecasts from several origins.
struct ForecastScore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Fit at each origin with what was known then, and compare with what came.",
    discussion: """
      Weighted interval scores (23 quantiles), errors of the median and coverage by week ahead, \
      beside the forecast hub's baseline and persistence. Lower scores are better; relative scores \
      below 1 beat the hub's baseline. A fit with R-hat above 1.05 or more than 1 % divergences is \
      flagged.
      """)

  @OptionGroup var options: ForecastRecipeOptions
  @OptionGroup var output: OutputOptions

  @Option(parsing: .upToNextOption, help: "Last days of data to forecast from.")
  var origins: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: "Models: \(ModelVariant.allCases.map(\.rawValue).joined(separator: ", ")).")
  var models: [ModelVariant] = []

  @Option(help: "A file for every forecast with its quantiles and scores, as JSON.")
  var rows: String?

  @Option(help: "Chains that run at the same time (default: all cores).")
  var threads: Int?

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      var recipe = try options.resolved()
      if !origins.isEmpty { recipe.evaluation.origins = origins }
      if !models.isEmpty { recipe.evaluation.models = models }
      for origin in recipe.evaluation.origins where Day(origin) == nil {
        throw UsageError("--origins: \"\(origin)\" is not a date such as 2020-04-05")
      }
      let evaluation = try Evaluation(recipe)
      let steps = evaluation.steps
      let progress = Runs.Progress("fitting", steps: steps.count)
      var found: [ForecastRow] = []
      for step in steps {
        let (rows, draws) = try evaluation.rows(step, threads: threads)
        found += rows
        progress.message(
          "\(step.origin.text) \(step.variant.rawValue): \(draws.divergences) divergent"
            + (rows.first.map { $0.complaint.isEmpty ? "" : ", flagged: \($0.complaint)" } ?? ""))
        progress.update(step: step.index + 1)
      }
      progress.finish()
      found += evaluation.baselineRows()
      if let rows { try writeDurably(JSONEncoder().encode(found), to: rows) }
      let result = Result(scores: WeeklyScore.all(found), byOrigin: byOrigin(found))
      console.result(result, text: result.text)
    }
  }

  private func byOrigin(_ rows: [ForecastRow]) -> [String: [WeeklyScore]] {
    Dictionary(grouping: rows, by: \.origin).mapValues { WeeklyScore.all($0) }
  }

  private struct Result: Encodable {
    var scores: [WeeklyScore]
    var byOrigin: [String: [WeeklyScore]]

    var text: String {
      var lines = [ForecastScoreTable.table(scores).text(.terminal)]
      for (origin, scores) in byOrigin.sorted(by: { $0.key < $1.key }) {
        lines.append("from \(origin)\n" + ForecastScoreTable.table(scores).text(.terminal))
      }
      let tenths = scores.compactMap { score -> String? in
        guard score.week == nil, let transforms = score.transforms else { return nil }
        return "\(score.model): \(transforms.map { "\($0)" }.joined(separator: " "))"
      }
      if !tenths.isEmpty {
        lines.append("probability integral transforms by tenth\n" + tenths.joined(separator: "\n"))
      }
      return lines.joined(separator: "\n")
    }
  }
}

/// Scores as a table.
enum ForecastScoreTable {
  static func table(_ scores: [WeeklyScore]) -> Table {
    var table = Table(
      columns: [
        .init("model"), .init("week", .trailing), .init("forecasts", .trailing),
        .init("MAE", .trailing), .init("WIS", .trailing), .init("relative", .trailing),
        .init("log WIS", .trailing), .init("50 %", .trailing), .init("80 %", .trailing),
        .init("90 %", .trailing), .init("95 %", .trailing), .init("log score", .trailing),
        .init("flagged", .trailing),
      ])
    for score in scores {
      var row: [Table.Cell] = [
        .init(score.model), .init(score.week.map { "\($0)" } ?? "all"), .init(score.count),
        .init(score.absoluteError, decimals: 1), .init(score.intervalScore, decimals: 1),
      ]
      row.append(score.relative.map { Table.Cell($0, decimals: 2) } ?? "")
      row.append(.init(score.logIntervalScore, decimals: 3))
      row += score.coverage.map { Table.Cell($0, decimals: 2) }
      row.append(score.logScore.map { Table.Cell($0, decimals: 2) } ?? "")
      row.append(.init(score.flagged))
      table.append(row)
    }
    return table
  }
}

extension ModelVariant: ExpressibleByArgument {}
