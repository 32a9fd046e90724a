import Runs

/// Why a task cannot be learned or a picture not be classified, in one sentence with the next step.
public enum ContinualError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// The state was written by another generator than the one given.
  case otherLearner(state: String, learner: String)
  /// The task's images, channels first, are not of the state's size; `path` says where they lie.
  case imageSize(found: [Int], expected: [Int], path: String? = nil)
  /// The task has more classes than the generator tells apart at once.
  case tooManyClasses(count: Int, ways: Int)
  /// A class has no image.
  case emptyClass(name: String)
  /// The state holds a task of this name already.
  case nameTaken(task: String)
  /// The state holds no task of this name.
  case unknownTask(name: String, known: [String])
  /// All tasks together have more classes than the state may hold.
  case full(count: Int, maximum: Int)
  /// The pieces of one task must have the same classes.
  case otherClasses(found: [String], expected: [String])
  /// Any other reason.
  case unsuitable(reason: String)

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .otherLearner(let state, let learner):
      "the state was begun by another learner (\(state.prefix(12))) than that of this run "
        + "(\(learner.prefix(12))); give the run it was begun with, or begin a new state"
    case .imageSize(let found, let expected, let path):
      "\(path.map { "\($0): " } ?? "the task's images are ")\(Self.size(found)), those of this state "
        + "are \(Self.size(expected)); resize them, as --resize does, or begin a new state with another run"
    case .tooManyClasses(let count, let ways):
      "the task has \(count) classes, this learner tells \(ways) apart at a time; "
        + "divide it into tasks of at most \(ways) classes"
    case .emptyClass(let name):
      "class \"\(name)\" has no image; add at least one, or leave the class out"
    case .nameTaken(let task):
      "the state has learned a task called \"\(task)\" already; give this one another name"
    case .unknownTask(let name, let known):
      "the state knows no task \"\(name)\"; it knows \(known.joined(separator: ", "))"
    case .full(let count, let maximum):
      "with this task the state would hold \(count) prototypes, at most \(maximum) are allowed; "
        + "begin a new state, or one with a larger --maximum"
    case .otherClasses(let found, let expected):
      "the classes are \(found.joined(separator: ", ")), but this state learns "
        + "\(expected.joined(separator: ", ")) piece by piece; give folders of these names"
    case .unsuitable(let reason): reason
    }
  }

  private static func size(_ image: [Int]) -> String {
    "\(image[1]) x \(image[2]) with \(image[0]) \(image[0] == 1 ? "channel" : "channels")"
  }

  /// 65, bad input.
  public var exitCode: ExitCode { .badInput }
}
