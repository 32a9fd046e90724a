import Foundation
import Reports
import Runs
import Torch
import UpdateRules

/// Pages about rules.
enum RulePage {
  /// A rule's learning curve beside those of optimizers.
  static func applied(
    _ file: GenomeFile, source: String, judge: RuleJudge, curves: [LearningCurve],
    sweep: BaselineSweep?
  ) -> Page {
    let task = judge.tasks[0].training
    let last = curves[0].accuracy.last
    var sections = [
      Section(
        "Accuracy while learning",
        [
          .figure(
            Figure(
              plot(curves, chance: task.chanceLevel),
              caption: "Accuracy on test examples by the number of updates; bands are 95 % "
                + "intervals over \(judge.runs) learning runs.")),
          .table(table(curves, chance: task)),
          .note(
            "A learned rule is made for its first tens of steps. Optimizers usually overtake it "
              + "later; the plot says where."),
        ])
    ]
    if let sweep {
      sections.append(Section("Every setting of the optimizers", [.table(settings(sweep))]))
    }
    sections.append(Section("The rule", [.code(file.text)]))
    return Page(
      title: "A learned rule teaches \(task.name)", subtitle: subtitle(judge),
      lead: "No gradient is computed: neurons pass a few states forward and backward, synapses "
        + "change by what their two ends say.",
      keyFigures: [
        KeyFigure(
          "Accuracy",
          Estimate(last?.mean ?? .nan, margin: last?.halfWidth, decimals: 3),
          explanation: "after \(curves[0].updates.last ?? 0) updates, 95 % interval"),
        KeyFigure("Chance", chanceText(task), explanation: "the most frequent class"),
      ],
      sections: sections,
      origin: origin("swiftlet rule apply --rule \(source) --data \(task.name)", judge.seed))
  }

  /// What a rule is and does.
  static func shown(
    _ file: GenomeFile, source: String, symmetry: SymmetryDiagnostic, norms: [NetworkNorms],
    surface: [[Double]]?, data: String, randomizedFrom: Int?
  ) -> Page {
    let steps = norms.map { Double($0.step) }
    let layers = norms.first?.weights.indices.map { $0 } ?? []
    let references = randomizedFrom.map { [ReferenceLine("random labels", at: Double($0))] } ?? []
    let weights = LinePlot(
      layers.map { layer in
        LinePlot.Series("layer \(layer + 1)", x: steps, y: norms.map { $0.weights[layer] })
      }, x: Axis("step"), y: Axis("root mean square of weights", scale: .logarithmic),
      verticalReferences: references)
    let accuracy = LinePlot(
      [LinePlot.Series("accuracy", x: steps, y: norms.map(\.accuracy))], x: Axis("step"),
      y: Axis("accuracy on true labels", range: 0...1), verticalReferences: references)
    var blocks: [Block] = [
      .figure(Figure(weights, caption: "Size of weights while learning \(data).")),
      .figure(Figure(accuracy, caption: "Accuracy on fresh batches before each step.")),
    ]
    if let surface {
      let map = HeatMap(surface, rowTitle: "y", columnTitle: "x", decimals: 1)
      blocks.append(.figure(Figure(map, caption: "The output over the square from -1 to 1.")))
    }
    return Page(
      title: "A learning rule of \(file.states) states",
      lead: symmetry.isGradient
        ? "One step of this rule can be a gradient: the Jacobian of the change is symmetric."
        : "No loss has this rule's change for its gradient: the Jacobian is not symmetric.",
      keyFigures: [
        KeyFigure(
          "Asymmetry", String(format: "%.2g", symmetry.relative),
          explanation: "largest difference between the Jacobian and its transpose, in units of its "
            + "largest entry"),
        KeyFigure("Numbers", "\(file.rule().genome.numberCount)", explanation: "in the genome"),
      ],
      sections: [Section("In use", blocks), Section("The rule", [.code(file.text)])],
      origin: origin("swiftlet rule show --rule \(source) --data \(data)", nil))
  }

