/// Settings as a tree, in the order in which they were written, before they become a type.
struct RecipeTree: Equatable {
  enum Content: Equatable {
    case null
    /// `isText` is true where the writer quoted it, so that it can only be text.
    case scalar(String, isText: Bool)
    case list([RecipeTree])
    case record([Entry])
  }

  enum Origin: Equatable {
    case defaults
    case file(line: Int)
    case override(String)
  }

  struct Entry: Equatable {
    var key: String
    var value: RecipeTree
  }

  var content: Content
  var origin: Origin

  init(_ content: Content, _ origin: Origin = .defaults) {
    self.content = content
    self.origin = origin
  }

  var entries: [Entry]? {
    guard case .record(let entries) = content else { return nil }
    return entries
  }

  subscript(key: String) -> RecipeTree? {
    entries?.first { $0.key == key }?.value
  }

  /// How a message names this value.
  var summary: String {
    switch content {
    case .null: "null"
    case .scalar(let text, let isText): isText ? "the text \"\(text)\"" : text
    case .list(let items): "a list of \(items.count)"
    case .record(let entries):
      entries.isEmpty
        ? "an empty record"
        : "a record of \(entries.map { "\"\($0.key)\"" }.joined(separator: ", "))"
    }
  }

  /// Returns this tree with `value` put at `path`, records made on the way; lists are entered by
  /// index, a list of the defaults being copied first.
  ///
  /// - Returns: `nil` when a list on the way has no such index.
  func assigning(
    _ value: RecipeTree, at path: ArraySlice<String>, defaults: RecipeTree?
  ) -> RecipeTree? {
    guard let first = path.first else { return value }
    let rest = path.dropFirst()
    if case .list(var items) = content {
      guard let index = Int(first), items.indices.contains(index),
        let item = items[index].assigning(value, at: rest, defaults: nil)
      else { return nil }
      items[index] = item
      return RecipeTree(.list(items), origin)
    }
    var entries = entries ?? []
    let origin = self.entries == nil ? value.origin : origin
    let below = defaults?[first]
    let position = entries.firstIndex { $0.key == first }
    let old = position.map { entries[$0].value } ?? Self.startingPoint(below, value.origin)
    guard let new = old.assigning(value, at: rest, defaults: below) else { return nil }
    if let position {
      entries[position].value = new
    } else {
      entries.append(Entry(key: first, value: new))
    }
    return RecipeTree(.record(entries), origin)
  }

  private static func startingPoint(_ defaults: RecipeTree?, _ origin: Origin) -> RecipeTree {
    if let defaults, case .list = defaults.content { return defaults }
    return RecipeTree(.record([]), origin)
  }
}
