import Files
import Foundation

/// Reads recipes: the defaults, then a YAML file, then `key=value` overrides.
public enum RecipeReader {
  /// Reads the defaults of `recipe`, changed by the file at `path` and then by `overrides`.
  ///
  /// Records are merged key by key. Lists, dictionaries and enums with payloads are replaced whole.
  ///
  /// - Parameters:
  ///   - recipe: The type to decode.
  ///   - path: A YAML file, or `nil` for the defaults alone. An empty file changes nothing.
  ///   - overrides: Settings such as `optimizer.learningRate=0.1` or `layers.0.width=64`, applied
  ///     in order. The right side is a YAML scalar, `[...]` or `{...}`; nothing means `null`.
  /// - Returns: The resolved recipe.
  /// - Throws: ``RecipeError`` for a missing file, YAML that does not parse, unknown or repeated
  ///   keys at any depth, values of the wrong type, and values that the recipe refuses.
  public static func load<R: Recipe>(
    _ recipe: R.Type, path: String?, overrides: [String] = []
  ) throws(RecipeError) -> R {
    guard let path else { return try read(R.self, yaml: "", named: R.name, overrides: overrides) }
    let name = (path as NSString).lastPathComponent
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw failure(toRead: path)
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw RecipeError(
        kind: .syntax, source: .recipe(name), reason: "is not UTF-8 text; is this a recipe?")
    }
    return try read(R.self, yaml: text, named: name, overrides: overrides)
  }

  /// Reads the defaults of `recipe`, changed by YAML text and then by `overrides`.
  ///
  /// - Parameters:
  ///   - recipe: The type to decode.
  ///   - yaml: The text of a recipe file.
  ///   - name: What messages call the text.
  ///   - overrides: As for ``load(_:path:overrides:)``.
  /// - Returns: The resolved recipe.
  /// - Throws: ``RecipeError``; see ``load(_:path:overrides:)``.
  public static func read<R: Recipe>(
    _ recipe: R.Type, yaml: String, named name: String, overrides: [String] = []
  ) throws(RecipeError) -> R {
    let defaults = RecipeTree(encoding: R())
    var given = try RecipeTree(yaml: yaml, source: .recipe(name))
    if given.content == .null { given.content = .record([]) }
    for override in overrides {
      given = try given.applying(override, defaults: defaults)
    }
    let root = SettingNode(given: given, defaults: defaults, path: "", recipe: name)
    do {
      return try root.decode(R.self)
    } catch let error as RecipeError {
      throw error
    } catch {
      throw root.error(.invalidValue, "could not be decoded (\(error))")
    }
  }

  private static func failure(toRead path: String) -> RecipeError {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let reason =
      !exists
      ? "does not exist; check the path"
      : isFolder.boolValue ? "is a folder, a YAML file was expected" : "may not be read"
    return RecipeError(
      kind: exists ? .unreadableFile : .missingFile, source: .recipe(path), reason: reason)
  }
}

extension RecipeTree {
  /// Returns this tree with one `key=value` put into it.
  fileprivate func applying(
    _ override: String, defaults: RecipeTree
  ) throws(RecipeError) -> RecipeTree {
    let source = RecipeError.Source.override(override)
    guard let equals = override.firstIndex(of: "=") else {
      throw RecipeError(
        kind: .syntax, source: source, reason: "expected key=value, such as steps=100")
    }
    let key = override[..<equals].trimmingCharacters(in: .whitespaces)
    let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !path.contains("") else {
      throw RecipeError(
        kind: .syntax, source: source, reason: "the key before \"=\" is incomplete")
    }
    let right = override[override.index(after: equals)...].trimmingCharacters(in: .whitespaces)
    let value = try RecipeTree(yaml: right, source: source)
    if value.isCollection, !right.hasPrefix("["), !right.hasPrefix("{") {
      throw RecipeError(
        kind: .syntax, source: source,
        reason: "lists are written [a, b], records {a: 1}, and other text must be quoted")
    }
    guard let changed = assigning(value, at: path[...], defaults: defaults) else {
      throw RecipeError(
        kind: .unknownKey, source: source, key: key,
        reason: "; a list is entered by an index below its length, from 0")
    }
    return changed
  }

  private var isCollection: Bool {
    switch content {
    case .list, .record: true
    case .null, .scalar: false
    }
  }
}
