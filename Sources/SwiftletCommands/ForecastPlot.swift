import ArgumentParser
import Epidemics
import Files
import Foundation
import Reports
import Runs

/// Draws one plot of a fit.
struct ForecastPlot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw deaths, reproduction number, infections and more of one place as an SVG file.")

  /// What to draw.
  enum Subject: String, ExpressibleByArgument, CaseIterable {
    case deaths, reproduction, infections, isolated, lag
  }

  @OptionGroup var options: ForecastRunOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "The place (default: the first).")
  var place: String?

  @Option(help: "What to draw.")
  var show = Subject.deaths

  @Option(name: .customLong("output"), help: "The SVG file.")
  var path: String

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let run = try options.open()
      let names = run.problem.model.places.map(\.name)
      let name = place ?? names[0]
      guard let index = names.firstIndex(of: name) else {
        throw UsageError("--place \"\(name)\": the fit has \(names.joined(separator: ", "))")
      }
      let figures = ForecastFigures(
        predictions: try run.problem.predictions(run.draws.values.flatMap { $0 }),
        places: run.problem.model.places, course: run.problem.recipe.course)
      let plot: LinePlot =
        switch show {
        case .deaths: figures.deaths(index)
        case .reproduction: figures.reproduction(index)
        case .infections: figures.infections(index)
        case .isolated: figures.isolated(index)
        case .lag: figures.lag
        }
      let svg = try Gnuplot().svg(of: plot, alternative: "\(show.rawValue) of \(name)")
      try writeDurably(svg, to: path)
      console.result(
        ["plot": path, "place": name, "show": show.rawValue],
        text: "\(show.rawValue) of \(name) in \(path)")
    }
  }
}
