import ArgumentParser
import Foundation
import MultiHashing
import Runs
import Torch

/// Structured multi-hashing on the command line.
struct CompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Train an image network whose weights come from far fewer numbers; keep it small.",
    discussion: """
      train learns the pools that weights are carved from and writes them as a small file; evaluate \
      measures accuracy, bytes, memory and time of such a file; expand writes the ordinary network; \
      show lists what is hashed and how large it gets, before or after training; sweep compares \
      methods and sizes.
      """,
    subcommands: [
      CompressTrain.self, CompressEvaluate.self, CompressExpand.self, CompressShow.self,
      CompressSweep.self,
    ])
}

/// The compressed network of a run or a file.
struct CompressedSource: ParsableArguments {
  @Argument(help: "A compressed file, or the folder of a training run.")
  var source: String

  /// Where the file stands.
  var path: String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: source, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? RunPaths(source).compressed : source
  }
}

/// The size of a file that stands, in bytes.
func fileSize(_ path: String) -> Int {
  let attributes = try? FileManager.default.attributesOfItem(atPath: path)
  return (attributes?[.size] as? NSNumber)?.intValue ?? 0
}

/// A size for people.
func sizeText(_ size: SizeSummary) -> String {
  String(
    format: "%@ learned numbers in place of %@ (%.2f %%): %@ in pools, %@ scales, %@ kept",
    grouped(size.count), grouped(size.denseCount), 100 * size.fraction,
    grouped(size.poolVariables), grouped(size.scales), grouped(size.kept))
}
