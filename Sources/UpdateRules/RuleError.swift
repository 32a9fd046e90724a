import Runs

/// Why a genome cannot be used, in one sentence.
public enum RuleError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// A file that is not what it should be; the reason is one clause.
  case file(path: String, reason: String)
  /// The genome is for another number of states.
  case states(origin: String, found: Int, expected: Int)
  /// A number of the genome is not finite or has a name that no genome knows.
  case number(origin: String, name: String, reason: String)
  /// A task that is not known, or whose data cannot be used for it.
  case task(name: String, reason: String)
  /// Settings that cannot work together.
  case settings(String)

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .file(let path, let reason): "\(path): \(reason)"
    case .states(let origin, let found, let expected):
      "\(origin): is a genome of \(found) states, \(expected) were expected; "
        + "choose a genome of \(expected) states or set states: \(found)"
    case .number(let origin, let name, let reason): "\(origin): \"\(name)\" \(reason)"
    case .task(let name, let reason): "task \"\(name)\": \(reason)"
    case .settings(let sentence): sentence
    }
  }

  /// 65, bad input; 64 for settings that the command line chose.
  public var exitCode: ExitCode {
    if case .settings = self { .wrongUsage } else { .badInput }
  }
}
