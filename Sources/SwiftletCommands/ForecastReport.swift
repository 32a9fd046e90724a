import ArgumentParser
import Epidemics
import Foundation
import Reports
import Runs
import Sampling

/// Writes the page of a fit.
struct ForecastReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a fit's page: forecasts, reproduction numbers, mobility, diagnostics.")

  @OptionGroup var options: ForecastRunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let run = try options.open()
      let page = try ForecastPage(run)
      try page.page().write(to: run.paths.report)
      let result = Result(
        page: run.paths.report, isTrustworthy: page.verdict.isTrustworthy,
        verdict: page.verdict.text)
      console.result(result, text: "\(result.verdict) The page is \(result.page)")
    }
  }

  private struct Result: Encodable {
    var page: String
    var isTrustworthy: Bool
    var verdict: String
  }
}

/// The page of a fit.
struct ForecastPage {
  private let run: EpidemicRun
  private let summary: [ElementSummary]
  let verdict: FitVerdict
  private let figures: ForecastFigures

  init(_ run: EpidemicRun) throws {
    self.run = run
    summary = run.draws.summary()
    verdict = run.fit.verdict
    figures = ForecastFigures(
      predictions: try run.problem.predictions(run.draws.values.flatMap { $0 }),
      places: run.problem.model.places, course: run.problem.recipe.course)
  }

  func page() -> Page {
    let recipe = run.problem.recipe
    let places = run.problem.model.places
    let source = recipe.data.deaths.map { ($0 as NSString).lastPathComponent } ?? "simulated places"
    return Page(
      title: "Deaths to come",
      subtitle: "Bayesian SEIR with mobility on \(source), "
        + "\(places.count) \(places.count == 1 ? "place" : "places"), data through "
        + (recipe.data.through ?? "the last day"),
      lead: lead, keyFigures: keyFigures,
      sections: [
        Section("Can it be trusted?", trustBlocks),
        Section("Deaths by place", places.indices.map { .figure(deathFigure($0)) }),
        Section("Reproduction number", places.indices.map { .figure(reproductionFigure($0)) }),
        Section("The peak", [.table(peakTable)]),
        Section(
          "Infections and isolation",
          places.indices.flatMap { [.figure(infectionFigure($0)), .figure(isolationFigure($0))] }),
        Section("Mobility", mobilityBlocks + interventionBlocks),
        Section("From infection to death", [.figure(lagFigure)]),
        Section("Data", dataBlocks),
        Section("Settings", [.details("The run's recipe", [.code(RecipeWriter.text(of: recipe))])]),
      ],
      origin: Origin(
        command: "swiftlet forecast report --run \(run.paths.folder)", seed: recipe.seed,
        version: SwiftletCommand.configuration.version, date: Date(),
        machine: "\(ProcessInfo.processInfo.activeProcessorCount) cores",
        facts: [Origin.Fact("Data", source)]))
  }

  private var lead: String {
    guard verdict.isTrustworthy else {
      let reason =
        run.fit.approximation == nil
        ? "The chains have not shown that they found the posterior"
        : "It is an approximation that is not close to the posterior"
      return
        "**This fit is not good.** \(reason), so nothing below is a forecast; the next section "
        + "says why and what to do."
    }
    let weeks = run.problem.recipe.forecast.days / 7
    let scenario = run.problem.recipe.forecast.scenario.kind.rawValue
    let approximate =
      run.fit.approximation == nil ? "" : "**An approximation, not draws of the posterior.** "
    return approximate
      + "Deaths of the next \(weeks) weeks, inferred from deaths and mobility alone. Mobility "
      + "is assumed to go on as scenario **\(scenario)** says."
  }

  private var keyFigures: [KeyFigure] {
    guard verdict.isTrustworthy else {
      return [KeyFigure("Verdict", "not good", explanation: "see below before reading on")]
    }
    let weeks = max(1, run.problem.recipe.forecast.days / 7)
    return figures.predictions.prefix(6).map { prediction in
      let sums = prediction.deaths.indices.map { draw in
        (1...weeks).reduce(0) { $0 + prediction.weeklyDeaths($1)[draw] }
      }.sorted()
      return KeyFigure(
        prediction.name, String(format: "%.0f", quantile(ofSorted: sums, 0.5)),
        interval: String(
          format: "%.0f to %.0f", quantile(ofSorted: sums, 0.025), quantile(ofSorted: sums, 0.975)),
        explanation: "deaths in the next \(weeks) weeks, median and 95 % interval")
    }
  }

  private var trustBlocks: [Block] {
    let words: Block = verdict.isTrustworthy ? .note(verdict.text) : .warning(verdict.text)
    guard run.fit.approximation == nil else { return [words, .table(checkTable)] }
    let worst = summary.filter { !$0.rHat.isNaN }.sorted { $0.rHat > $1.rHat }.prefix(8)
    var table = Table(
      caption: "The values that the chains agree on least.",
      columns: [
        .init("value"), .init("mean", .trailing), .init("sd", .trailing),
        .init("R-hat", .trailing), .init("bulk ESS", .trailing), .init("tail ESS", .trailing),
      ])
    for row in worst {
      table.append([
        .init(row.name), .init(String(format: "%.3g", row.mean)),
        .init(String(format: "%.3g", row.standardDeviation)), .init(row.rHat, decimals: 3),
        .init(row.bulkESS, decimals: 0), .init(row.tailESS, decimals: 0),
      ])
    }
    return [words, .table(table), .table(checkTable)]
  }

