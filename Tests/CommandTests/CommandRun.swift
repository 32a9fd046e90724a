import Foundation
import Testing

/// One run of the built program, as a user starts it.
struct CommandRun {
  var exitCode: Int32
  var output: String
  var messages: String

  /// The program beside the test bundle.
  static var program: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("swiftlet")
  }

  /// Runs the program to its end.
  init(_ arguments: String..., environment: [String: String] = [:]) throws {
    try self.init(arguments, environment: environment)
  }

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    let files = try CommandFiles()
    let process = try files.start(arguments, environment)
    process.waitUntilExit()
    (output, messages) = try files.texts()
    exitCode = process.terminationStatus
  }

  /// Runs the program and sends it a signal once it has taken some steps.
  ///
  /// - Returns: the exit code, or minus the signal that ended it.
  static func interrupted(
    by signal: Int32, whenLogged step: Int, in folder: String, _ arguments: [String]
  ) throws -> Int32 {
    let files = try CommandFiles()
    let process = try files.start(arguments, [:])
    let log = folder + "/metrics.jsonl"
    while process.isRunning {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      if text.contains("\"step\":\(step),") {
        kill(process.processIdentifier, signal)
        break
      }
      usleep(2_000)
    }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
      ? -process.terminationStatus : process.terminationStatus
  }
}

/// Files that take what the program says, so that no pipe can fill up.
private struct CommandFiles {
  let folder = TemporaryFolder()

  init() throws {
    for name in ["out", "err"] {
      try Data().write(to: URL(fileURLWithPath: folder.path + "/" + name))
    }
  }

  func start(_ arguments: [String], _ environment: [String: String]) throws -> Process {
    let process = Process()
    process.executableURL = CommandRun.program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(["OMP_NUM_THREADS": "1"]) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(
      forWritingTo: URL(fileURLWithPath: folder.path + "/out"))
    process.standardError = try FileHandle(
      forWritingTo: URL(fileURLWithPath: folder.path + "/err"))
    try process.run()
    return process
  }

  func texts() throws -> (String, String) {
    (
      try String(contentsOfFile: folder.path + "/out", encoding: .utf8),
      try String(contentsOfFile: folder.path + "/err", encoding: .utf8)
    )
  }
}

/// A folder that goes away with the value.
final class TemporaryFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "swiftlet-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The smallest recipe, shared by all tests of the command.
let testingRecipe = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Recipes/HyperTransformer/testing.yaml").path

/// The arguments of a training run with the smallest recipe.
func training(_ folder: String, steps: Int, _ more: String...) -> [String] {
  [
    "few-shot", "train", "--recipe", testingRecipe, "--output", folder, "--steps", "\(steps)",
    "--threads", "1", "--set", "training.checkpointInterval=7", "--set",
    "training.evaluationInterval=10",
  ] + more
}
