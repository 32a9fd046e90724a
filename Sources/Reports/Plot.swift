/// Something that can be drawn: ``LinePlot``, ``BarChart``, ``HeatMap`` or ``Histogram``.
///
/// The plots of a page come from ``Figure/init(_:caption:alternative:gnuplot:)``.
public protocol Plot: Sendable {
  /// The shapes and texts, placed.
  func drawing() -> Drawing

  /// The same numbers as a table, for readers without the picture.
  func table() -> Table
}

/// One axis of a plot.
public struct Axis: Sendable, Equatable {
  /// How values spread along the axis.
  public enum Scale: Sendable {
    /// Equal steps are equal differences.
    case linear
    /// Equal steps are equal ratios; values that are not positive leave gaps.
    case logarithmic

    func canPlace(_ value: Double) -> Bool {
      value.isFinite && (self == .linear || value > 0)
    }
  }

  /// What the axis measures, with its unit; may be empty.
  public var title: String
  /// How values spread along it.
  public var scale: Scale
  /// What the axis covers; `nil` takes it from the data.
  public var range: ClosedRange<Double>?

  /// Creates an axis.
  ///
  /// - Parameters:
  ///   - title: What the axis measures, with its unit.
  ///   - scale: How values spread along it.
  ///   - range: What it covers; `nil` takes it from the data. Must be finite, not empty, and
  ///     positive on a logarithmic axis.
  public init(
    _ title: String = "", scale: Scale = .linear, range: ClosedRange<Double>? = nil
  ) {
    if let range {
      precondition(
        scale.canPlace(range.lowerBound) && scale.canPlace(range.upperBound)
          && range.lowerBound < range.upperBound,
        "axis \"\(title)\" cannot cover \(range)")
    }
    self.title = title
    self.scale = scale
    self.range = range
  }
}

/// A line across a plot that marks a value, such as the chance level.
public struct ReferenceLine: Sendable, Equatable {
  /// What the line marks; may be empty.
  public var label: String
  /// Where it crosses the axis.
  public var value: Double

  /// Creates a reference line.
  public init(_ label: String, at value: Double) {
    self.label = label
    self.value = value
  }
}
