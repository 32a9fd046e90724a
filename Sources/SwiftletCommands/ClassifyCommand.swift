import ArgumentParser
import Runs
import Vision

/// Image classifiers on the command line.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Train an image classifier on any data set, and judge it.",
    discussion: """
      train makes a network from images in class folders or a known data set; evaluate measures it; \
      report writes a page about the run.
      """,
    subcommands: [ClassifyTrain.self, ClassifyEvaluate.self, ClassifyReport.self])
}

extension LoaderError: ExitCoded {
  /// 65: there are no images, or too many damaged ones.
  public var exitCode: Runs.ExitCode { .badInput }
}
