import Files

/// Turns the names of one file into those of another.
public struct PlaceNames: Sendable, Equatable {
  private var names: [String: String] = [:]

  /// Leaves all names as they are.
  public init() {}

  /// Reads a file of two columns, a name as it stands in the data and the name to use.
  ///
  /// - Throws: `FileFailure` for a file that cannot be read or names one place twice differently.
  public init(path: String) throws {
    let table = try TableFile(path: path)
    guard table.header.count == 2 else {
      throw FileFailure(
        .malformed, path: path,
        reason: "has \(table.header.count) columns; two were expected, a name as in the data and "
          + "the name to use")
    }
    for row in table.rows {
      let (from, to) = (row.cells[0], row.cells[1])
      if let other = names[from], other != to {
        throw table.failure(row, place: from, "is mapped to both \"\(other)\" and \"\(to)\"")
      }
      names[from] = to
    }
  }

  /// The name to use for a name in a file.
  public subscript(name: String) -> String { names[name] ?? name }
}
