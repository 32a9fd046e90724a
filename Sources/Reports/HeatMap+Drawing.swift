extension HeatMap {
  /// The shapes and texts, placed.
  public func drawing() -> Drawing {
    let (height, width) = (Double(values.count), Double(values.first?.count ?? 0))
    let names = rows.isEmpty ? 2 : (shownRows.map { estimatedWidth($0) }.max() ?? 0) + 14
    let widest = min(64, (plotWidth - names - 70) / max(1, width))
    let cellHeight = min(widest, 420 / max(1, height))
    // Cells are square unless only wide ones have room for their numbers.
    let cell = textWidth + 4 <= widest ? widest : cellHeight
    let top = rowTitle.isEmpty ? 6.0 : 30
    let bottom = top + cellHeight * height
    let right = names + cell * width
    var drawing = Drawing(
      size: .init(
        width: (right + 70).rounded(.up),
        height: (bottom + (columns.isEmpty ? 6 : 26) + (columnTitle.isEmpty ? 4 : 24))
          .rounded(.up)),
      area: .init(left: names, right: right, top: top, bottom: bottom),
      x: marks(columns.map { shortened($0, to: 120) }, count: Int(width), room: cell),
      y: rowMarks(room: cellHeight))
    drawing.hasHorizontalGrid = false
    drawing.layers = [.boxes(boxes(in: drawing))]
    addTexts(to: &drawing, cellWidth: cell, cellHeight: cellHeight)
    addScale(to: &drawing)
    return drawing
  }

  private var texts: [[String]] {
    values.map { $0.map { $0.isFinite ? fixed($0, decimals: decimals) : "" } }
  }

  private var textWidth: Double {
    texts.joined().map { estimatedWidth($0, size: 12) }.max() ?? 0
  }

  private var shownRows: [String] { rows.map { shortened($0, to: nameWidth) } }

  private var shades: ClosedRange<Double> {
    let finite = values.joined().filter(\.isFinite)
    let extent = range ?? (finite.min() ?? 0)...(finite.max() ?? 1)
    return extent.lowerBound < extent.upperBound
      ? extent : (extent.lowerBound - 0.5)...(extent.upperBound + 0.5)
  }

  private func opacity(_ value: Double) -> Double {
    let fraction = (value - shades.lowerBound) / (shades.upperBound - shades.lowerBound)
    // Even the lowest value differs from an empty cell.
    return 0.05 + 0.95 * min(max(fraction, 0), 1)
  }

  /// Marks for the names there is room for: every one, or every second, and so on.
  private func marks(_ names: [String], count: Int, room: Double) -> Ticks {
    var ticks = Ticks(categories: Array(repeating: "", count: max(1, count)))
    let widest = names.map { estimatedWidth($0) + 8 }.max() ?? 0
    let every = max(1, Int((widest / room).rounded(.up)))
    ticks.marks = names.enumerated().filter { $0.offset % every == 0 }
      .map { Tick(position: Double($0.offset), label: $0.element) }
    return ticks
  }

  private func rowMarks(room: Double) -> Ticks {
    var ticks = Ticks(categories: Array(repeating: "", count: max(1, values.count)))
    let every = max(1, Int((15 / room).rounded(.up)))
    ticks.marks = shownRows.enumerated().filter { $0.offset % every == 0 }
      .map { Tick(position: Double(values.count - 1 - $0.offset), label: $0.element) }
    return ticks
  }

  private func boxes(in drawing: Drawing) -> [Drawing.Box] {
    // A pixel of ground between cells, unless they are so many that it would gray the map.
    let gap = (values.first?.count ?? 0) > 40 || values.count > 40 ? 0 : 0.02
    return values.indices.flatMap { row in
      values[row].indices.compactMap { column in
        let value = values[row][column]
        guard value.isFinite else { return nil }
        let (x, y) = (Double(column), Double(values.count - 1 - row))
        return .init(
          x: (x - 0.5 + gap)...(x + 0.5 - gap), y: (y - 0.5 + gap)...(y + 0.5 - gap), ink: .heat,
          opacity: opacity(value))
      }
    }
  }

  private func addTexts(to drawing: inout Drawing, cellWidth: Double, cellHeight: Double) {
    if !rowTitle.isEmpty {
      drawing.texts.append(.init(text: shortened(rowTitle, to: drawing.size.width), x: 0, y: 10))
    }
    if !columnTitle.isEmpty {
      drawing.texts.append(
        .init(
          text: shortened(columnTitle, to: drawing.size.width * 0.8),
          x: (drawing.area.left + drawing.area.right) / 2,
          y: drawing.size.height - 10, anchor: .center))
    }
    guard textWidth + 4 <= cellWidth, cellHeight >= 16 else { return }
    for (row, line) in texts.enumerated() {
      for (column, text) in line.enumerated() where !text.isEmpty {
        drawing.texts.append(
          .init(
            text: text, x: drawing.pixelX(Double(column)),
            y: drawing.pixelY(Double(values.count - 1 - row)), anchor: .center,
            ink: opacity(values[row][column]) > 0.7 ? .onHeat : .text, size: 12))
      }
    }
  }

  /// The bar at the right that says which shade means what.
  private func addScale(to drawing: inout Drawing) {
    let (left, steps) = (drawing.area.right + 16, 20)
    // Whole pixels, so that the steps meet without a seam.
    let step = max(1, ((drawing.area.bottom - drawing.area.top) / Double(steps)).rounded(.down))
    let height = step * Double(steps)
    let shades = shades
    for index in 0..<steps {
      let fraction = (Double(index) + 0.5) / Double(steps)
      let bottom = drawing.area.top + height - Double(index) * step
      drawing.swatches.append(
        .box(
          x: left...(left + 10), y: (bottom - step)...bottom, .heat,
          opacity: opacity(shades.lowerBound + fraction * (shades.upperBound - shades.lowerBound))))
    }
    for (value, y) in [
      (shades.upperBound, drawing.area.top + 6), (shades.lowerBound, drawing.area.top + height - 6),
    ] {
      drawing.texts.append(
        .init(text: fixed(value, decimals: decimals), x: left + 16, y: y, size: 11))
    }
  }
}
