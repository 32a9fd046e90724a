import Datasets
import Randomness
import Runs

/// The images of a classifier's training: some to learn from, some to judge by.
public struct ClassificationData: Sendable {
  /// Where training images come from.
  public let training: any ImageSource
  /// Which of them are used.
  public let trainingSamples: [Int]
  /// Where the images to judge by come from.
  public let validation: any ImageSource
  /// Which of them are used.
  public let validationSamples: [Int]

  /// The names of the classes.
  public var classNames: [String] { training.classNames }

  /// Opens the data of a recipe.
  ///
  /// - Throws: `DatasetError` or `FileFailure` for data that cannot be read,
  ///   ``ClassificationError/classesDiffer(data:found:expected:)``.
  public init(_ data: ClassificationRecipe.Data) throws {
    let training = try DatasetCatalog().source(data.training)
    if let name = data.validation {
      let validation = try DatasetCatalog().source(name)
      try self.init(training: training, validation: validation)
    } else {
      self.init(training, heldBackShare: data.validationShare, seed: data.splitSeed)
    }
  }

  /// Puts two sources of the same classes together.
  ///
  /// - Throws: ``ClassificationError/classesDiffer(data:found:expected:)``.
  public init(training: any ImageSource, validation: any ImageSource) throws(ClassificationError) {
    try Self.requireClasses(training.classNames, of: validation)
    self.training = training
    self.validation = validation
    trainingSamples = Array(0..<training.count)
    validationSamples = Array(0..<validation.count)
  }

  /// Holds back some images of every class, at least one of two.
  public init(_ source: any ImageSource, heldBackShare share: Double, seed: UInt64) {
    var random = RandomSource(seed: seed)
    var members = [[Int]](repeating: [], count: source.classNames.count)
    for sample in 0..<source.count { members[source.label(ofSample: sample)].append(sample) }
    var (kept, held): ([Int], [Int]) = ([], [])
    for samples in members {
      let shuffled = samples.shuffled(using: &random)
      let count = min(
        max(Int((Double(samples.count) * share).rounded()), 1), max(samples.count - 1, 0))
      held += shuffled.prefix(count)
      kept += shuffled.dropFirst(count)
    }
    training = source
    validation = source
    trainingSamples = kept.sorted()
    validationSamples = held.sorted()
  }

  /// Refuses a source of other classes.
  static func requireClasses(
    _ expected: [String], of source: any ImageSource
  ) throws(ClassificationError) {
    guard source.classNames != expected else { return }
    throw .classesDiffer(data: source.name, found: source.classNames, expected: expected)
  }
}

/// Why a classifier and data do not go together.
public enum ClassificationError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// The data has other classes than the network was or will be trained for.
  case classesDiffer(data: String, found: [String], expected: [String])
  /// The folder holds a run of another kind.
  case notAClassifier(path: String)

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .classesDiffer(let data, let found, let expected):
      let missing = expected.filter { !found.contains($0) }
      let unknown = found.filter { !expected.contains($0) }
      var parts = ["has \(found.count) classes, expected \(expected.count)"]
      if !missing.isEmpty { parts.append("missing are \(Self.listed(missing))") }
      if !unknown.isEmpty { parts.append("unknown are \(Self.listed(unknown))") }
      if missing.isEmpty, unknown.isEmpty { parts.append("their order differs") }
      return "data set \"\(data)\": \(parts.joined(separator: "; ")); name data with the classes "
        + "of training"
    case .notAClassifier(let path):
      return "\(path): holds no image classifier; is it a run of another command?"
    }
  }

  /// 65, bad input.
  public var exitCode: ExitCode { .badInput }

  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
