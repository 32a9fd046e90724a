/// Bars from zero with error bars, one group per category and one bar per series in it.
public struct BarChart: Plot, Equatable {
  /// Which way the bars point.
  public enum Direction: Sendable {
    /// To the right, names at the left: for methods, whose names are long.
    case rightward
    /// Upward, names below: for few, short names or an order such as years.
    case upward
  }

  /// One bar of every category.
  public struct Series: Sendable, Equatable {
    /// What the legend calls it.
    public var name: String
    /// One value per category with the half-width of its error bar; `nil` leaves a gap.
    public var values: [Estimate?]

    /// Creates a series.
    public init(_ name: String, _ values: [Estimate?]) {
      self.name = name
      self.values = values
    }
  }

  /// The names of the groups of bars.
  public var categories: [String]
  /// The bars, in the order of the palette.
  public var series: [Series]
  /// What the bars measure.
  public var axis: Axis
  /// Which way the bars point.
  public var direction: Direction
  /// The category that stands out, the others being gray; only with a single series.
  public var emphasis: String?
  /// Values to mark, such as the chance level.
  public var references: [ReferenceLine]

  /// Creates a chart; every series must have one value per category.
  public init(
    categories: [String], series: [Series], axis: Axis = Axis(),
    direction: Direction = .rightward, emphasis: String? = nil, references: [ReferenceLine] = []
  ) {
    for one in series {
      precondition(
        one.values.count == categories.count,
        "bars \"\(one.name)\" have \(one.values.count) values for \(categories.count) categories")
    }
    self.categories = categories
    self.series = series
    self.axis = axis
    self.direction = direction
    self.emphasis = emphasis
    self.references = references
  }

  /// The values row by row, one column per series.
  public func table() -> Table {
    Table(
      columns: [.init("")] + series.map { .init($0.name, .trailing) },
      rows: categories.indices.map { row in
        [.init(categories[row])]
          + series.map { one in one.values[row].map { .init($0) } ?? .init("") }
      })
  }
}
