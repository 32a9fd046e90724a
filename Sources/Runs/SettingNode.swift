/// One value of a recipe while it is decoded: what was given, what stands in for absent keys, and
/// where it is, for messages.
struct SettingNode {
  var given: RecipeTree
  var defaults: RecipeTree?
  var path: String
  var recipe: String

  var isNull: Bool { given.content == .null }

  /// The word of an unquoted scalar.
  var plainText: String? {
    guard case .scalar(let text, isText: false) = given.content else { return nil }
    return text
  }

  func child(_ key: String) -> SettingNode? {
    let below = defaults?[key]
    guard let value = given[key] ?? below else { return nil }
    let isGiven = given[key] != nil
    return SettingNode(
      given: value, defaults: isGiven ? below : nil, path: path(to: key), recipe: recipe)
  }

  func path(to key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  func items() throws -> [SettingNode] {
    guard case .list(let items) = given.content else { throw mismatch("a list") }
    return items.enumerated().map { index, item in
      SettingNode(given: item, defaults: nil, path: "\(path)[\(index)]", recipe: recipe)
    }
  }

  /// Decodes this node, then refuses keys that the type never asked for.
  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    if let scalar = type as? any RecipeScalar.Type, let value = try scalar.init(self) as? T {
      return value
    }
    var node = self
    if node.defaults?.entries == nil, let part = type as? any RecipePart.Type {
      node.defaults = RecipeTree(encoding: part.init())
    }
    let decoder = RecipeDecoder(node)
    let value: T
    do {
      value = try T(from: decoder)
    } catch let error as DecodingError {
      try decoder.rejectUnknownKeys()
      throw node.translated(error, type)
    }
    try decoder.rejectUnknownKeys()
    do {
      try (value as? any RecipePart)?.check()
    } catch {
      let culprit = node.child(error.key) ?? node
      throw culprit.error(.invalidValue, error.reason, path: node.path(to: error.key))
    }
    return value
  }

  func error(_ kind: RecipeError.Kind, _ reason: String, path: String? = nil) -> RecipeError {
    let key = path ?? self.path
    var error = RecipeError(
      kind: kind, source: .recipe(recipe), key: key.isEmpty ? nil : key, reason: reason)
    switch given.origin {
    case .defaults: break
    case .file(let line): error.line = line
    case .override(let text): error.source = .override(text)
    }
    return error
  }

  func mismatch(_ expected: String) -> RecipeError {
    error(.wrongType, "must be \(expected), got \(given.summary)")
  }

  /// Turns what a type's own decoding says into the recipe's words; a `CaseIterable` enum lists its
  /// raw values.
  private func translated(_ error: DecodingError, _ type: any Decodable.Type) -> RecipeError {
    if let allowed = rawValues(of: type), case .scalar(let text, _) = given.content {
      let hint = nearest(to: text, among: allowed).map { "; did you mean \"\($0)\"?" } ?? ""
      return self.error(
        .invalidValue, "must be one of \(allowed.joined(separator: ", ")), got \"\(text)\"\(hint)")
    }
    let context =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .keyNotFound(_, let context), .dataCorrupted(let context):
        context.debugDescription
      @unknown default: String(describing: error)
      }
    return self.error(.invalidValue, "is not valid (\(context)), got \(given.summary)")
  }

  private func rawValues(of type: any Decodable.Type) -> [String]? {
    guard let cases = type as? any CaseIterable.Type else { return nil }
    func values<T: CaseIterable>(_ type: T.Type) -> [String] {
      type.allCases.compactMap { ($0 as? any RawRepresentable).map { "\($0.rawValue)" } }
    }
    let allowed = values(cases)
    return allowed.isEmpty ? nil : allowed
  }
}
