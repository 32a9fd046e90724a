import ArgumentParser
import Datasets
import Foundation
import Learning
import Runs
import Torch
import Vision

/// Tests an image classifier.
struct ClassifyEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the accuracy of a trained image classifier.")

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String?

  @Option(help: "In place of a run, a file of weights that says itself what it is; needs --data.")
  var weights: String?

  @Option(help: "Images to judge by, of the same classes (default: the run's validation images).")
  var data: String?

  @Option(help: "A file to write the network into, for `swiftlet model predict --weights`.")
  var save: String?

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let result = try weights.map { try judged(weights: $0, device) } ?? judgedRun(device)
      console.result(result, text: result.text)
    }
  }

  private func judgedRun(_ device: Device) throws -> Result {
    guard let runFolder else {
      throw UsageError("--run and --weights are both missing; name a run's folder or a file")
    }
    let opened = try ClassificationRun(folder: runFolder, device: device)
    let found = try opened.result(on: data, device: device)
    if let save { try opened.imageModel.write(to: save) }
    return Result(
      found, data: data ?? opened.recipe.data.validation ?? opened.recipe.data.training,
      weights: opened.checkpointPath)
  }

  private func judged(weights path: String, _ device: Device) throws -> Result {
    guard runFolder == nil, save == nil, let data else {
      throw UsageError(
        "--weights goes with --data and without --run and --save; name the images to judge by")
    }
    let model = try ImageModel(readingFrom: path)
    let found = try model.result(
      on: data, otherwise: ClassificationRecipe().data, device: device)
    return Result(found, data: data, weights: path)
  }

  private struct Result: Encodable {
    var accuracy: Double
    var topFiveAccuracy: Double?
    var loss: Double
    var images: Int
    var classes: Int
    var recalls: [Double]
    var data: String
    var weights: String

    init(_ found: ClassificationResult, data: String, weights: String) {
      accuracy = found.accuracy
      topFiveAccuracy = found.topFiveAccuracy
      loss = found.loss
      images = found.count
      classes = found.confusion.classCount
      recalls = found.confusion.recalls
      self.data = data
      self.weights = weights
    }

    var text: String {
      let five = topFiveAccuracy.map { String(format: ", in the first five %.2f %%", 100 * $0) }
      return String(format: "accuracy %.2f %%", 100 * accuracy) + (five ?? "")
        + String(format: ", loss %.4f (%d images, %d classes)", loss, images, classes)
    }
  }
}

extension ClassificationRun {
  /// The result on other data of the same classes, or on the run's own validation images.
  func result(on name: String?, device: Device) throws -> ClassificationResult {
    var data = recipe.data
    if let name {
      (data.training, data.validation) = (name, name)
    }
    let opened = try ClassificationData(data)
    guard opened.classNames == classNames else {
      throw ClassificationError.classesDiffer(
        data: data.training, found: opened.classNames, expected: classNames)
    }
    return try ClassificationEvaluation(
      opened.validation, recipe.evaluationPreparation, samples: opened.validationSamples,
      workers: data.workers, device: device
    ).result(of: network)
  }
}
