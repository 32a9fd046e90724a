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
  var runFolder: String

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
      let opened = try ClassificationRun(folder: runFolder, device: device)
      let found = try opened.result(on: data, device: device)
      if let save { try opened.imageModel.write(to: save) }
      let result = Result(
        accuracy: found.accuracy, topFiveAccuracy: found.topFiveAccuracy, loss: found.loss,
        images: found.count, classes: opened.classNames.count, recalls: found.confusion.recalls,
        data: data ?? opened.recipe.data.validation ?? opened.recipe.data.training,
        weights: opened.checkpointPath)
      console.result(result, text: result.text)
    }
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
