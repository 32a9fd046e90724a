import ArgumentParser
import Foundation
import Reports
import Runs
import Torch
import UpdateRules

/// Writes the page of a run.
struct RuleReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a run's page: its curve, and the rule beside tuned optimizers.")

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String

  @Option(help: "Updates to make when the rule is set beside optimizers.")
  var updates = 30

  @OptionGroup var network: RuleNetworkOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if updates < 1 { throw ValidationError("--updates must be at least 1, got \(updates)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let run = try RuleRun(folder: runFolder)
      var options = network
      options.crop = network.crop ?? run.recipe.data.crop
      options.classes = network.classes ?? run.recipe.data.classesPerEpisode
      let judge = try options.judge(
        run.recipe.validation.isEmpty ? run.recipe.tasks : run.recipe.validation, for: run.file,
        device: device)
      let rule = run.file.rule().moved(to: device)
      let marks = RuleApply.marks(upTo: updates)
      let curves = judge.tasks.map { judge.curve(of: rule, on: $0, at: marks) }
      let records = try MetricsLog.records(at: RunPaths(runFolder).metrics)
      let page = RulePage.trained(
        run, folder: runFolder, records: records, judge: judge, curves: curves)
      let path = RunPaths(runFolder).report
      try page.write(to: path)
      let result = Result(page: path, curves: curves)
      let names = curves.map { curve in
        String(format: "%@ %.3f", curve.name, curve.accuracy.last?.mean ?? .nan)
      }
      console.result(
        result,
        text: "accuracy after \(updates) updates: \(names.joined(separator: ", ")); "
          + "the page is \(path)")
    }
  }

  private struct Result: Encodable {
    var page: String
    var curves: [LearningCurve]
  }
}