  /// A training run.
  static func trained(
    _ run: RuleRun, folder: String, records: [MetricRecord], judge: RuleJudge,
    curves: [LearningCurve]
  ) -> Page {
    func series(_ name: String, _ split: String, _ key: String, _ style: LinePlot.Style)
      -> LinePlot.Series
    {
      let chosen = records.filter { $0.split == split && $0.values[key] != nil }
      return LinePlot.Series(
        name, x: chosen.map { Double($0.step) }, y: chosen.map { $0.values[key] ?? .nan },
        style: style)
    }
    let unit = run.recipe.outer == .adam ? "meta-step" : "generation"
    let training = LinePlot(
      [
        series("all genomes", "train", "accuracy", .line),
        series("best genome", "train", "bestAccuracy", .dashed),
        series("best so far, judged", "validation", "accuracy", .lineAndPoints),
      ], x: Axis(unit), y: Axis("accuracy of taught networks", range: 0...1))
    let last = records.last { $0.split == "validation" }?.values["accuracy"] ?? .nan
    return Page(
      title: "A learning rule in training",
      subtitle: "\(run.recipe.outer.rawValue) on \(run.recipe.tasks.joined(separator: ", "))",
      keyFigures: [
        KeyFigure(
          "Accuracy", Estimate(last, decimals: 3),
          explanation: "of networks taught by the last judged genome"),
        KeyFigure(
          "Numbers", "\(run.file.rule().genome.numberCount)", explanation: "in the genome"),
      ],
      sections: [
        Section(
          "Training",
          [.figure(Figure(training, caption: "Accuracy after learning, by \(unit)."))]),
        Section(
          "Networks taught by the best genome",
          [
            .figure(
              Figure(
                plot(curves, chance: nil), caption: "Accuracy by the number of updates, per task.")
            ),
            .table(table(curves, chance: judge.tasks[0].training)),
          ]),
        Section("The rule", [.code(run.file.text)]),
        Section(
          "Settings", [.details("The run's recipe", [.code(RecipeWriter.text(of: run.recipe))])]),
      ],
      origin: origin("swiftlet rule report --run \(folder)", run.recipe.seed))
  }

  /// Accuracies in columns by the number of updates.
  static func table(_ curves: [LearningCurve], chance task: RuleTask) -> Table {
    let marks = curves.first?.updates ?? []
    return Table(
      caption: "Accuracy after so many updates; chance is \(chanceText(task)).",
      columns: [Table.Column("rule")] + marks.map { Table.Column("\($0)", .trailing) },
      rows: curves.map { curve in
        [Table.Cell(curve.name)] + curve.accuracy.map { Table.Cell($0.mean, decimals: 3) }
      })
  }

  private static func settings(_ sweep: BaselineSweep) -> Table {
    let marks = sweep.curves.first?.updates ?? []
    return Table(
      columns: [Table.Column("setting"), Table.Column("initial weights")]
        + marks.map { Table.Column("\($0)", .trailing) },
      rows: zip(sweep.settings, sweep.curves).map { setting, curve in
        [Table.Cell(setting.name), Table.Cell(setting.startsLikeRule ? "the rule's" : "fan-in")]
          + curve.accuracy.map { Table.Cell($0.mean, decimals: 3) }
      })
  }

  private static func plot(_ curves: [LearningCurve], chance: Double?) -> LinePlot {
    LinePlot(
      curves.enumerated().map { index, curve in
        LinePlot.Series(
          curve.name, x: curve.updates.map(Double.init), y: curve.accuracy.map(\.mean),
          margin: curve.accuracy.map(\.halfWidth), style: index == 0 ? .lineAndPoints : .line)
      }, x: Axis("updates", scale: .logarithmic), y: Axis("accuracy", range: 0...1),
      horizontalReferences: chance.map { [ReferenceLine("chance", at: $0)] } ?? [])
  }

  private static func subtitle(_ judge: RuleJudge) -> String {
    let hidden = judge.hidden.map(String.init).joined(separator: ", ")
    return "hidden layers: \(hidden.isEmpty ? "none" : hidden); \(judge.batch) examples per batch"
  }

  private static func origin(_ command: String, _ seed: UInt64?) -> Origin {
    Origin(
      command: command, seed: seed, version: SwiftletCommand.configuration.version, date: Date(),
      machine: "\(ProcessInfo.processInfo.activeProcessorCount) cores, "
        + "\(Int(ProcessInfo.processInfo.physicalMemory >> 30)) GiB",
      facts: [Origin.Fact("libtorch", Engine.version)])
  }
}
