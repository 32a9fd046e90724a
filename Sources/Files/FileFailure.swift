import Foundation

/// Why a file could not be read or written, with the path and what to do about it.
public struct FileFailure: Error, Sendable, CustomStringConvertible, LocalizedError {
  /// The kinds of failure a caller may want to tell apart.
  public enum Kind: Sendable {
    /// The file or folder does not exist.
    case missing
    /// The bytes are there but are not what they should be.
    case malformed
    /// The system refused to write (read-only folder, full disk, permissions).
    case unwritable
    /// The system refused to read.
    case unreadable
    /// The network or its server did not deliver the file.
    case unavailable
  }

  /// What kind of failure this is.
  public var kind: Kind
  /// The file or folder concerned.
  public var path: String
  /// One clause: what was wrong, what was expected, what to do.
  public var reason: String

  /// Creates a failure; `reason` is one clause without the path.
  public init(_ kind: Kind, path: String, reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }

  /// `path: reason`, the one sentence shown to the user.
  public var description: String { "\(path): \(reason)" }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
