import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Learning
import Runs

/// Tests a generator on classes it has never seen.
struct FewShotEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the accuracy of a trained generator on tasks from unseen classes.",
    discussion: """
      Several parts at once, as in --part training validation test, give one line each and with \
      --json one object with the list `parts`.
      """)

  /// What writes or replaces the network.
  enum Rule: String, ExpressibleByArgument, CaseIterable, Encodable {
    case generator, pixelNeighbor = "pixel-neighbor"
  }

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String

  @Option(help: "Another data set or folder than the run was trained on.")
  var data: String?

  @Option(
    parsing: .upToNextOption,
    help: "Which classes to draw tasks from; several parts are judged one after the other.")
  var part = [ClassPart.test]

  @Option(help: "Number of tasks.")
  var tasks: Int?

  @Option(help: "Batch normalization of queries: batch (transductive) or support (inductive).")
  var statistics: GeneratedNetwork.Statistics?

  @Option(help: "A control: shuffledLabels or withoutUnlabelled.")
  var control = FewShotEvaluation.Control.none

  @Option(help: "Who classifies: the generator's networks, or the nearest support image in pixels.")
  var rule = Rule.generator

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override one setting, as in --set episode.shots=5.", valueName: "key=value")
  )
  var overrides: [String] = []

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if part.isEmpty { throw ValidationError("--part needs training, validation or test") }
    if let tasks, tasks < 1 { throw ValidationError("--tasks must be at least 1, got \(tasks)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let opened = try FewShotRun(folder: runFolder, overrides: overrides, device: device)
      var recipe = opened.recipe
      if let data { recipe.data.source = data }
      let parts = try FewShotData(loading: recipe.data)
      let statistics = statistics ?? recipe.evaluation.statistics
      let results = try part.map { part in
        let evaluation = try FewShotEvaluation(
          parts[part], plan: recipe.evaluationPlan, tasks: tasks ?? recipe.evaluation.tasks,
          statistics: statistics, control: control, device: device)
        let accuracy = accuracy(evaluation, opened, ways: recipe.episode.ways)
        return Result(
          accuracy: accuracy.mean, halfWidth: accuracy.halfWidth, tasks: accuracy.count,
          method: recipe.method, ways: recipe.episode.ways, shots: recipe.episode.shots,
          data: recipe.data.source, part: part, statistics: statistics, control: control.rawValue,
          rule: rule, weights: opened.checkpointPath)
      }
      let text = results.map(\.text).joined(separator: "\n")
      if results.count == 1 {
        console.result(results[0], text: text)
      } else {
        console.result(["parts": results], text: text)
      }
    }
  }

  private func accuracy(_ evaluation: FewShotEvaluation, _ run: FewShotRun, ways: Int)
    -> MeanInterval
  {
    switch rule {
    case .generator: evaluation.accuracy(of: run.learner)
    case .pixelNeighbor:
      MeanInterval(of: evaluation.accuracies { PixelNearestNeighbor.logits($0, ways: ways) })
    }
  }

  private struct Result: Encodable {
    var accuracy: Double
    var halfWidth: Double
    var tasks: Int
    var method: FewShotMethod
    var ways: Int
    var shots: Int
    var data: String
    var part: ClassPart
    var statistics: GeneratedNetwork.Statistics
    var control: String
    var rule: Rule
    var weights: String

    var text: String {
      String(
        format: "%d-way %d-shot accuracy %.2f %% ± %.2f (95 %% interval, %d tasks of %@ classes)",
        ways, shots, 100 * accuracy, 100 * halfWidth, tasks, part.rawValue)
    }
  }
}

extension ClassPart: ExpressibleByArgument {}
extension GeneratedNetwork.Statistics: ExpressibleByArgument {}
extension FewShotEvaluation.Control: ExpressibleByArgument {}
