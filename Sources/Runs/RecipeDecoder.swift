/// Hands a `Decodable` type the settings of one node and remembers which keys it asked for.
final class RecipeDecoder: Decoder {
  let node: SettingNode
  private(set) var inquiries: [Inquiry] = []

  init(_ node: SettingNode) { self.node = node }

  var codingPath: [any CodingKey] { [TextKey(stringValue: node.path)] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try keys(of: node)
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    RecipeItems(decoder: self, items: try node.items())
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    RecipeWord(decoder: self)
  }

  /// The keyed view of `node`, which is this decoder's node or one inside it.
  func keys<Key: CodingKey>(of node: SettingNode) throws -> KeyedDecodingContainer<Key> {
    guard node.given.entries != nil else { throw node.mismatch("a record of keys") }
    let inquiry = Inquiry(node)
    inquiries.append(inquiry)
    return KeyedDecodingContainer(RecipeKeys<Key>(decoder: self, inquiry: inquiry))
  }

  func rejectUnknownKeys() throws {
    // Two views of one record (a type and the type it wraps) share what they asked for.
    for inquiry in inquiries {
      let asked = inquiries.filter { $0.node.path == inquiry.node.path }.flatMap(\.asked)
      try inquiry.rejectUnknownKeys(asked: asked)
    }
  }
}

/// The keys that a type asked of one record.
final class Inquiry {
  let node: SettingNode
  private(set) var asked: [String] = []
  /// True once the type asked which keys are there, as dictionaries and enums with payloads do.
  var isOpen = false

  init(_ node: SettingNode) { self.node = node }

  func ask(_ key: String) -> SettingNode? {
    if !asked.contains(key) { asked.append(key) }
    return node.child(key)
  }

  func rejectUnknownKeys(asked: [String]) throws {
    for entry in node.given.entries ?? [] where !asked.contains(entry.key) {
      let unknown = SettingNode(
        given: entry.value, defaults: nil, path: node.path(to: entry.key), recipe: node.recipe)
      throw unknown.error(.unknownKey, advice(for: entry.key, asked: asked))
    }
  }

  private func advice(for key: String, asked: [String]) -> String {
    let known = asked + (node.defaults?.entries ?? []).map(\.key).filter { !asked.contains($0) }
    if let near = nearest(to: key, among: known) { return "; did you mean \"\(near)\"?" }
    if let elsewhere = node.defaults.flatMap({ Self.path(of: key, in: $0, under: node.path) }) {
      return "; did you mean \"\(elsewhere)\"?"
    }
    if isOpen || known.isEmpty { return "; no such key is expected here" }
    return "; the keys known here are \(known.joined(separator: ", "))"
  }

  /// A key put one or more levels too high, such as `learningRate` for `optimizer.learningRate`.
  private static func path(of key: String, in tree: RecipeTree, under path: String) -> String? {
    for entry in tree.entries ?? [] {
      let below = path.isEmpty ? entry.key : "\(path).\(entry.key)"
      if entry.key == key { return below }
      if let found = Self.path(of: key, in: entry.value, under: below) { return found }
    }
    return nil
  }
}

struct TextKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
