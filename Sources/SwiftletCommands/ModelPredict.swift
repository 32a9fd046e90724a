import ArgumentParser
import Foundation
import Images
import Runs
import Torch
import Vision

/// Uses a network.
struct ModelPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Say what is on images, the five likeliest classes first.",
    discussion: """
      How images are prepared and what the classes are called is read from the weights' file. \
      Photographs are turned upright as their EXIF part says.
      """)

  @Option(help: "Weights that `convert` or a training wrote, or those of another package.")
  var weights: String

  @Option(help: "The network's name, for weights that do not say it.")
  var model: String?

  @Option(help: "How many classes are told.")
  var top = 5

  @Argument(help: "JPEG or PNG images.")
  var images: [String]

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1, got \(top)") }
    if images.isEmpty { throw ValidationError("name at least one image") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      var opened = try listingMismatches(console) {
        try ImageModel(readingFrom: weights, as: try model.map(ModelCatalog.model(named:)))
      }
      opened.network = opened.network.moved(to: device)
      let predictions = try images.map { path in
        let image = try Image(fileAt: path, appliesOrientation: true)
        let probabilities = try opened.probabilities(of: [image])[0].toDoubles()
        return Prediction(path, probabilities, names: opened.classNames, top: top)
      }
      console.result(
        ["predictions": predictions], text: predictions.map(\.text).joined(separator: "\n"))
    }
  }

  private struct Prediction: Encodable {
    struct Class: Encodable {
      var index: Int
      var name: String?
      var probability: Double
    }

    var image: String
    var classes: [Class]

    init(_ image: String, _ probabilities: [Double], names: [String]?, top: Int) {
      self.image = image
      let order = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
      classes = order.prefix(top).map { index in
        Class(index: index, name: names?[index], probability: probabilities[index])
      }
    }

    var text: String {
      let lines = classes.map { entry in
        String(format: "  %5.1f %%  ", 100 * entry.probability)
          + (entry.name ?? "class \(entry.index)")
      }
      return ([image] + lines).joined(separator: "\n")
    }
  }
}
