import ArgumentParser
import Foundation
import Learning
import Reports
import Runs
import Torch
import UpdateRules

/// Teaches a fresh network with a rule, beside tuned optimizers.
struct RuleApply: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Teach a fresh network with a rule, beside tuned SGD, momentum and Adam.",
    discussion: """
      All learn from the same batches. The optimizers are tried at learning rates over four decades \
      and from two kinds of initial weights; shown is, for each number of updates, the setting that \
      is best just there.
      """)

  @OptionGroup var source: RuleOptionsGroup

  @Option(help: "What to learn: a problem of the plane, a data set, or a folder.")
  var data: String

  @Option(help: "Updates to make.")
  var updates = 50

  @Option(help: "Write a page with the plot to this file.")
  var report: String?

  @Flag(help: "Leave the optimizers out.")
  var alone = false

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
      let file = try source.file()
      let judge = try network.judge([data], for: file, device: device)
      let task = judge.tasks[0]
      let marks = Self.marks(upTo: updates)
      let rule = file.rule().moved(to: device)
      var curves = [judge.curve(of: rule, on: task, at: marks)]
      curves[0].name = "rule"
      var sweep: BaselineSweep?
      if !alone {
        let progress = Runs.Progress("optimizers", steps: Baseline.sweep.count)
        let found = BaselineSweep(
          on: task, by: judge, activation: file.options.forwardActivation.plain, at: marks
        ) { progress.update(step: $0) }
        progress.finish()
        curves += Baseline.Kind.allCases.compactMap { found.envelope($0) }
        sweep = found
      }
      if let report {
        let page = RulePage.applied(
          file, source: source.rule, judge: judge, curves: curves, sweep: sweep)
        try page.write(to: report)
      }
      console.result(
        Result(
          rule: source.rule, data: data, hidden: judge.hidden, runs: judge.runs,
          chance: task.training.chanceLevel, curves: curves,
          tuned: sweep.map { found in
            Baseline.Kind.allCases.compactMap { found.best($0, after: updates)?.name }
          }, report: report),
        text: RulePage.table(curves, chance: task.training).text(.terminal))
    }
  }

  /// Numbers of updates worth a column: dense at first, then ever further apart.
  static func marks(upTo last: Int) -> [Int] {
    [1, 2, 3, 5, 7, 10, 14, 20, 29, 40, 59, 80, 100, 150, 200, 300, 500, 700, 1000]
      .filter { $0 < last } + [last]
  }

  private struct Result: Encodable {
    var rule: String
    var data: String
    var hidden: [Int]
    var runs: Int
    var chance: Double?
    var curves: [LearningCurve]
    /// The optimizers' best settings after the last update.
    var tuned: [String]?
    var report: String?
  }
}

extension StateActivation {
  /// The nonlinearity of an ordinary network that goes with it.
  fileprivate var plain: Activation {
    switch self {
    case .identity: .identity
    case .relu, .reluPair: .relu
    case .sigmoid, .sigmoidPair: .sigmoid
    case .tanh, .tanhPair, .reluTanh: .tanh
    }
  }
}
