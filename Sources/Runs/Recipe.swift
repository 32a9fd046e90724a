/// A group of settings inside a recipe whose absent keys take the values of `init()`.
///
/// Conform a nested struct when it stands in a list, a dictionary or an optional, so that a file
/// may state only the settings that differ. Structs stored directly in a ``Recipe`` need only be
/// `Codable`: their defaults are the recipe's.
public protocol RecipePart: Codable, Sendable, Equatable {
  /// The defaults.
  init()

  /// Refuses values that have the right type but make no sense, such as zero classes.
  ///
  /// Called by ``RecipeReader`` after decoding; does nothing unless implemented.
  ///
  /// - Throws: ``InvalidSetting``, to which the reader adds the file and the line.
  func check() throws(InvalidSetting)
}

extension RecipePart {
  /// Accepts every value.
  public func check() throws(InvalidSetting) {}
}

/// Every knob of one training or sampling command, with the paper's values as defaults.
///
/// Synthesized `Codable` is enough; keys are spelled as in the struct. `nil` is written `null`.
///
/// ```swift
/// struct FewShot: Recipe {
///   static let name = "few-shot"
///   var ways = 5
///   var learningRate = 0.01
/// }
/// let recipe = try RecipeReader.load(FewShot.self, path: "quick.yaml", overrides: ["ways=20"])
/// ```
public protocol Recipe: RecipePart {
  /// The system's name, used in messages and at the head of written recipes.
  static var name: String { get }
}

/// Why a setting's value is refused by ``RecipePart/check()``.
public struct InvalidSetting: Error, Sendable {
  /// The key inside the part that refuses it, such as `ways`.
  public var key: String
  /// What was expected, continuing "key ... ": for example `must be at least 2, got 1`.
  public var reason: String

  /// Creates a refusal.
  public init(_ key: String, _ reason: String) {
    self.key = key
    self.reason = reason
  }
}
