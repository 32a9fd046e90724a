import ArgumentParser
import Datasets
import Files
import Foundation
import Images
import Runs

/// Writes images of a data set as PNG files in class folders.
struct DataExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write images of a data set as PNG files, one folder per class.",
    discussion: "Classes are chosen as in omniglot:0-4,7; images by their number in the class.")

  @Argument(help: "Data set name or folder, with classes if wanted.")
  var data: String

  @Option(name: [.customLong("output"), .customShort("o")], help: "Folder to write into.")
  var outputPath: String

  @Option(help: "Number of the first image of each class, from 0.")
  var first = 0

  @Option(help: "Images per class (default: all from the first on).")
  var count: Int?

  @Option(help: "Side to which images are resized, in pixels (default: as they are).")
  var side: Int?

  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if first < 0 { throw ValidationError("--first must be at least 0, got \(first)") }
    if let count, count < 1 { throw ValidationError("--count must be at least 1, got \(count)") }
    if let side, side < 1 { throw ValidationError("--side must be at least 1, got \(side)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let set = try DatasetCatalog().load(data, options: LoadOptions(side: side))
      var written = 0
      for label in 0..<set.classCount {
        let samples = set.samples(ofClass: label)
        let chosen = samples.dropFirst(first).prefix(count ?? samples.count)
        guard !chosen.isEmpty else {
          throw UsageError(
            "--first \(first): class \(set.classNames[label]) has only \(samples.count) images")
        }
        for sample in chosen {
          let number = sample - samples.lowerBound
          let path = "\(outputPath)/\(folderName(set.classNames[label]))/\(number).png"
          try set.image(sample).writePNG(to: path)
          written += 1
        }
      }
      let result = Result(folder: outputPath, classes: set.classCount, images: written)
      console.result(
        result, text: "wrote \(written) images of \(set.classCount) classes into \(outputPath)")
    }
  }

  /// A class name without the separators of paths.
  private func folderName(_ className: String) -> String {
    className.replacingOccurrences(of: "/", with: "_")
  }

  private struct Result: Encodable {
    var folder: String
    var classes: Int
    var images: Int
  }
}
