import ArgumentParser
import Foundation
import Learning
import Reports
import Runs
import Torch
import UpdateRules

/// Measures a rule.
struct RuleEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the accuracy of networks that a rule teaches, on any task and network.")

  @OptionGroup var source: RuleOptionsGroup

  @Option(
    name: .customLong("data"), parsing: .singleValue,
    help: "A task, as often as wanted (default: those the rule was trained on).")
  var tasks: [String] = []

  @Option(help: "Numbers of updates after which to ask, as in 1,10,50.")
  var updates: String?

  @Flag(help: "Measure all genomes that the run trained side by side, the best first.")
  var everyGenome = false

  @OptionGroup var network: RuleNetworkOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let file = try source.file()
      let names = tasks.isEmpty ? file.provenance.tasks : tasks
      guard !names.isEmpty else {
        throw UsageError("--data is missing; the rule does not say what it was trained on")
      }
      let trained = file.provenance.updates
      let marks =
        try updates.map { try numbers($0, of: "--updates") } ?? [trained > 0 ? trained : 10]
      let judge = try network.judge(names, for: file, device: device)
      if everyGenome { return try comparePopulation(judge, marks, device, console) }
      let rule = file.rule().moved(to: device)
      let curves = judge.tasks.map { judge.curve(of: rule, on: $0, at: marks) }
      let table = Self.table(curves, judge)
      console.result(
        Result(rule: source.rule, hidden: judge.hidden, runs: judge.runs, curves: curves),
        text: table.text(.terminal))
    }
  }

  /// The mean accuracies of all genomes of a run, those that do best on average first.
  private func comparePopulation(
    _ judge: RuleJudge, _ marks: [Int], _ device: Device, _ console: Console
  ) throws {
    guard source.isFolder else {
      throw UsageError("--every-genome needs the folder of a training run; \(source.rule) is none")
    }
    let run = try RuleRun(folder: source.rule)
    let rule = UpdateRule(run.population, run.recipe.options).moved(to: device)
    let curves = judge.tasks.map { judge.curves(of: rule, on: $0, at: marks) }
    let genomes = (0..<rule.genome.speciesCount).map { species in
      GenomeResult(genome: species, accuracy: curves.map { $0[species].accuracy.map(\.mean) })
    }.sorted { $0.mean > $1.mean }
    let names = judge.tasks.map(\.training.name)
    let marks = curves[0][0].updates
    let columns = names.flatMap { name in marks.map { "\(name), \($0)" } }
    let table = Table(
      caption: "Accuracy on each task after so many updates; mean of \(judge.runs) learning runs.",
      columns: [Table.Column("genome"), Table.Column("mean", .trailing)]
        + columns.map { Table.Column($0, .trailing) },
      rows: genomes.map { result in
        [Table.Cell("\(result.genome)"), Table.Cell(result.mean, decimals: 3)]
          + result.accuracy.joined().map { Table.Cell($0, decimals: 3) }
      })
    console.result(
      PopulationResult(rule: source.rule, tasks: names, updates: marks, genomes: genomes),
      text: table.text(.terminal))
  }

  private static func table(_ curves: [LearningCurve], _ judge: RuleJudge) -> Table {
    let marks = curves.first?.updates ?? []
    return Table(
      caption: "Accuracy of networks with hidden layers \(judge.hidden) after so many updates; "
        + "mean of \(judge.runs) learning runs, 95 % interval.",
      columns: [Table.Column("task"), Table.Column("chance", .trailing)]
        + marks.map { Table.Column("\($0)", .trailing) },
      rows: zip(judge.tasks, curves).map { task, curve in
        [Table.Cell(task.training.name), Table.Cell(chanceText(task.training))]
          + curve.accuracy.map {
            Table.Cell(Estimate($0.mean, margin: $0.halfWidth, decimals: 3))
          }
      })
  }

  private struct PopulationResult: Encodable {
    var rule: String
    var tasks: [String]
    var updates: [Int]
    var genomes: [GenomeResult]
  }

  /// One genome's mean accuracies, by task and number of updates.
  private struct GenomeResult: Encodable {
    var genome: Int
    var accuracy: [[Double]]

    /// Over everything measured.
    var mean: Double { accuracy.joined().reduce(0, +) / Double(accuracy.joined().count) }
  }

  private struct Result: Encodable {
    var rule: String
    var hidden: [Int]
    var runs: Int
    var curves: [LearningCurve]
  }
}

extension UpdateRule {
  /// The same rule on another device.
  func moved(to device: Device) -> UpdateRule {
    var copy = self
    copy.genome = genome.moved(to: device)
    return copy
  }
}
