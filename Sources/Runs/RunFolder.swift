import Files
import Foundation

/// The folder of one run, held for writing by this process until the value goes away.
///
/// It contains `recipe.yaml`, `metrics.jsonl`, `checkpoint.safetensors`, `events.out.tfevents.*`
/// and `report.html`; see ``RunPaths``.
public final class RunFolder: Sendable {
  /// Where its files stand.
  public let paths: RunPaths
  private let lock: RunLock

  private init(_ path: String) throws {
    paths = RunPaths(path)
    lock = try RunLock(paths)
  }

  /// Creates the folder (parents included) of a new run and writes its recipe.
  ///
  /// - Throws: ``RunFolderError`` if the folder holds anything already, or `FileFailure` if it
  ///   cannot be written.
  public static func create(at path: String, recipe: some Recipe) throws -> RunFolder {
    try refuseNonFolder(path)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileFailure(
        .unwritable, path: path, reason: "cannot be created; choose another --output")
    }
    let run = try RunFolder(path)
    let content = try FileManager.default.contentsOfDirectory(atPath: path)
    guard content.allSatisfy({ "\(path)/\($0)" == run.paths.lock }) else {
      throw RunFolderError.notEmpty(path: path)
    }
    try writeDurably(RecipeWriter.text(of: recipe), to: run.paths.recipe)
    return run
  }

  /// Opens the folder of an earlier run to go on with it.
  ///
  /// Without a recipe from the user, load the recorded one first:
  /// `RecipeReader.load(R.self, path: RunPaths(folder).recipe, overrides: overrides)`.
  ///
  /// - Parameters:
  ///   - path: The run's folder.
  ///   - recipe: The recipe to go on with.
  ///   - keys: Full keys that may have changed, such as the number of steps; the new values are
  ///     then recorded.
  /// - Returns: The folder, held until the value goes away.
  /// - Throws: ``RunFolderError`` if there is no run, or one with another recipe;
  ///   ``RecipeError`` if the recorded recipe cannot be read; `FileFailure` if the folder cannot
  ///   be written.
  public static func resume<R: Recipe>(
    at path: String, recipe: R, changing keys: Set<String> = []
  ) throws -> RunFolder {
    try refuseNonFolder(path)
    guard FileManager.default.fileExists(atPath: RunPaths(path).recipe) else {
      throw RunFolderError.nothingToResume(path: path)
    }
    let run = try RunFolder(path)
    let recorded = try RecipeReader.load(R.self, path: run.paths.recipe)
    let differences = RecipeWriter.differences(from: recorded, to: recipe)
    let refused = differences.filter { !keys.contains($0.key) }
    guard refused.isEmpty else {
      throw RunFolderError.recipeDiffers(
        path: path, settings: refused.map { "\($0.key) (was \($0.old), now \($0.new))" })
    }
    if !differences.isEmpty {
      try writeDurably(RecipeWriter.text(of: recipe), to: run.paths.recipe)
    }
    return run
  }

  /// Whether there is a checkpoint to go on from; a run may have ended before its first.
  public var hasCheckpoint: Bool { FileManager.default.fileExists(atPath: paths.checkpoint) }

  private static func refuseNonFolder(_ path: String) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if exists, !isFolder.boolValue {
      throw FileFailure(.unwritable, path: path, reason: "is a file; --output names a folder")
    }
  }
}

/// Why a run folder cannot be used.
public enum RunFolderError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// A new run was asked for where something stands already.
  case notEmpty(path: String)
  /// A resume was asked for where there is no run.
  case nothingToResume(path: String)
  /// Another process writes the run.
  case busy(path: String, process: Int?)
  /// The run was begun with other settings, each with both values.
  case recipeDiffers(path: String, settings: [String])

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .notEmpty(let path):
      "\(path): is not empty; continue the run there with --resume or choose another --output"
    case .nothingToResume(let path):
      "\(path): there is no run to resume; check --output or leave out --resume"
    case .busy(let path, let process):
      "\(path): is being written by \(process.map { "process \($0)" } ?? "another process"); "
        + "wait for it, stop it, or choose another --output"
    case .recipeDiffers(let path, let settings):
      "\(path): the run was begun with other settings: \(settings.joined(separator: ", ")); "
        + "resume with the recorded ones or choose another --output"
    }
  }

  /// 66 where there is no run, 75 while another process writes it, else 64.
  public var exitCode: ExitCode {
    switch self {
    case .notEmpty, .recipeDiffers: .wrongUsage
    case .nothingToResume: .missingInput
    case .busy: .interrupted
    }
  }
}
