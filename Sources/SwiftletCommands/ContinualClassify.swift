import ArgumentParser
import Foundation
import HyperTransformer
import Images
import Learning
import Runs

/// Uses a learner's state.
struct ContinualClassify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Classify images with the state of a learner, among all its classes or one task's.")

  @Option(help: "The learner's state.")
  var state: String

  @Option(help: "The task the images belong to (default: they may belong to any).")
  var task: String?

  @Option(
    help: """
      Batch normalization: support (stored statistics, every image judged alone) or batch (those of \
      these images together).
      """)
  var statistics = GeneratedNetwork.Statistics.support

  @Argument(help: "PNG or JPEG images.")
  var images: [String]

  @OptionGroup var sizes: PictureSizeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let learner = try LearnerState(readingFrom: state)
      let names = try learner.columns(of: task).names
      let pictures = try images.map { path in
        let image = try Image(fileAt: path)
        try sizes.check(image, at: path, learner.preparation)
        return image
      }
      let found = try learner.predictions(for: pictures, task: task, statistics: statistics)
      let predictions = zip(images, found).map { Prediction(image: $0, $1, names) }
      console.result(
        ["predictions": predictions], text: predictions.map(\.text).joined(separator: "\n"))
    }
  }

  private struct Choice: Encodable {
    var task: String
    var label: String
    var probability: Double
  }

  private struct Prediction: Encodable {
    var image: String
    var task: String
    var label: String
    var probability: Double
    var probabilities: [Choice]

    init(
      image: String, _ found: LearnerState.Prediction, _ names: [(task: String, label: String)]
    ) {
      self.image = image
      task = found.task
      label = found.label
      probability = found.probability
      probabilities = zip(names, found.probabilities).map {
        Choice(task: $0.task, label: $0.label, probability: $1)
      }
    }

    var text: String {
      String(format: "%@: %@ of %@ (%.1f %%)", image, label, task, 100 * probability)
    }
  }
}
