extension BarChart {
  /// The shapes and texts, placed.
  public func drawing() -> Drawing {
    let ends = placeable.flatMap { bar in
      [bar.estimate.value] + (bar.estimate.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let origin: [Double] = axis.scale == .linear ? [0] : []
    let values = Ticks(
      showing: ends + origin + references.map(\.value), axis: axis, isTight: false, count: 5)
    let legend = Legend(
      series.count < 2 ? [] : series.indices.map { .init(name: series[$0].name, index: $0) },
      isSquare: true, width: plotWidth)
    let room =
      legend.height + (direction == .rightward ? labelRoom(for: references) : 0)
    var drawing = frame(values, topRoom: room)
    legend.place(in: &drawing, x: 0, y: drawing.area.top - room)
    for line in references { addReference(line, to: &drawing) }
    addBars(to: &drawing, values)
    return drawing
  }

  private struct Bar {
    var category: Int
    var series: Int
    var estimate: Estimate
  }

  private var placeable: [Bar] {
    series.indices.flatMap { one in
      categories.indices.compactMap { category in
        series[one].values[category].flatMap { estimate in
          axis.scale.canPlace(estimate.value)
            ? Bar(category: category, series: one, estimate: estimate) : nil
        }
      }
    }
  }

  private func frame(_ values: Ticks, topRoom: Double) -> Drawing {
    guard direction == .rightward else {
      return framed(
        x: Ticks(categories: categories), y: values, axisTitles: ("", axis.title), topRoom: topRoom,
        height: 320 + topRoom)
    }
    let bars = Double(categories.count * max(1, series.count))
    // The first category belongs on top, while the axis counts upward.
    var slots = Ticks(categories: categories)
    for index in slots.marks.indices {
      slots.marks[index].position = Double(categories.count - 1 - index)
    }
    var drawing = framed(
      x: values, y: slots, axisTitles: (axis.title, ""), topRoom: topRoom,
      height: 62 + topRoom + bars * 20 + Double(categories.count) * 10)
    // The longest bar's value stands behind its end.
    drawing.area.right -= 36
    (drawing.hasVerticalGrid, drawing.hasHorizontalGrid) = (true, false)
    return drawing
  }

  // MARK: Bars

  private func addBars(to drawing: inout Drawing, _ values: Ticks) {
    let bars = placeable
    let boxes = bars.map { bar in
      let (across, along) = (span(of: bar), extent(of: bar, within: values))
      return direction == .upward
        ? Drawing.Box(x: across, y: along, ink: ink(of: bar))
        : Drawing.Box(x: along, y: across, ink: ink(of: bar))
    }
    drawing.layers.insert(.boxes(boxes), at: 0)
    drawing.layers.append(.lines(pieces: bars.flatMap(whisker), .text, .solid(1.25)))
    for bar in bars { addValue(of: bar, to: &drawing) }
  }

  /// From zero, or the start of a logarithmic axis, to the value, as far as the axis reaches.
  private func extent(of bar: Bar, within values: Ticks) -> ClosedRange<Double> {
    let base = values.clamped(axis.scale == .linear ? 0 : values.range.lowerBound)
    let value = values.clamped(bar.estimate.value)
    return min(base, value)...max(base, value)
  }

  private func span(of bar: Bar) -> ClosedRange<Double> {
    let width = 0.72 / Double(series.count)
    let start = -0.36 + Double(bar.series) * width
    guard direction == .rightward else {
      let left = Double(bar.category) + start
      return left...(left + width * 0.94)
    }
    let top = Double(categories.count - 1 - bar.category) - start
    return (top - width * 0.94)...top
  }

  private func ink(of bar: Bar) -> Ink {
    guard let emphasis, series.count == 1 else { return .series(bar.series) }
    return categories[bar.category] == emphasis ? .series(0) : .quiet
  }

  private func whisker(of bar: Bar) -> [[Drawing.Point]] {
    guard let interval = bar.estimate.interval, axis.scale.canPlace(interval.lowerBound) else {
      return []
    }
    let (middle, cap) = (middle(of: bar), 0.1 / Double(series.count))
    let ends = [interval.lowerBound, interval.upperBound]
    let strokes =
      [ends.map { (along: $0, across: middle) }]
      + ends.map { end in [-cap, cap].map { (along: end, across: middle + $0) } }
    return strokes.map { stroke in
      stroke.map {
        direction == .upward
          ? .init(x: $0.across, y: $0.along) : .init(x: $0.along, y: $0.across)
      }
    }
  }

  private func middle(of bar: Bar) -> Double {
    let span = span(of: bar)
    return (span.lowerBound + span.upperBound) / 2
  }

  /// Writes the value behind the end of the bar, where there is room for it.
  private func addValue(of bar: Bar, to drawing: inout Drawing) {
    let end = max(bar.estimate.interval?.upperBound ?? bar.estimate.value, 0)
    let (middle, span) = (middle(of: bar), span(of: bar))
    var text = Drawing.PlacedText(text: bar.estimate.valueText, x: 0, y: 0, ink: .text, size: 12)
    if direction == .rightward {
      text.x = drawing.pixelX(drawing.x.clamped(end)) + 7
      text.y = drawing.pixelY(middle)
      if let emphasis, emphasis != categories[bar.category] { text.ink = .muted }
    } else {
      let room = drawing.pixelX(span.upperBound) - drawing.pixelX(span.lowerBound)
      guard estimatedWidth(text.text, size: 12) <= room + 6 else { return }
      text.x = drawing.pixelX(middle)
      text.y = drawing.pixelY(drawing.y.clamped(end)) - 9
      text.anchor = .center
    }
    drawing.texts.append(text)
  }

  private func addReference(_ line: ReferenceLine, to drawing: inout Drawing) {
    if direction == .rightward {
      drawing.markVertically(line)
    } else if drawing.y.contains(line.value) {
      drawing.markHorizontally(line, isLabelRight: true)
    }
  }
}
