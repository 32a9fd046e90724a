/// Lines or points over a numeric axis, with bands for their uncertainty.
public struct LinePlot: Plot, Equatable {
  /// How a series is drawn.
  public enum Style: Sendable {
    /// A line through the points.
    case line
    /// A dashed line, for something to compare with.
    case dashed
    /// A line with its points shown, for few values.
    case lineAndPoints
    /// Points alone.
    case points
  }

  /// One named line.
  public struct Series: Sendable, Equatable {
    /// What the legend calls it.
    public var name: String
    /// Its places along the horizontal axis.
    public var x: [Double]
    /// Its values, one per place; a number that cannot be placed leaves a gap.
    public var y: [Double]
    /// The lower and upper edge of its band, one per place; empty for none.
    public var lower: [Double]
    /// See `lower`.
    public var upper: [Double]
    /// How it is drawn.
    public var style: Style

    /// Creates a series with a band between two edges, or without one.
    ///
    /// - Parameters:
    ///   - name: What the legend calls it.
    ///   - x: Places along the horizontal axis, in order.
    ///   - y: One value per place.
    ///   - lower: The lower edge of the band, one per place, or empty.
    ///   - upper: The upper edge of the band, one per place, or empty.
    ///   - style: How it is drawn.
    public init(
      _ name: String, x: [Double], y: [Double], lower: [Double] = [], upper: [Double] = [],
      style: Style = .line
    ) {
      precondition(
        x.count == y.count && lower.count == upper.count && [0, x.count].contains(lower.count),
        "series \"\(name)\" needs as many values as places, got \(x.count) places, \(y.count) values"
          + " and band edges of \(lower.count) and \(upper.count)")
      self.name = name
      self.x = x
      self.y = y
      self.lower = lower
      self.upper = upper
      self.style = style
    }

    /// Creates a series whose band reaches `margin` below and above each value.
    public init(
      _ name: String, x: [Double], y: [Double], margin: [Double], style: Style = .line
    ) {
      self.init(
        name, x: x, y: y, lower: zip(y, margin).map(-), upper: zip(y, margin).map(+), style: style)
    }
  }

  /// The lines, in the order of the palette.
  public var series: [Series]
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// Values of the vertical axis to mark, such as the chance level.
  public var horizontalReferences: [ReferenceLine]
  /// Places on the horizontal axis to mark, such as a change of regime.
  public var verticalReferences: [ReferenceLine]

  /// Creates a plot.
  public init(
    _ series: [Series], x: Axis = Axis(), y: Axis = Axis(),
    horizontalReferences: [ReferenceLine] = [], verticalReferences: [ReferenceLine] = []
  ) {
    self.series = series
    self.x = x
    self.y = y
    self.horizontalReferences = horizontalReferences
    self.verticalReferences = verticalReferences
  }

  /// The numbers row by row, one column per series over all places; long ones are thinned evenly.
  public func table() -> Table {
    let places = Array(Set(series.flatMap(\.x).filter(\.isFinite))).sorted()
    let shown = thinned(places, to: 15)
    let values = series.map { one in
      Dictionary(zip(one.x, one.y), uniquingKeysWith: { first, _ in first })
    }
    return Table(
      caption: shown.count < places.count ? "\(shown.count) of \(places.count) places." : "",
      columns: [.init(x.title.isEmpty ? "x" : x.title, .trailing)]
        + series.map { .init($0.name, .trailing) },
      rows: shown.map { place in
        [.init(significant(place))]
          + values.map { .init($0[place].map { significant($0) } ?? "") }
      })
  }
}

/// At most `count` elements, evenly spread, the first and last among them.
func thinned<Element>(_ elements: [Element], to count: Int) -> [Element] {
  guard elements.count > count, count > 1 else { return elements }
  return (0..<count).map { elements[$0 * (elements.count - 1) / (count - 1)] }
}
