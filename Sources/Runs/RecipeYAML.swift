import Foundation
import Yams

extension RecipeTree {
  /// Parses YAML. Text of an override carries the override as its origin, else each key its line.
  init(yaml: String, source: RecipeError.Source) throws(RecipeError) {
    let root: Node?
    do {
      // The resolver that makes everything text: the type that is decoded gives words a meaning.
      root = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot()
    } catch {
      throw RecipeError(yamlError: error, in: yaml, source: source)
    }
    var reading = YAMLReading(source: source)
    self =
      try root.map { node throws(RecipeError) in try reading.tree(node, line: nil) }
      ?? RecipeTree(.null, reading.origin(1))
  }
}

private struct YAMLReading {
  /// Aliases may repeat each other's content; this many values is no recipe any more.
  static let limit = 100_000

  let source: RecipeError.Source
  var count = 0

  func origin(_ line: Int) -> RecipeTree.Origin {
    switch source {
    case .recipe: .file(line: line)
    case .override(let text): .override(text)
    }
  }

  mutating func tree(_ node: Node, line: Int?) throws(RecipeError) -> RecipeTree {
    let line = line ?? node.mark?.line ?? 1
    count += 1
    guard count <= Self.limit else {
      throw RecipeError(
        kind: .syntax, source: source, line: line,
        reason: "has more than \(Self.limit) values; is this a recipe?")
    }
    switch node {
    case .scalar(let scalar):
      return RecipeTree(Self.content(scalar), origin(line))
    case .sequence(let items):
      var list: [RecipeTree] = []
      for item in items { list.append(try tree(item, line: nil)) }
      return RecipeTree(.list(list), origin(line))
    case .mapping(let pairs):
      return RecipeTree(.record(try entries(pairs)), origin(line))
    case .alias:
      throw RecipeError(
        kind: .syntax, source: source, line: line, reason: "refers to an unknown anchor")
    }
  }

  private mutating func entries(
    _ pairs: Node.Mapping
  ) throws(RecipeError) -> [RecipeTree.Entry] {
    var entries: [RecipeTree.Entry] = []
    for (key, value) in pairs {
      guard case .scalar(let name) = key else {
        throw RecipeError(
          kind: .syntax, source: source, line: key.mark?.line,
          reason: "a key must be a word, not a list or record")
      }
      // A value belongs to the line of its key, where the reader will look for it.
      entries.append(.init(key: name.string, value: try tree(value, line: key.mark?.line)))
    }
    return entries
  }

  private static func content(_ scalar: Node.Scalar) -> RecipeTree.Content {
    let isText = scalar.style != .plain
    if !isText, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
    return .scalar(scalar.string, isText: isText)
  }
}

extension RecipeError {
  /// A parser's complaint in the recipe's words.
  fileprivate init(yamlError: any Error, in yaml: String, source: Source) {
    self.init(kind: .syntax, source: source, reason: "is not YAML (\(yamlError))")
    switch yamlError as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let start = context.map { ", \($0.text)" } ?? ""
      let tabs = Self.hasTabs(yaml, line: mark.line) ? "; indent with spaces, not tabs" : ""
      locate(mark.line)
      reason = "is not YAML at column \(mark.column): \(problem)\(start)\(tabs)"
    case .duplicatedKeysInMapping(let duplicates, let context):
      locate(context.mark.line)
      key = duplicates.first
      reason = "appears more than once; keep one of them"
    case .reader(let problem, let offset, _, _):
      locate(1 + yaml.utf8.prefix(offset ?? 0).count { $0 == UInt8(ascii: "\n") })
      reason = "is not YAML: \(problem)"
    default: break
    }
  }

  private mutating func locate(_ line: Int) {
    if case .recipe = source { self.line = line }
  }

  private static func hasTabs(_ yaml: String, line: Int) -> Bool {
    let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.contains(line - 1) && lines[line - 1].contains("\t")
  }
}
