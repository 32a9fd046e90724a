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
    discussion: """
      Classes are chosen as in omniglot:0-4,7; images by their number in the class. Images of a \
      detection data set are written with their boxes drawn in, all in one folder.
      """)

  @Argument(help: "Data set name or folder, with classes if wanted.")
  var data: String

  @Option(name: [.customLong("output"), .customShort("o")], help: "Folder to write into.")
  var outputPath: String

  @Option(help: "Number of the first image of each class, from 0.")
  var first = 0

  @Option(help: "Images per class (default: all from the first on).")
  var count: Int?

  @Option(
    help: "Side to which images are resized, with boxes the longer one (default: as they are).")
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
      let catalog = DatasetCatalog()
      let result =
        catalog.hasBoxes(data) ? try exportBoxes(catalog) : try exportClasses(catalog)
      console.result(
        result,
        text: "wrote \(result.images) images of \(result.classes) classes into \(outputPath)")
    }
  }

  /// Images in class folders.
  private func exportClasses(_ catalog: DatasetCatalog) throws -> Result {
    let source: any ImageSource =
      side == nil
      ? try catalog.source(data) : try catalog.load(data, options: LoadOptions(side: side))
    var members = [[Int]](repeating: [], count: source.classNames.count)
    for sample in 0..<source.count { members[source.label(ofSample: sample)].append(sample) }
    var written = 0
    for (className, samples) in zip(source.classNames, members) {
      let chosen = samples.indices.dropFirst(first).prefix(count ?? samples.count)
      guard !chosen.isEmpty else {
        throw UsageError("--first \(first): class \(className) has only \(samples.count) images")
      }
      for number in chosen {
        let path = "\(outputPath)/\(folderName(className))/\(number).png"
        try source.sample(samples[number]).decoded().writePNG(to: path)
        written += 1
      }
    }
    return Result(folder: outputPath, classes: source.classNames.count, images: written)
  }

  /// Images with their boxes drawn in, side by side in one folder.
  private func exportBoxes(_ catalog: DatasetCatalog) throws -> Result {
    let set = try catalog.detectionSet(data)
    let chosen = set.images.indices.dropFirst(first).prefix(count ?? set.images.count)
    guard !chosen.isEmpty else {
      throw UsageError("--first \(first): \(set.name) has only \(set.images.count) images")
    }
    for index in chosen {
      let name = (set.images[index].file as NSString).deletingPathExtension
      try set.drawing(index, side: side).writePNG(to: "\(outputPath)/\(folderName(name)).png")
    }
    return Result(folder: outputPath, classes: set.classNames.count, images: chosen.count)
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
