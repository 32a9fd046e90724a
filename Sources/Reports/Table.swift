/// A table as a value; it prints itself for the terminal and Markdown and stands on a ``Page``.
public struct Table: Sendable, Equatable {
  /// On which side the cells of a column line up.
  public enum Alignment: Sendable {
    /// Left, for words.
    case leading
    /// Right, for numbers.
    case trailing
    /// In the middle, for marks.
    case center
  }

  /// The head of a column.
  public struct Column: Sendable, Equatable {
    /// What stands above the column.
    public var title: String
    /// How its cells line up.
    public var alignment: Alignment

    /// Creates a column.
    public init(_ title: String, _ alignment: Alignment = .leading) {
      self.title = title
      self.alignment = alignment
    }
  }

  /// One cell: its text, and the number behind it when there is one.
  public struct Cell: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// What is shown.
    public var text: String
    /// The number by which ``Table/highlightBest(inColumn:_:)`` compares.
    public var value: Double?
    /// Whether the cell stands out as the best of its column.
    public var isHighlighted = false

    /// A cell of words.
    public init(_ text: String) { self.text = text }

    /// A cell of words, from a literal.
    public init(stringLiteral value: String) { self.init(value) }

    /// A cell with a number and its interval.
    public init(_ estimate: Estimate) {
      text = estimate.description
      value = estimate.value.isFinite ? estimate.value : nil
    }

    /// A cell with a plain number.
    public init(_ value: Double, decimals: Int) {
      self.init(Estimate(value, decimals: decimals))
    }

    /// A cell with a count.
    public init(_ count: Int) {
      text = String(count)
      value = Double(count)
    }
  }

  /// Which end of the numbers is the better one.
  public enum Better: Sendable {
    /// Larger is better, as for accuracy.
    case higher
    /// Smaller is better, as for a loss.
    case lower
  }

  /// One sentence saying what the numbers are; may be empty.
  public var caption: String
  /// The heads, from left to right.
  public private(set) var columns: [Column]
  /// The cells, row by row; each row is as long as `columns`.
  public private(set) var rows: [[Cell]]

  /// Creates a table; every row must have one cell per column.
  public init(caption: String = "", columns: [Column], rows: [[Cell]] = []) {
    self.caption = caption
    self.columns = columns
    self.rows = []
    for row in rows { append(row) }
  }

  /// Adds a row at the end; it must have one cell per column.
  public mutating func append(_ row: [Cell]) {
    precondition(
      row.count == columns.count,
      "a row of table \"\(caption)\" has \(row.count) cells, the table has \(columns.count) columns"
    )
    rows.append(row)
  }

  /// Highlights the best number of a column; equals share the honor, cells without a number do not
  /// take part.
  public mutating func highlightBest(inColumn column: Int, _ better: Better) {
    precondition(
      columns.indices.contains(column),
      "table \"\(caption)\" has columns 0..<\(columns.count), not \(column)")
    let values = rows.compactMap { $0[column].value }
    let best = better == .higher ? values.max() : values.min()
    for row in rows.indices {
      rows[row][column].isHighlighted = best != nil && rows[row][column].value == best
    }
  }
}
