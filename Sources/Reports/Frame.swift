import Foundation

/// A drawing with its axes and their titles, room left for what they need and no more.
///
/// The vertical axis's title stands level above the axis, where it can be read without turning the
/// head.
func framed(
  x: Ticks, y: Ticks, axisTitles titles: (x: String, y: String), topRoom: Double = 0,
  height: Double
) -> Drawing {
  var (x, y) = (x, y)
  // Slots of categories share the width; numbers are short enough by themselves.
  let slot = (plotWidth - 60) / Double(max(1, x.marks.count))
  for index in x.marks.indices {
    x.marks[index].label = shortened(x.marks[index].label, to: max(slot, 70))
  }
  for index in y.marks.indices {
    y.marks[index].label = shortened(y.marks[index].label, to: nameWidth)
  }
  let labels = y.marks.map { estimatedWidth($0.label) }.max() ?? 0
  // The last mark of the horizontal axis may reach past the plotting area by half its width.
  let overhang = (x.marks.last.map { estimatedWidth($0.label) } ?? 0) / 2
  let width = plotWidth
  var drawing = Drawing(
    size: .init(width: width, height: height),
    area: .init(
      left: labels + 14, right: width - max(12, overhang + 2),
      top: (titles.y.isEmpty ? 12 : 34) + topRoom,
      bottom: height - (titles.x.isEmpty ? 28 : 50)),
    x: x, y: y)
  if !titles.y.isEmpty {
    drawing.texts.append(.init(text: shortened(titles.y, to: width), x: 0, y: 10))
  }
  if !titles.x.isEmpty {
    drawing.texts.append(
      .init(
        text: shortened(titles.x, to: width * 0.8), x: (drawing.area.left + drawing.area.right) / 2,
        y: height - 10,
        anchor: .center))
  }
  return drawing
}

private func powerOfTen(_ size: Double) -> Double { pow(10, floor(log10(size))) }

/// A number for a table, with about four digits that count.
func significant(_ value: Double) -> String {
  guard value.isFinite else { return "n/a" }
  let size = abs(value)
  if value == 0 || (value == value.rounded() && size < 1e6) { return fixed(value, decimals: 0) }
  if size >= 1e6 || size < 1e-3 {
    return numberLabel(value, step: powerOfTen(size) * 1e-3, largest: size)
  }
  return fixed(value, decimals: size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4)
}
