/// Fills a record. Absent optionals are written as `null`, so that their keys are known too.
struct RecordBuilder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let builder: TreeBuilder

  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) { builder.child(key.stringValue).putNull() }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try builder.child(key.stringValue).put(value)
  }

  private func put(_ value: (any Encodable)?, _ key: Key) throws {
    let child = builder.child(key.stringValue)
    if let value { try child.put(value) }
  }

  // One per type, because the standard library's defaults for these would drop `nil`.
  func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: String?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try put(value, key) }
  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try put(value, key) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy keyType: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    RecipeEncoder(builder: builder.child(key.stringValue)).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    RecipeEncoder(builder: builder.child(key.stringValue)).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { RecipeEncoder(builder: builder.child("super")) }

  func superEncoder(forKey key: Key) -> any Encoder {
    RecipeEncoder(builder: builder.child(key.stringValue))
  }
}

/// Fills a list.
struct ListBuilder: UnkeyedEncodingContainer {
  let builder: TreeBuilder

  var codingPath: [any CodingKey] { [] }
  var count: Int { builder.count }

  func encodeNil() { builder.nextItem().putNull() }

  func encode<T: Encodable>(_ value: T) throws { try builder.nextItem().put(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy keyType: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    RecipeEncoder(builder: builder.nextItem()).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    RecipeEncoder(builder: builder.nextItem()).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { RecipeEncoder(builder: builder.nextItem()) }
}

/// Fills a single value.
struct WordBuilder: SingleValueEncodingContainer {
  let builder: TreeBuilder

  var codingPath: [any CodingKey] { [] }

  func encodeNil() { builder.putNull() }

  func encode<T: Encodable>(_ value: T) throws { try builder.put(value) }
}
