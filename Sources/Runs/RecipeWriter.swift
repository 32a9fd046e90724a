/// Writes recipes as YAML that ``RecipeReader`` reads back equal.
public enum RecipeWriter {
  /// Every setting, in the order of the struct; `nil` is `null`.
  public static func text<R: Recipe>(of recipe: R) -> String {
    "# \(R.name): every setting of this run\n" + lines(RecipeTree(encoding: recipe), indent: "")
  }

  /// Every setting as full key and YAML value, lists whole, in the order of the struct.
  public static func settings<R: Recipe>(of recipe: R) -> [(key: String, value: String)] {
    flattened(RecipeTree(encoding: recipe), under: "")
  }

  /// The settings in which two recipes differ, by full key.
  public static func differences<R: Recipe>(
    from old: R, to new: R
  ) -> [(key: String, old: String, new: String)] {
    let (before, after) = (settings(of: old), settings(of: new))
    let oldValues = Dictionary(uniqueKeysWithValues: before.map { ($0.key, $0.value) })
    let newValues = Dictionary(uniqueKeysWithValues: after.map { ($0.key, $0.value) })
    let keys = before.map(\.key) + after.map(\.key).filter { oldValues[$0] == nil }
    return keys.compactMap { key in
      let (old, new) = (oldValues[key] ?? "absent", newValues[key] ?? "absent")
      return old == new ? nil : (key, old, new)
    }
  }

  private static func flattened(
    _ tree: RecipeTree, under path: String
  ) -> [(key: String, value: String)] {
    guard let entries = tree.entries, !entries.isEmpty else { return [(path, inline(tree))] }
    return entries.flatMap { entry in
      flattened(entry.value, under: path.isEmpty ? entry.key : "\(path).\(entry.key)")
    }
  }

  private static func lines(_ tree: RecipeTree, indent: String) -> String {
    (tree.entries ?? []).map { entry in
      let start = "\(indent)\(word(entry.key)):"
      switch entry.value.content {
      case .record(let below) where !below.isEmpty:
        return "\(start)\n" + lines(entry.value, indent: indent + "  ")
      case .list(let items) where items.contains { $0.entries != nil }:
        return "\(start)\n" + items.map { "\(indent)  - \(inline($0))\n" }.joined()
      default: return "\(start) \(inline(entry.value))\n"
      }
    }.joined()
  }

  /// The value on one line, in YAML's flow form.
  private static func inline(_ tree: RecipeTree) -> String {
    switch tree.content {
    case .null: "null"
    case .scalar(let text, let isText): isText ? word(text) : text
    case .list(let items): "[" + items.map(inline).joined(separator: ", ") + "]"
    case .record(let entries):
      "{" + entries.map { "\(word($0.key)): \(inline($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  /// A text, quoted unless every YAML reader takes it for the same text.
  private static func word(_ text: String) -> String {
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    let isPlain =
      text.first.map { $0.isASCII && $0.isLetter } == true
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./".contains($0)) }
      && !reserved.contains(text.lowercased())
    return isPlain ? text : "\"\(jsonEscaped(text))\""
  }
}
