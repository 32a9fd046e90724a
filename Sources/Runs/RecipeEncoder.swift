extension RecipeTree {
  /// The tree of a value, keys in the order in which the type encodes them and `nil` as `null`.
  ///
  /// - Precondition: the value encodes, which synthesized `Codable` always does.
  init(encoding value: any Encodable) {
    let builder = TreeBuilder()
    do {
      try builder.put(value)
    } catch {
      preconditionFailure("\(type(of: value)) cannot be encoded as a recipe: \(error)")
    }
    self = builder.tree
  }
}

/// A tree under construction, shared by the containers that fill it.
final class TreeBuilder {
  private enum Shape {
    case word(RecipeTree.Content)
    case list([TreeBuilder])
    case record([(key: String, value: TreeBuilder)])
  }

  private var shape = Shape.word(.null)

  var tree: RecipeTree {
    switch shape {
    case .word(let content): RecipeTree(content)
    case .list(let items): RecipeTree(.list(items.map(\.tree)))
    case .record(let entries):
      RecipeTree(.record(entries.map { RecipeTree.Entry(key: $0.key, value: $0.value.tree) }))
    }
  }

  var count: Int {
    guard case .list(let items) = shape else { return 0 }
    return items.count
  }

  func put(_ value: any Encodable) throws {
    if let scalar = value as? any RecipeScalar {
      shape = .word(scalar.recipeContent)
    } else {
      try value.encode(to: RecipeEncoder(builder: self))
    }
  }

  func beginRecord() {
    if case .record = shape { return }
    shape = .record([])
  }

  func beginList() {
    if case .list = shape { return }
    shape = .list([])
  }

  func putNull() { shape = .word(.null) }

  func child(_ key: String) -> TreeBuilder {
    let child = TreeBuilder()
    guard case .record(var entries) = shape else { return child }
    entries.append((key, child))
    shape = .record(entries)
    return child
  }

  func nextItem() -> TreeBuilder {
    let child = TreeBuilder()
    guard case .list(var items) = shape else { return child }
    items.append(child)
    shape = .list(items)
    return child
  }
}

struct RecipeEncoder: Encoder {
  let builder: TreeBuilder

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    builder.beginRecord()
    return KeyedEncodingContainer(RecordBuilder<Key>(builder: builder))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    builder.beginList()
    return ListBuilder(builder: builder)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { WordBuilder(builder: builder) }
}
