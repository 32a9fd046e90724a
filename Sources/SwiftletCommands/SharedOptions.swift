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

  /// Reads the recipe, or that of the run which goes on, with the overrides.
  func loadRecipe<Settings: Recipe>(_ type: Settings.Type) throws -> Settings {
    var path = recipe
    if path == nil, resume, let output { path = RunPaths(output).recipe }
    return try RecipeReader.load(type, path: path, overrides: overrides)
  }

  /// Replaces a recipe's seed and limits by those given; minutes alone lift the limit of steps.
  func apply(
    seed recipeSeed: inout UInt64, steps recipeSteps: inout Int?,
    minutes recipeMinutes: inout Double?
  ) {
    if let seed { recipeSeed = seed }
    if let steps { recipeSteps = steps }
    if let minutes {
      recipeMinutes = minutes
      if steps == nil { recipeSteps = nil }
    }
  }

  /// Creates the run's folder, or opens it to go on.
  ///
  /// - Parameters:
  ///   - recipe: The settings of the run.
  ///   - changing: The settings that may differ from the run's own when it goes on.
  ///   - example: A folder to name where none was given.
  /// - Returns: The folder, locked for this run.
  /// - Throws: `UsageError` without `--output`, and what `RunFolder` throws.
  func openFolder(
    _ recipe: some Recipe, changing: Set<String> = ["training.steps", "training.minutes"],
    example: String = "runs/first"
  ) throws -> RunFolder {
    guard let output else {
      throw UsageError("--output is missing; name a folder for the run, such as \(example)")
    }
    return resume
      ? try RunFolder.resume(at: output, recipe: recipe, changing: changing)
      : try RunFolder.create(at: output, recipe: recipe)
  }
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
