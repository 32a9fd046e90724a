import Files

/// Population of places, and where the file states them fatality and group.
public struct PopulationTable: Sendable, Equatable {
  /// What is known of one place.
  public struct Entry: Sendable, Equatable {
    /// Everybody.
    public var population: Double
    /// The probability that an infected person dies.
    public var fatality: Double?
    /// The group of the place, such as a census division.
    public var group: String
  }

  /// The file.
  public var path: String
  /// Entries by place.
  public var entries: [String: Entry]

  /// Creates a table from its parts.
  public init(path: String, entries: [String: Entry]) {
    self.path = path
    self.entries = entries
  }

  /// Reads a file with a row per place and a column whose name begins with "pop".
  ///
  /// - Throws: `FileFailure` naming line and place for a population that is not positive.
  public init(path: String, names: PlaceNames = PlaceNames()) throws {
    let table = try TableFile(path: path)
    self.path = path
    let finder = try PlaceColumn(table)
    guard let column = table.header.firstIndex(where: { $0.lowercased().hasPrefix("pop") }) else {
      throw FileFailure(
        .malformed, path: path, reason: "has no column of populations; population was expected")
    }
    let fatalityColumn = table.column(["ifr", "fatality"])
    let groupColumn = table.column(["group", "division", "census_division"])
    entries = [:]
    for row in table.rows {
      let place = names[finder.place(of: row)]
      guard let population = try table.number(row, column, place: place), population >= 1 else {
        throw table.failure(
          row, place: place,
          "the population is \"\(row.cells[column])\"; a positive number was expected")
      }
      let fatality = try fatalityColumn.flatMap { try table.number(row, $0, place: place) }
      if let fatality, !(fatality > 0 && fatality < 1) {
        throw table.failure(
          row, place: place, "the fatality is \(fatality); a probability was expected")
      }
      entries[place] = Entry(
        population: population, fatality: fatality, group: groupColumn.map { row.cells[$0] } ?? "")
    }
  }
}
