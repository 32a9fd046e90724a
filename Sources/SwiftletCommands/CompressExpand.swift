import ArgumentParser
import Foundation
import Learning
import MultiHashing
import Runs
import Torch
import Vision

/// Writes the ordinary network of a compressed one.
struct CompressExpand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expand",
    abstract: "Write a compressed network out as ordinary weights.",
    discussion: """
      The file that is written is what `swiftlet model` and `swiftlet classify evaluate --weights` \
      read, and other packages by the names of its tensors.
      """)

  @OptionGroup var compressed: CompressedSource

  @Option(name: [.customLong("output"), .customShort("o")], help: "The file to write.")
  var outputPath: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let path = compressed.path
      let file = try CompressedFile(readingFrom: path)
      if file.metadata["architecture"] == nil {
        try saveSafetensors(
          file.expanded().leaves.map { ($0.name, $0.tensor) }, metadata: file.metadata,
          to: outputPath)
      } else {
        try file.imageModel(path: path).write(to: outputPath)
      }
      let result = Result(
        file: outputPath, compressedBytes: fileSize(path), bytes: fileSize(outputPath),
        parameters: file.expanded().parameterCount)
      console.result(result, text: result.text)
    }
  }

  private struct Result: Encodable {
    var file: String
    var compressedBytes: Int
    var bytes: Int
    var parameters: Int

    var text: String {
      "wrote \(file): \(grouped(parameters)) parameters, \(grouped(bytes)) bytes from "
        + "\(grouped(compressedBytes))"
    }
  }
}
