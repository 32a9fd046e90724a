/// Where the files of a run stand.
public struct RunPaths: Sendable, Equatable {
  /// The run's folder.
  public let folder: String

  /// Names the files of the run in `folder`; touches nothing.
  public init(_ folder: String) { self.folder = folder }

  /// The resolved recipe.
  public var recipe: String { "\(folder)/recipe.yaml" }
  /// The measurements, one JSON object per line.
  public var metrics: String { "\(folder)/metrics.jsonl" }
  /// Model, optimizer, random state and step.
  public var checkpoint: String { "\(folder)/checkpoint.safetensors" }
  /// The page with plots.
  public var report: String { "\(folder)/report.html" }
  /// Names the process that writes the run; exists only while one does.
  public var lock: String { "\(folder)/run.lock" }
}
