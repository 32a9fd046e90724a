import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Learning
import Runs
import Torch

/// Writes a network for somebody's own images.
struct FewShotGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write a CNN for your own images: a folder with one folder of images per class.",
    discussion: """
      Images without a label may stand in a folder called `unlabelled`. The written file contains \
      everything `classify` needs; the generator is no longer used.
      """)

  @Option(name: .customLong("run"), help: "Folder of the training run.")
  var runFolder: String

  @Option(help: "Folder with one folder of PNG images per class.")
  var support: String

  @Option(name: [.customLong("output"), .customShort("o")], help: "The network's file.")
  var outputPath: String

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let opened = try FewShotRun(folder: runFolder, device: device)
      let data = opened.recipe.data
      let images = SupportFolder(
        try ImageFolder(readingFrom: support, options: LoadOptions(side: data.imageSize)))
      if opened.seemsInverted(images.folder.images) {
        console.note(
          "note: these pictures look like negatives of those the generator learned from; "
            + "if accuracy is poor, exchange dark and light")
      }
      let preparation = ClassifierFile.Preparation(
        imageSize: data.imageSize, channels: opened.learner.architecture.imageChannels,
        isInverted: data.isInverted)
      var set = try images.support(preparation, ways: opened.learner.architecture.classCount)
      set.images = set.images.moved(to: device)
      set.labels = set.labels.moved(to: device)
      let classifier = opened.learner.generate(set).classifier()
        .keepingClasses(images.classNames.count)
      let file = ClassifierFile(
        classifier, classNames: images.classNames, preparation: preparation)
      try file.write(to: outputPath)
      let result = Result(
        file: outputPath, classes: images.classNames, supportImages: set.sampleCount,
        weights: classifier.parameterCount)
      console.result(
        result,
        text: "wrote \(outputPath): \(classifier.parameterCount) weights, "
          + "\(images.classNames.count) classes (\(images.classNames.joined(separator: ", "))), "
          + "from \(set.sampleCount) images")
    }
  }

  private struct Result: Encodable {
    var file: String
    var classes: [String]
    var supportImages: Int
    var weights: Int
  }
}
