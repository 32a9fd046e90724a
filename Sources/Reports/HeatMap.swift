/// A matrix of numbers as a grid of shades, such as accuracies of tasks after tasks, or attention.
public struct HeatMap: Plot, Equatable {
  /// The numbers, row by row from the top; one that is not finite leaves its cell empty.
  public var values: [[Double]]
  /// The names of the rows; empty for none.
  public var rows: [String]
  /// The names of the columns; empty for none.
  public var columns: [String]
  /// What the rows are.
  public var rowTitle: String
  /// What the columns are.
  public var columnTitle: String
  /// The values of the lightest and the full shade; `nil` takes them from the numbers.
  public var range: ClosedRange<Double>?
  /// How many digits numbers show after the point.
  public var decimals: Int

  /// Creates a heat map; all rows of `values` must be of one length, and names must be as many.
  public init(
    _ values: [[Double]], rows: [String] = [], columns: [String] = [], rowTitle: String = "",
    columnTitle: String = "", range: ClosedRange<Double>? = nil, decimals: Int = 2
  ) {
    let width = values.first?.count ?? 0
    precondition(
      values.allSatisfy { $0.count == width } && [0, values.count].contains(rows.count)
        && [0, width].contains(columns.count),
      "a heat map of \(values.count) rows and \(width) columns has \(rows.count) and"
        + " \(columns.count) names, or rows of different lengths")
    self.values = values
    self.rows = rows
    self.columns = columns
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
    self.range = range
    self.decimals = decimals
  }

  /// The numbers, one row per row.
  public func table() -> Table {
    let heads = columns.isEmpty ? values.first?.indices.map { "\($0)" } ?? [] : columns
    return Table(
      columns: [.init(rowTitle)] + heads.map { .init($0, .trailing) },
      rows: values.indices.map { row in
        [.init(rows.isEmpty ? "\(row)" : rows[row])]
          + values[row].map { .init($0, decimals: decimals) }
      })
  }
}