  private func deathFigure(_ index: Int) -> Figure {
    Figure(
      figures.deaths(index),
      caption: "**\(figures.predictions[index].name)**: deaths counted, and the middle 50 and 95 % "
        + "of what the draws predict. Right of 0 is forecast.")
  }

  private func reproductionFigure(_ index: Int) -> Figure {
    Figure(
      figures.reproduction(index),
      caption: "**\(figures.predictions[index].name)**: infections caused by one person. Deaths of "
        + "the last three weeks' infections have not happened yet, so there it rests on mobility.")
  }

  private var checkTable: Table {
    var table = Table(
      caption:
        "Would the model produce such deaths? Shares of draws in which new deaths scatter more "
        + "than the counted ones; near 0 the model allows too little scatter, near 1 too much.",
      columns: [.init("place"), .init("p-value", .trailing)])
    for (prediction, series) in zip(figures.predictions, run.problem.model.places) {
      let check = PredictiveCheck(prediction, series)
      table.append([.init(check.place), .init(check.pValue, decimals: 2)])
    }
    return table
  }

  private var peakTable: Table {
    var table = Table(
      caption: "When expected daily deaths, over seven days, are highest.",
      columns: [
        .init("place"), .init("peak has passed", .trailing), .init("day of the peak"),
        .init("90 %"),
      ])
    for prediction in figures.predictions {
      let peak = PeakSummary(prediction)
      table.append([
        .init(peak.place), .init(String(format: "%.0f %%", 100 * peak.probabilityPassed)),
        .init(peak.day), .init("\(peak.interval[0]) to \(peak.interval[1])"),
      ])
    }
    return table
  }

  private func infectionFigure(_ index: Int) -> Figure {
    Figure(
      figures.infections(index),
      caption:
        "**\(figures.predictions[index].name)**: new infections, most of them never counted, "
        + "inferred from deaths and the fatality.")
  }

  private func isolationFigure(_ index: Int) -> Figure {
    Figure(
      figures.isolated(index),
      caption: "**\(figures.predictions[index].name)**: people isolated on the day, those who will "
        + "recover and those who will not.")
  }

  private var interventionBlocks: [Block] {
    let effects = run.interventionEffects()
    guard !effects.isEmpty else { return [] }
    var table = Table(
      caption: "What goes with a measure in full force, all else as it is.",
      columns: [.init("measure"), .init("change of contacts (90 %)", .trailing)])
    for effect in effects {
      table.append([
        .init(effect.name),
        .init(
          String(
            format: "%+.0f %% (%+.0f to %+.0f)", 100 * effect.change[0], 100 * effect.change[1],
            100 * effect.change[2])),
      ])
    }
    return [.table(table), .warning(MobilityEffect.caution)]
  }

  private var lagFigure: Figure {
    let course = run.problem.recipe.course
    return Figure(
      figures.lag,
      caption: String(
        format: "Infection to death takes %.1f days on average (standard deviation %.1f).",
        course.lagMean, course.lagVariance.squareRoot()))
  }

  private var mobilityBlocks: [Block] {
    let effects = run.mobilityEffects()
    guard !effects.isEmpty else { return [.paragraph("This model does not look at mobility.")] }
    var table = Table(
      columns: [
        .init("place"), .init("mobility"), .init("last week", .trailing),
        .init("weight (90 %)", .trailing), .init("change of contacts (90 %)", .trailing),
      ])
    for effect in effects {
      table.append([
        .init(effect.place), .init(effect.feature),
        effect.mobility.isNaN ? "" : .init(String(format: "%+.0f %%", 100 * effect.mobility)),
        .init(
          String(
            format: "%.2f (%.2f to %.2f)", effect.weight[0], effect.weight[1], effect.weight[2])),
        .init(
          String(
            format: "%+.0f %% (%+.0f to %+.0f)", 100 * effect.change[0], 100 * effect.change[1],
            100 * effect.change[2])),
      ])
    }
    return [.table(table), .warning(MobilityEffect.caution)]
  }

  private var dataBlocks: [Block] {
    let lines = run.problem.model.places.map { series in
      let cleaning = run.problem.cleaning[series.name] ?? Cleaning()
      var text =
        "\(series.name): \(series.cumulativeDeaths) deaths, simulated from \(series.start.text)"
      if !cleaning.negativeDays.isEmpty {
        text += "; corrections on \(cleaning.negativeDays.joined(separator: ", "))"
      }
      if cleaning.missingDays > 0 { text += "; \(cleaning.missingDays) days without a number" }
      if !cleaning.maskedDays.isEmpty {
        text += "; left out: \(cleaning.maskedDays.joined(separator: ", "))"
      }
      return text
    }
    return [.list(lines)]
  }
}
