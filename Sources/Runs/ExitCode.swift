import Files

/// How a command ends, for scripts (the numbers follow `sysexits.h`).
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// The command did what it was asked.
  case success = 0
  /// Wrong flags, overrides or combinations of them.
  case wrongUsage = 64
  /// An input exists but its content is not what it should be.
  case badInput = 65
  /// An input does not exist or may not be read.
  case missingInput = 66
  /// A mistake of the program, or a system that refuses to work on (a full disk).
  case internalError = 70
  /// Stopped before the end; the same command with `--resume` goes on.
  case interrupted = 75

  /// The code an error asks for; errors that are not ``ExitCoded`` count as internal.
  public init(for error: any Error) {
    self = (error as? any ExitCoded)?.exitCode ?? .internalError
  }
}

/// An error that knows how the command should end.
public protocol ExitCoded: Error {
  /// The code of a command that ends with this error.
  var exitCode: ExitCode { get }
}

/// A command that was called wrongly, in one sentence.
public struct UsageError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// What was wrong, what was expected, what to do.
  public var description: String
  /// ``ExitCode/wrongUsage``.
  public var exitCode: ExitCode { .wrongUsage }

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

extension FileFailure: ExitCoded {
  /// 66 for what cannot be read or fetched, 65 for what is malformed, 70 for what cannot be written.
  public var exitCode: ExitCode {
    switch kind {
    case .missing, .unreadable, .unavailable: .missingInput
    case .malformed: .badInput
    case .unwritable: .internalError
    }
  }
}

extension RecipeError: ExitCoded {
  /// 66 for a file that cannot be read, 64 for a wrong override, 65 for wrong content.
  public var exitCode: ExitCode {
    if case .override = source { return .wrongUsage }
    switch kind {
    case .missingFile, .unreadableFile: return .missingInput
    default: return .badInput
    }
  }
}
