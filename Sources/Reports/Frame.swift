/// A drawing with its axes and their titles, room left for what they need and no more.
///
/// The vertical axis's title stands level above the axis, where it can be read without turning the
/// head.
func framed(
  x: Ticks, y: Ticks, axisTitles titles: (x: String, y: String), width: Double = plotWidth,
  height: Double
) -> Drawing {
  let labels = y.marks.map { estimatedWidth($0.label) }.max() ?? 0
  // The last mark of the horizontal axis may reach past the plotting area by half its width.
  let overhang = (x.marks.last.map { estimatedWidth($0.label) } ?? 0) / 2
  var drawing = Drawing(
    size: .init(width: width, height: height),
    area: .init(
      left: labels + 14, right: width - max(12, overhang + 2), top: titles.y.isEmpty ? 12 : 34,
      bottom: height - (titles.x.isEmpty ? 28 : 50)),
    x: x, y: y)
  if !titles.y.isEmpty { drawing.texts.append(.init(text: titles.y, x: 0, y: 10)) }
  if !titles.x.isEmpty {
    drawing.texts.append(
      .init(
        text: titles.x, x: (drawing.area.left + drawing.area.right) / 2, y: height - 10,
        anchor: .center))
  }
  return drawing
}

/// A number for a table, with about four digits that count.
func significant(_ value: Double) -> String {
  guard value.isFinite else { return "n/a" }
  let size = abs(value)
  if value == 0 || (value == value.rounded() && size < 1e6) { return fixed(value, decimals: 0) }
  if size >= 1e6 || size < 1e-3 { return numberLabel(value, step: size * 1e-3) }
  return fixed(value, decimals: size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4)
}
