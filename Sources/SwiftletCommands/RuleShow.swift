import ArgumentParser
import Foundation
import Randomness
import Reports
import Runs
import Torch
import UpdateRules

/// Shows what a rule is.
struct RuleShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a rule, whether it follows a gradient, and how weights grow under it.")

  @OptionGroup var source: RuleOptionsGroup

  @Option(help: "What the network learns whose norms are shown.")
  var data = "xor"

  @Option(help: "Steps of that learning.")
  var steps = 100

  @Option(help: "Step from which on labels are random: is the network still plastic?")
  var randomizeFrom: Int?

  @Option(help: "Write a page to this file.")
  var report: String?

  @OptionGroup var network: RuleNetworkOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if steps < 1 { throw ValidationError("--steps must be at least 1, got \(steps)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let file = try source.file()
      let rule = file.rule()
      var random = RandomSource(seed: network.seed)
      let symmetry = rule.symmetry(using: &random)
      let task = try RuleTask(named: data, options: network.dataOptions(for: file))
      let hidden = try network.hiddenLayers(of: file)
      var taught = rule.makeNetwork(
        sizes: [task.inputCount] + hidden + [task.outputCount],
        initialization: file.initialization, using: &random)
      let trained = file.provenance.batch
      let norms = rule.longRun(
        &taught, on: task, steps: steps, randomizedFrom: randomizeFrom,
        batch: network.batch ?? (trained > 0 ? trained : 128), using: &random)
      let surface = task.inputCount == 2 ? rule.decisionSurface(of: taught) : nil
      if let report {
        try RulePage.shown(
          file, source: source.rule, symmetry: symmetry, norms: norms, surface: surface,
          data: data, randomizedFrom: randomizeFrom
        ).write(to: report)
      }
      let result = Result(
        rule: source.rule, states: file.states, numbers: rule.genome.numberCount,
        symmetry: symmetry, isGradient: symmetry.isGradient, data: data, norms: norms,
        isFinite: norms.count == steps, report: report)
      console.result(result, text: file.text + result.text)
    }
  }

  private struct Result: Encodable {
    var rule: String
    var states: Int
    var numbers: Int
    var symmetry: SymmetryDiagnostic
    var isGradient: Bool
    var data: String
    var norms: [NetworkNorms]
    var isFinite: Bool
    var report: String?

    var text: String {
      let verdict =
        isGradient
        ? "the change of weights can be a gradient"
        : "the change of weights is no gradient of any loss"
      let head = String(
        format: "\n%@: the Jacobian of one step differs from its transpose by %.2g of its largest "
          + "entry (%d weights)\n\n", verdict, symmetry.relative, symmetry.weightCount)
      let interval = max(norms.count / 10, 1)
      let shown = norms.indices.filter { $0 == norms.count - 1 || $0 % interval == 0 }
      let table = Table(
        caption: "Learning \(data): root mean squares of weights by layer, of outputs, and "
          + "accuracy before each step.",
        columns: [
          Table.Column("step", .trailing), Table.Column("weights", .trailing),
          Table.Column("outputs", .trailing), Table.Column("accuracy", .trailing),
        ],
        rows: shown.map { index in
          let one = norms[index]
          return [
            Table.Cell(one.step),
            Table.Cell(one.weights.map { String(format: "%.3g", $0) }.joined(separator: " ")),
            Table.Cell(String(format: "%.3g", one.activations.last ?? .nan)),
            Table.Cell(one.accuracy, decimals: 3),
          ]
        })
      return head + table.text(.terminal)
    }
  }
}
