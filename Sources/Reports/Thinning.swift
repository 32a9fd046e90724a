/// Leaves out the points of a long line that no reader could see.
///
/// Of the points that follow each other inside one column of pixels the first, lowest, highest and
/// last stay, in their order, so that the line touches the same pixels as before. Lines of up to
/// four points per column stay as they are.
///
/// - Parameters:
///   - points: The line.
///   - ticks: Its horizontal axis.
/// - Returns: The points that stay.
func thinnedToPixels(_ points: [Drawing.Point], along ticks: Ticks) -> [Drawing.Point] {
  guard points.count > 4 * columnCount else { return points }
  return columns(points, { $0.x }, ticks).flatMap { column -> [Drawing.Point] in
    let low = column.indices.min { column[$0].y < column[$1].y }
    let high = column.indices.max { column[$0].y < column[$1].y }
    let kept = Set([column.startIndex, column.endIndex - 1, low, high].compactMap { $0 })
    return kept.sorted().map { column[$0] }
  }
}

/// The same for a band: one point per column, reaching as far as its points did.
func thinnedToPixels(_ points: [Drawing.BandPoint], along ticks: Ticks) -> [Drawing.BandPoint] {
  guard points.count > 4 * columnCount else { return points }
  return columns(points, { $0.x }, ticks).map { column in
    column.dropFirst().reduce(into: column[column.startIndex]) { sum, point in
      sum.low = min(sum.low, point.low)
      sum.high = max(sum.high, point.high)
    }
  }
}

private let columnCount = Int(plotWidth)

/// Runs of neighbors that share a column of pixels.
private func columns<Element>(
  _ points: [Element], _ x: (Element) -> Double, _ ticks: Ticks
) -> [ArraySlice<Element>] {
  var result: [ArraySlice<Element>] = []
  var (start, current) = (0, Double.nan)
  for index in points.indices {
    let column = (ticks.fraction(of: x(points[index])) * plotWidth).rounded(.down)
    if column != current, index > start {
      result.append(points[start..<index])
      start = index
    }
    current = column
  }
  return points.isEmpty ? [] : result + [points[start...]]
}
