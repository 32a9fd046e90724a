import Foundation

/// How often values fall into bins of equal width.
public struct Histogram: Plot, Equatable {
  /// One bin: from its lower edge up to, but not including, its upper edge (the last one includes
  /// it).
  public struct Bin: Sendable, Equatable {
    /// The lower edge.
    public var lower: Double
    /// The upper edge.
    public var upper: Double
    /// How many values fall into the bin.
    public var count: Int
  }

  /// The bins, from left to right; empty without a finite value.
  public private(set) var bins: [Bin]
  /// How many values were left out because they are not finite.
  public private(set) var omittedCount: Int
  /// The horizontal axis.
  public var axis: Axis
  /// Places to mark, such as a mean.
  public var references: [ReferenceLine]

  /// Counts values into bins.
  ///
  /// - Parameters:
  ///   - values: The values, in any order; those that are not finite are left out and counted.
  ///   - binCount: How many bins; `nil` takes the width of Freedman and Diaconis (1981), twice the
  ///     interquartile range over the cube root of the count, within 5 to 60 bins.
  ///   - axis: The horizontal axis; its scale must be linear.
  ///   - references: Places to mark.
  public init(
    _ values: [Double], binCount: Int? = nil, axis: Axis = Axis(), references: [ReferenceLine] = []
  ) {
    precondition(axis.scale == .linear, "a histogram has bins of equal width, so a linear axis")
    precondition(binCount.map { $0 > 0 } ?? true, "a histogram needs at least one bin")
    let sorted = values.filter { $0.isFinite && abs($0) < 1e300 }.sorted()
    bins = Histogram.bins(sorted, binCount ?? Histogram.binCount(sorted))
    omittedCount = values.count - sorted.count
    self.axis = axis
    self.references = references
  }

  private static func binCount(_ sorted: [Double]) -> Int {
    guard let first = sorted.first, let last = sorted.last, last > first else { return 1 }
    let quartile = (sorted.count - 1) / 4
    let spread = sorted[sorted.count - 1 - quartile] - sorted[quartile]
    guard spread > 0 else { return 20 }
    let width = 2 * spread / cbrt(Double(sorted.count))
    return Int(min(max(((last - first) / width).rounded(.up), 5), 60))
  }

  private static func bins(_ sorted: [Double], _ count: Int) -> [Bin] {
    guard let first = sorted.first, let last = sorted.last else { return [] }
    let (low, high) = first < last ? (first, last) : (first - 0.5, last + 0.5)
    let edges = (0...count).map { low + (high - low) * (Double($0) / Double(count)) }
    var bins = zip(edges, edges.dropFirst()).map { Bin(lower: $0, upper: $1, count: 0) }
    for value in sorted {
      var index = min(count - 1, Int((value - low) / (high - low) * Double(count)))
      // Rounding may have put a value beside an edge into the neighbor.
      if value < bins[index].lower { index -= 1 }
      if index < count - 1, value >= bins[index].upper { index += 1 }
      bins[index].count += 1
    }
    return bins
  }

  /// The shapes and texts, placed.
  public func drawing() -> Drawing {
    let edges = bins.flatMap { [$0.lower, $0.upper] }
    let x = Ticks(
      showing: edges + references.map(\.value), axis: axis, isTight: true, count: 7)
    let y = Ticks(
      showing: [0] + bins.map { Double($0.count) }, axis: Axis(), isTight: false, count: 4)
    var drawing = framed(
      x: x, y: y, axisTitles: (axis.title, "count"),
      topRoom: labelRoom(for: references), height: 290)
    drawing.layers = [.boxes(bins.filter { $0.count > 0 }.map { box($0, in: drawing) })]
    for line in references { drawing.markVertically(line) }
    return drawing
  }

  private func box(_ bin: Bin, in drawing: Drawing) -> Drawing.Box {
    // One pixel of ground between bars keeps them apart.
    let pixel =
      (drawing.x.range.upperBound - drawing.x.range.lowerBound)
      / (drawing.area.right - drawing.area.left)
    let gap = min(pixel, (bin.upper - bin.lower) * 0.2) / 2
    return .init(
      x: (bin.lower + gap)...(bin.upper - gap), y: 0...Double(bin.count), ink: .series(0),
      opacity: 0.85)
  }

  /// The bins row by row.
  public func table() -> Table {
    Table(
      caption: omittedCount == 0 ? "" : "\(omittedCount) values are not finite and left out.",
      columns: [.init("from", .trailing), .init("to", .trailing), .init("count", .trailing)],
      rows: bins.map {
        [.init(significant($0.lower)), .init(significant($0.upper)), .init($0.count)]
      })
  }
}
