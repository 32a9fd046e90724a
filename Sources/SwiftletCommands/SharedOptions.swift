import ArgumentParser
import Foundation
import Runs
import Torch

/// What every command takes.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on standard output; everything else goes to standard error.")
  var json = false
}

/// Where and with how many threads tensors are computed.
struct DeviceOptions: ParsableArguments {
  @Option(help: "Where to compute: cpu, cuda, or cuda:1.")
  var device = "cpu"

  @Option(help: "Threads one operation may use (default: all cores).")
  var threads: Int?

  /// Sets the engine up and returns the device.
  func prepare() throws -> Device {
    Engine.keepFreedMemory()
    if let threads {
      guard threads > 0 else { throw UsageError("--threads must be at least 1, got \(threads)") }
      Engine.threadCount = threads
    }
    guard let device = Device(name: device) else {
      throw UsageError("--device \"\(device)\" is not known; use cpu, cuda, or cuda:1")
    }
    guard device.isAvailable else {
      throw UsageError(
        "--device \(device): this machine or the installed libtorch has no such device; use cpu")
    }
    return device
  }
}

/// What every training command takes.
struct TrainingOptions: ParsableArguments {
  @Option(help: "A YAML file of settings; what it leaves out has the paper's values.")
  var recipe: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override one setting, as in --set network.channels=4.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "Seed of everything random; the same seed gives the same run.")
  var seed: UInt64?

  @Option(help: "Steps to train.")
  var steps: Int?

  @Option(help: "Minutes to train at most.")
  var minutes: Double?

  @Option(help: "Folder for the run: recipe, metrics, checkpoints, report.")
  var output: String?

  @Flag(help: "Go on with the run in the output folder from its last checkpoint.")
  var resume = false
}

/// Runs a command's body, prints an error as one sentence, and exits with its code.
func perform(_ console: Console, _ body: () throws -> Void) throws {
  do {
    try body()
  } catch let exit as ArgumentParser.ExitCode {
    throw exit
  } catch {
    throw ArgumentParser.ExitCode(console.failure(error).rawValue)
  }
}
