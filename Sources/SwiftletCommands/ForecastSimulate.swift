import ArgumentParser
import Epidemics
import Files
import Foundation
import Runs

/// Makes up data in the form public sources have.
struct ForecastSimulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Write made-up deaths, mobility and population of a few places, and the truth.")

  @OptionGroup var options: ForecastRecipeOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .customLong("output"), help: "Folder for the files.")
  var folder: String

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let recipe = try options.resolved()
      let simulated = SimulatedPlaces(recipe)
      for (name, text) in simulated.data.files { try writeDurably(text, to: "\(folder)/\(name)") }
      let truth =
        ["name,value"]
        + simulated.truth.sorted { $0.key < $1.key }
        .map { "\($0.key),\($0.value)" }
      try writeDurably(truth.joined(separator: "\n") + "\n", to: "\(folder)/truth.csv")
      let result = Result(
        folder: folder, places: simulated.data.places, through: simulated.through.text,
        truth: simulated.truth)
      console.result(
        result,
        text: "\(result.places.count) places in \(folder); fit them through \(result.through) with "
          + "swiftlet forecast fit --data \(folder) --set data.through=\(result.through)")
    }
  }

  private struct Result: Encodable {
    var folder: String
    var places: [String]
    var through: String
    var truth: [String: Double]
  }
}
