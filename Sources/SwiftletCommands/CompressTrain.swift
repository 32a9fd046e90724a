import ArgumentParser
import Foundation
import Learning
import MultiHashing
import Runs
import Torch
import Vision

/// Trains a compressed network.
struct CompressTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train an image classifier whose weights are carved from a small pool.",
    discussion: """
      The run's folder is that of `classify train`, with compressed.safetensors beside it: pools, \
      scales and what is not hashed, of the network that was best on the validation images.
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  @OptionGroup var images: ImageTrainingOptions

  @Option(help: "A file of weights: where pools begin with --set start=fitted.")
  var weights: String?

  @Option(help: "How the network is made small: hashed, narrow or dense.")
  var method: CompressionRecipe.Method?

  @Option(help: "The part of the network's learned numbers that may be learned, above 0 to 1.")
  var fraction: Double?

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let recipe = try resolvedRecipe()
      console.note("reading \(recipe.data.training)")
      let data = try ClassificationData(recipe.data)
      let job = try listingMismatches(console) {
        try CompressionTraining(recipe, data: data, device: device)
      }
      let folder = try training.openFolder(recipe)
      console.note(job.summary)
      try train(job, folder, console)
    }
  }

  private func train(_ job: CompressionTraining, _ folder: RunFolder, _ console: Console) throws {
    var state = job.initialState()
    let outcome = try training.conduct(
      job.task, try job.trainerSettings(), &state, folder, console)
    if let warning = job.dense.loader.report.warning { console.note("warning: \(warning)") }
    let file = try job.compressed(bestIn: folder.paths, or: state.bestModel)
    try file.write(to: folder.paths.compressed)
    let result = try Result(outcome, job, file, folder)
    console.result(result, text: result.text)
    try outcome.exitIfInterrupted()
  }

  /// The recipe with the command line's changes.
  private func resolvedRecipe() throws -> CompressionRecipe {
    var recipe = try training.loadRecipe(CompressionRecipe.self)
    images.apply(to: &recipe.data, &recipe.network)
    if let weights { recipe.network.weights = weights }
    if let method { recipe.method = method }
    if let fraction {
      guard fraction > 0, fraction <= 1 else {
        throw UsageError("--fraction must be above 0 and at most 1, got \(fraction)")
      }
      recipe.hashing.budget = SizeBudget(fraction: fraction)
    }
    training.apply(
      seed: &recipe.seed, steps: &recipe.training.steps, minutes: &recipe.training.minutes)
    return recipe
  }

  private struct Result: Encodable {
    var ending: TrainingOutcome.Ending
    var steps: Int
    var seconds: Double
    var folder: String
    var validationAccuracy: Double?
    var bestValidationAccuracy: Double?
    var size: SizeSummary
    var learnedNumbers: Int
    var narrowFactor: Double?
    var compressedBytes: Int
    var denseBytes: Int
    var file: String

    init(
      _ outcome: TrainingOutcome, _ job: CompressionTraining, _ compressed: CompressedFile,
      _ folder: RunFolder
    ) throws {
      ending = outcome.ending
      steps = outcome.step
      seconds = outcome.seconds
      self.folder = folder.paths.folder
      validationAccuracy = outcome.lastEvaluation?.values["accuracy"]
      bestValidationAccuracy = outcome.bestEvaluation?.values["accuracy"]
      size = job.start.size
      learnedNumbers = job.start.size.count
      narrowFactor = job.narrowFactor
      file = folder.paths.compressed
      compressedBytes = fileSize(file)
      denseBytes = try compressed.denseByteCount(path: file)
    }

    var text: String {
      let accuracy = validationAccuracy.map { String(format: "%.1f %%", 100 * $0) } ?? "none"
      return "\(ending.rawValue) after \(steps) steps; accuracy on validation images: \(accuracy); "
        + "\(file) has \(grouped(compressedBytes)) bytes, the dense file "
        + "\(grouped(denseBytes))"
    }
  }
}

extension CompressionRecipe.Method: ExpressibleByArgument {}

extension CompressionTraining {
  /// What is trained, in one line.
  fileprivate var summary: String {
    let size = start.size
    guard recipe.method == .hashed else {
      return "\(recipe.network.name), \(recipe.method.rawValue)"
        + (narrowFactor.map { ", widths times \($0)" } ?? "")
        + ": \(grouped(size.count)) learned numbers"
    }
    return "\(recipe.network.name): \(sizeText(size))"
  }
}
