import Foundation

/// Why a recipe could not be read: one sentence with the file or override, the key, the line, what
/// was expected and what to do.
public struct RecipeError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// The kinds of failure a caller may want to tell apart.
  public enum Kind: Sendable {
    /// The recipe file does not exist.
    case missingFile
    /// The recipe file exists but the system refused to read it.
    case unreadableFile
    /// The text is not YAML, repeats a key, or an override is not of the form `key=value`.
    case syntax
    /// A key that the recipe does not have.
    case unknownKey
    /// A key without default that was not given.
    case missingKey
    /// A value of the wrong type or out of the type's range.
    case wrongType
    /// A value of the right type that is not allowed.
    case invalidValue
  }

  /// Where the mistake stands.
  public enum Source: Sendable, Equatable {
    /// In the recipe of this name (the file's name, or the system's when no file was given).
    case recipe(String)
    /// In this override, as it was given.
    case override(String)
  }

  /// What kind of failure this is.
  public var kind: Kind
  /// The file or override concerned.
  public var source: Source
  /// The full key, such as `optimizer.learningRate`, where one is concerned.
  public var key: String?
  /// The line in the file, from 1, where known.
  public var line: Int?
  /// The clause that follows the key and the line.
  public var reason: String

  /// The one sentence shown to the user.
  public var description: String {
    let place =
      switch source {
      case .recipe(let name): "recipe \"\(name)\""
      case .override(let text): "override \"\(text)\""
      }
    let position = line.map { " (line \($0))" } ?? ""
    guard let key else { return "\(place)\(position): \(reason)" }
    switch kind {
    case .unknownKey: return "\(place): unknown key \"\(key)\"\(position)\(reason)"
    default: return "\(place): key \"\(key)\"\(position) \(reason)"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
