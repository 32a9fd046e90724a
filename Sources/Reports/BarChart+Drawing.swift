extension BarChart {
  /// The shapes and texts, placed.
  public func drawing() -> Drawing {
    let ends = placeable.flatMap { bar in
      [bar.estimate.value] + (bar.estimate.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let origin: [Double] = axis.scale == .linear ? [0] : []
    let values = Ticks(
      showing: ends + origin + references.map(\.value), axis: axis, isTight: false, count: 5)
    var drawing = frame(values)
    if series.count > 1 {
      let legend = Legend(
        series.indices.map { .init(name: series[$0].name, index: $0) }, isSquare: true,
        width: drawing.size.width)
      let top = drawing.area.top
      drawing.size.height += legend.height
      drawing.area.bottom += legend.height
      for index in drawing.texts.indices where drawing.texts[index].y > top {
        drawing.texts[index].y += legend.height
      }
      legend.place(in: &drawing, x: 0, y: top - 4)
      drawing.area.top += legend.height
    }
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

  private func frame(_ values: Ticks) -> Drawing {
    let slots = Ticks(categories: categories)
    let bars = Double(categories.count * max(1, series.count))
    guard direction == .rightward else {
      return framed(x: slots, y: values, axisTitles: ("", axis.title), height: 320)
    }
    let height = 62 + bars * 20 + Double(categories.count) * 10
    var drawing = framed(x: values, y: slots, axisTitles: (axis.title, ""), height: height)
    // The first category belongs on top, while the axis counts upward.
    drawing.y.marks = categories.enumerated().map {
      Tick(position: Double(categories.count - 1 - $0.offset), label: $0.element)
    }
    (drawing.hasVerticalGrid, drawing.hasHorizontalGrid) = (true, false)
    return drawing
  }

  // MARK: Bars

  private func addBars(to drawing: inout Drawing, _ values: Ticks) {
    var boxes: [Drawing.Box] = []
    var whiskers: [[Drawing.Point]] = []
    for bar in placeable {
      let across = span(of: bar)
      let base =
        axis.scale == .linear
        ? min(max(0, values.range.lowerBound), values.range.upperBound) : values.range.lowerBound
      let value = min(max(bar.estimate.value, values.range.lowerBound), values.range.upperBound)
      let along = min(base, value)...max(base, value)
      boxes.append(
        direction == .upward
          ? .init(x: across, y: along, ink: ink(of: bar))
          : .init(x: along, y: across, ink: ink(of: bar)))
      whiskers += whisker(of: bar, across: (across.lowerBound + across.upperBound) / 2)
      addValue(of: bar, across: across, to: &drawing)
    }
    for line in references { addReference(line, to: &drawing) }
    drawing.layers.insert(.boxes(boxes), at: 0)
    drawing.layers.append(.lines(pieces: whiskers, .text, .solid(1.25)))
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
    return .series(categories[bar.category] == emphasis ? 0 : Ink.seriesCount - 1)
  }

  private func whisker(of bar: Bar, across: Double) -> [[Drawing.Point]] {
    guard let interval = bar.estimate.interval, axis.scale.canPlace(interval.lowerBound) else {
      return []
    }
    let ends = [interval.lowerBound, interval.upperBound]
    let cap = 0.1 / Double(series.count)
    let strokes =
      [ends.map { (along: $0, across: across) }]
      + ends.map { end in [(along: end, across: across - cap), (along: end, across: across + cap)] }
    return strokes.map { stroke in
      stroke.map {
        direction == .upward
          ? .init(x: $0.across, y: $0.along) : .init(x: $0.along, y: $0.across)
      }
    }
  }

  private func addValue(
    of bar: Bar, across: ClosedRange<Double>, to drawing: inout Drawing
  ) {
    let middle = (across.lowerBound + across.upperBound) / 2
    let end = bar.estimate.interval?.upperBound ?? bar.estimate.value
    let text = bar.estimate.valueText
    if direction == .rightward {
      let isEmphasized = emphasis == categories[bar.category]
      drawing.texts.append(
        .init(
          text: text, x: drawing.pixelX(max(end, 0)) + 7, y: drawing.pixelY(middle),
          ink: isEmphasized || emphasis == nil ? .text : .muted, size: 12))
    } else {
      let slot = drawing.pixelX(across.upperBound) - drawing.pixelX(across.lowerBound)
      guard estimatedWidth(text, size: 12) <= slot + 6 else { return }
      drawing.texts.append(
        .init(
          text: text, x: drawing.pixelX(middle), y: drawing.pixelY(max(end, 0)) - 9,
          anchor: .center, ink: .text, size: 12))
    }
  }

  private func addReference(_ line: ReferenceLine, to drawing: inout Drawing) {
    if direction == .rightward {
      drawing.markVertically(line)
    } else if drawing.y.contains(line.value) {
      drawing.markHorizontally(line, isLabelRight: true)
    }
  }
}
