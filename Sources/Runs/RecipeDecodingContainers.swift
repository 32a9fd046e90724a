/// A record as a type sees it: what was given, and the defaults for absent keys.
struct RecipeKeys<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: RecipeDecoder
  let inquiry: Inquiry

  var codingPath: [any CodingKey] { decoder.codingPath }

  /// Exactly the keys given, so that dictionaries and enums with payloads replace their default.
  var allKeys: [Key] {
    inquiry.isOpen = true
    return (inquiry.node.given.entries ?? []).compactMap { entry in
      guard let key = Key(stringValue: entry.key) else { return nil }
      _ = inquiry.ask(entry.key)
      return key
    }
  }

  func contains(_ key: Key) -> Bool { inquiry.ask(key.stringValue) != nil }

  func decodeNil(forKey key: Key) throws -> Bool { try child(key).isNull }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try child(key).decode(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try decoder.keys(of: child(key))
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    RecipeItems(decoder: decoder, items: try child(key).items())
  }

  func superDecoder() throws -> any Decoder {
    RecipeDecoder(try child(named: "super"))
  }

  func superDecoder(forKey key: Key) throws -> any Decoder { RecipeDecoder(try child(key)) }

  private func child(_ key: Key) throws -> SettingNode { try child(named: key.stringValue) }

  private func child(named key: String) throws -> SettingNode {
    if let child = inquiry.ask(key) { return child }
    let node = inquiry.node
    let spare = (node.given.entries ?? []).map(\.key).filter { !inquiry.asked.contains($0) }
    let hint = nearest(to: key, among: spare).map { "; is \"\($0)\" a misspelling of it?" } ?? ""
    throw node.error(
      .missingKey, "is missing and has no default\(hint)", path: node.path(to: key))
  }
}

/// A list as a type sees it.
struct RecipeItems: UnkeyedDecodingContainer {
  let decoder: RecipeDecoder
  let items: [SettingNode]
  var currentIndex = 0

  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex == items.count }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, items[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try decoder.keys(of: next())
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    RecipeItems(decoder: decoder, items: try next().items())
  }

  mutating func superDecoder() throws -> any Decoder { RecipeDecoder(try next()) }

  private mutating func next() throws -> SettingNode {
    guard !isAtEnd else {
      throw decoder.node.error(.wrongType, "has \(items.count) values where more are wanted")
    }
    defer { currentIndex += 1 }
    return items[currentIndex]
  }
}

/// A single value as a type sees it.
struct RecipeWord: SingleValueDecodingContainer {
  let decoder: RecipeDecoder

  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.node.isNull }

  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.node.decode(type) }
}
