import ArgumentParser
import Foundation
import HyperTransformer
import Images
import Learning
import Runs

/// Uses a written network.
struct FewShotClassify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "Classify images with a network that generate wrote.")

  @Option(help: "The network's file.")
  var model: String

  @Argument(help: "PNG images.")
  var images: [String]

  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let file = try ClassifierFile(readingFrom: model)
      let pictures = try images.map { try Image(pngFileAt: $0) }
      let probabilities = file.probabilities(of: pictures)
      let predictions = images.indices.map { index in
        Prediction(
          image: images[index], names: file.classNames, values: probabilities[index].toDoubles())
      }
      console.result(
        ["predictions": predictions],
        text: predictions.map(\.text).joined(separator: "\n"))
    }
  }

  private struct Prediction: Encodable {
    var image: String
    var label: String
    var probability: Double
    var probabilities: [String: Double]

    init(image: String, names: [String], values: [Double]) {
      self.image = image
      let best = values.indices.max { values[$0] < values[$1] } ?? 0
      label = names[best]
      probability = values[best]
      probabilities = Dictionary(zip(names, values)) { first, _ in first }
    }

    var text: String { String(format: "%@: %@ (%.1f %%)", image, label, 100 * probability) }
  }
}
