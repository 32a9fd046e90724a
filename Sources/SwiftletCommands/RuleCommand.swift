import ArgumentParser
import Foundation
import Runs
import Torch
import UpdateRules

/// Bidirectional update rules on the command line.
struct RuleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rule",
    abstract: "Learning rules that are themselves learned: a few numbers that teach any network.",
    discussion: """
      train finds a rule, by gradients or by CMA-ES; apply teaches a fresh network with one and sets \
      it beside tuned SGD, momentum and Adam; evaluate measures it on other tasks, sizes and run \
      lengths; show prints it and says whether it follows a gradient; report writes a run's page.
      """,
    subcommands: [
      RuleTrain.self, RuleApply.self, RuleEvaluate.self, RuleShow.self, RuleReport.self,
    ])
}

/// Where a rule comes from.
struct RuleOptionsGroup: ParsableArguments {
  @Option(help: "The rule: a genome file, or the folder of a training run.")
  var rule: String

  /// Whether it comes from a training run.
  var isFolder: Bool {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: rule, isDirectory: &isFolder)
    return exists && isFolder.boolValue
  }

  /// Reads the rule.
  func file() throws -> GenomeFile {
    isFolder ? try RuleRun(folder: rule).file : try GenomeFile(readingFrom: rule)
  }
}

/// The networks that a rule teaches and the data they learn from.
struct RuleNetworkOptions: ParsableArguments {
  @Option(help: "Hidden layers, as in 256,128, or none (default: as the rule was trained with).")
  var hidden: String?

  @Option(help: "Examples per batch (default: as the rule was trained with).")
  var batch: Int?

  @Option(help: "Side of images in pixels (default: as the rule was trained with).")
  var imageSize: Int?

  @Option(help: "Side of the middle part that is cut out of images before resizing.")
  var crop: Int?

  @Option(help: "Classes per learning run, drawn anew each time (default: all).")
  var classes: Int?

  @Option(help: "Numbers that a fixed random projection makes of the pixels.")
  var project: Int?

  @Flag(help: "Give pixels a fixed random order.")
  var shufflePixels = false

  @Flag(help: "Take the smallest output for the answer: some rules learned the opposite sign.")
  var inverted = false

  @Option(help: "Learning runs, each with weights and batches of its own.")
  var runs = 4

  @Option(help: "Seed of weights and batches.")
  var seed: UInt64 = 7

  mutating func validate() throws {
    for (name, value) in [
      ("--batch", batch), ("--image-size", imageSize), ("--crop", crop), ("--runs", runs),
      ("--project", project),
    ] {
      if let value, value < 1 { throw ValidationError("\(name) must be at least 1, got \(value)") }
    }
    if let classes, classes < 2 {
      throw ValidationError("--classes must be at least 2, got \(classes)")
    }
  }

  /// The hidden layers wanted.
  func hiddenLayers(of file: GenomeFile) throws -> [Int] {
    guard let hidden else { return file.hidden }
    return hidden == "none" ? [] : try numbers(hidden, of: "--hidden")
  }

  /// How data is prepared for a rule.
  func dataOptions(for file: GenomeFile) -> RuleDataOptions {
    var options = RuleDataOptions()
    let trained = file.provenance.imageSize
    options.imageSize = imageSize ?? (trained > 0 ? trained : options.imageSize)
    options.crop = crop
    options.classesPerEpisode = classes
    options.projection = project
    options.shufflesPixels = shufflePixels
    return options
  }

  /// A judge of tasks by name.
  func judge(_ names: [String], for file: GenomeFile, device: Device) throws -> RuleJudge {
    let options = dataOptions(for: file)
    let trained = file.provenance.batch
    return RuleJudge(
      try names.map { try JudgedTask(named: $0, options: options) },
      hidden: try hiddenLayers(of: file), initialization: file.initialization, runs: runs,
      batch: batch ?? (trained > 0 ? trained : 128), isInverted: inverted, seed: seed,
      device: device)
  }
}

extension JudgedTask {
  /// A task by name: learning from its training part, asked about its test part.
  init(named name: String, options: RuleDataOptions) throws {
    self.init(
      training: try RuleTask(named: name, options: options),
      test: try RuleTask(named: name, part: .test, options: options))
  }
}

/// Whole numbers separated by commas, at least 1.
func numbers(_ text: String, of option: String) throws -> [Int] {
  let parts = text.split(separator: ",", omittingEmptySubsequences: false)
  let values = parts.compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
  guard values.count == parts.count, values.allSatisfy({ $0 > 0 }) else {
    throw UsageError("\(option) \"\(text)\" must be whole numbers above 0, as in 256,128")
  }
  return values
}

/// The chance of a task in words.
func chanceText(_ task: RuleTask) -> String {
  task.chanceLevel.map { String(format: "%.3f", $0) } ?? "varies"
}
