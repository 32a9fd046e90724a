import ArgumentParser
import Foundation
import Learning
import MultiHashing
import Runs
import Torch
import Vision

/// Measures a compressed network.
struct CompressEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a compressed network: accuracy, bytes, memory and time.",
    discussion: """
      Time and memory are measured in two ways: with all weights written out and made ready for use, \
      and on the fly, where a layer's weights are made when it runs and let go afterwards.
      """)

  @OptionGroup var compressed: CompressedSource

  @Option(help: "Images to judge by, of the same classes (default: a run's validation images).")
  var data: String?

  @Option(help: "Runs of one image that are timed, each way.")
  var repeats = 9

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if repeats < 1 { throw ValidationError("--repeats must be at least 1, got \(repeats)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let path = compressed.path
      let file = try CompressedFile(readingFrom: path)
      let model = try file.imageModel(path: path)
      let hashed = try file.hashed(as: model.network, path: path)
      let costs = CompressionCosts(hashed, side: model.preparation.height, repeats: repeats)
      let accuracy = try judged(model, device)
      let result = Result(
        file: path, model: model.name, size: hashed.size, learnedNumbers: hashed.size.count,
        compressedBytes: fileSize(path), denseBytes: try file.denseByteCount(path: path),
        costs: costs, accuracy: accuracy?.accuracy, loss: accuracy?.loss,
        images: accuracy?.count)
      console.result(result, text: result.text)
    }
  }

  /// The accuracy on the data named, or on the images that a run was judged by.
  private func judged(_ model: ImageModel, _ device: Device) throws -> ClassificationResult? {
    let recorded = RunPaths(compressed.source).recipe
    if data == nil, !FileManager.default.fileExists(atPath: recorded) { return nil }
    var images = ClassificationRecipe().data
    if FileManager.default.fileExists(atPath: recorded) {
      images = try RecipeReader.load(CompressionRecipe.self, path: recorded).data
    }
    return try model.result(on: data, otherwise: images, device: device)
  }

  private struct Result: Encodable {
    var file: String
    var model: String
    var size: SizeSummary
    var learnedNumbers: Int
    var compressedBytes: Int
    var denseBytes: Int
    var costs: CompressionCosts
    var accuracy: Double?
    var loss: Double?
    var images: Int?

    var text: String {
      let memory = costs.memory
      var lines = [
        "\(model): \(sizeText(size))",
        String(
          format: "%@ bytes on disk, the dense file has %@ (%.2f %%)", grouped(compressedBytes),
          grouped(denseBytes), 100 * Double(compressedBytes) / Double(max(denseBytes, 1))),
        "weights in memory: \(grouped(memory.wholeBytes)) bytes written out, "
          + "\(grouped(memory.bytes)) on the fly (\(grouped(memory.poolBytes)) of pools, "
          + "\(grouped(memory.keptBytes)) kept, \(grouped(memory.layerBytes)) for a layer)",
        String(
          format: "one image: %.2f ms written out (once %.1f ms to write out), %.2f ms on the fly",
          1e3 * costs.whole.seconds, 1e3 * costs.expansion.seconds, 1e3 * costs.onTheFly.seconds),
        String(
          format: "  of the processor: %.2f ms (%.1f ms), %.2f ms",
          1e3 * costs.whole.processorSeconds, 1e3 * costs.expansion.processorSeconds,
          1e3 * costs.onTheFly.processorSeconds),
      ]
      if let fly = costs.peakOnTheFly, let whole = costs.peakWhole {
        lines.append(
          "most memory of the process: \(grouped(fly)) bytes on the fly, \(grouped(whole)) written "
            + "out")
      }
      if let accuracy, let loss, let images {
        lines.append(
          String(
            format: "accuracy %.2f %%, loss %.4f (%d images)", 100 * accuracy, loss, images))
      }
      return lines.joined(separator: "\n")
    }
  }
}

extension ImageModel {
  /// The result on named data of the same classes, or on the images of a recipe to judge by.
  func result(
    on name: String?, otherwise recorded: ClassificationRecipe.Data, device: Device
  ) throws -> ClassificationResult {
    var data = recorded
    if let name {
      (data.training, data.validation) = (name, name)
    }
    let opened = try ClassificationData(data)
    if let classNames, opened.classNames != classNames {
      throw ClassificationError.classesDiffer(
        data: data.training, found: opened.classNames, expected: classNames)
    }
    guard opened.classNames.count == network.classCount else {
      throw UsageError(
        "data set \"\(data.training)\" has \(opened.classNames.count) classes, the network tells "
          + "\(network.classCount) apart; name data with the classes of training")
    }
    return try ClassificationEvaluation(
      opened.validation, preparation, samples: opened.validationSamples, workers: data.workers,
      device: device
    ).result(of: network.moved(to: device))
  }
}
