extension LinePlot {
  /// The shapes and texts, placed.
  public func drawing() -> Drawing {
    let xTicks = Ticks(
      showing: series.flatMap(\.x) + verticalReferences.map(\.value), axis: x, isTight: true,
      count: 7)
    let yTicks = Ticks(
      showing: series.flatMap { $0.y + $0.lower + $0.upper } + horizontalReferences.map(\.value),
      axis: y, isTight: false, count: 5)
    var drawing = framed(
      x: xTicks, y: yTicks, axisTitles: (x.title, y.title),
      topRoom: labelRoom(for: verticalReferences), height: 350)
    name(in: &drawing)
    for (index, one) in series.enumerated() where !one.lower.isEmpty {
      let pieces = band(of: one).map { thinnedToPixels($0, along: xTicks) }
      drawing.layers.append(.band(pieces: pieces, .series(index)))
    }
    mark(in: &drawing)
    for (index, one) in series.enumerated() {
      drawing.layers += layers(of: one, .series(index), along: xTicks)
    }
    return drawing
  }

  private func places(of one: Series) -> [Drawing.Point?] {
    zip(one.x, one.y).map { across, up in
      x.scale.canPlace(across) && y.scale.canPlace(up) ? .init(x: across, y: up) : nil
    }
  }

  private func band(of one: Series) -> [[Drawing.BandPoint]] {
    runs(
      one.x.indices.map { index in
        let (low, high) = (one.lower[index], one.upper[index])
        let canPlace =
          x.scale.canPlace(one.x[index]) && y.scale.canPlace(low) && y.scale.canPlace(high)
        return canPlace ? .init(x: one.x[index], low: low, high: high) : nil
      })
  }

  private func layers(of one: Series, _ ink: Ink, along ticks: Ticks) -> [Drawing.Layer] {
    let pieces = runs(places(of: one))
    // A value between two gaps has no line to be seen by, so it is always a point.
    let lonely = pieces.filter { $0.count == 1 }.flatMap { $0 }
    let points = Drawing.Layer.points(pieces.flatMap { $0 }, ink, size: 3.5)
    let lines = pieces.filter { $0.count > 1 }.map { thinnedToPixels($0, along: ticks) }
    switch one.style {
    case .points: return [points]
    case .lineAndPoints: return [.lines(pieces: lines, ink, .solid(2)), points]
    case .line:
      return [.lines(pieces: lines, ink, .solid(2)), .points(lonely, ink, size: 2.5)]
    case .dashed:
      return [.lines(pieces: lines, ink, .dashed(1.75)), .points(lonely, ink, size: 2.5)]
    }
  }

  // MARK: Names

  private func name(in drawing: inout Drawing) {
    guard series.count > 1 else { return }
    let entries = series.indices.map { Legend.Entry(name: series[$0].name, index: $0) }
    let widest = series.map { estimatedWidth($0.name) }.max() ?? 0
    if widest <= 150, let middles = endLabels(in: drawing) {
      drawing.area.right = drawing.size.width - widest - 12
      for (entry, middle) in zip(entries, middles) {
        drawing.texts.append(
          .init(
            text: entry.name, x: drawing.area.right + 8, y: middle, ink: entry.labelInk))
      }
    } else {
      let legend = Legend(entries, isSquare: false, width: drawing.size.width)
      legend.place(
        in: &drawing, x: 0, y: drawing.area.top - labelRoom(for: verticalReferences))
      drawing.area.top += legend.height
    }
  }

  /// Where names would stand beside the ends of their lines; `nil` when the lines end too close
  /// together, or elsewhere, for a reader to tell which name is whose.
  private func endLabels(in drawing: Drawing) -> [Double]? {
    let ends = series.compactMap { one in places(of: one).compactMap { $0 }.last }
    guard ends.count == series.count,
      ends.allSatisfy({ drawing.x.fraction(of: $0.x) > 0.97 && $0.x <= drawing.x.range.upperBound })
    else { return nil }
    let wanted = ends.map { drawing.pixelY($0.y) }
    let bounds = (drawing.area.top)...(drawing.area.bottom)
    let middles = spreadApart(wanted, spacing: 17, in: bounds)
    let isClear = zip(wanted, middles).allSatisfy { abs($0 - $1) < 26 }
    return isClear ? middles : nil
  }

  // MARK: Reference lines

  private func mark(in drawing: inout Drawing) {
    for line in horizontalReferences {
      drawing.markHorizontally(line, isLabelRight: isRightFree(near: line.value, in: drawing))
    }
    for line in verticalReferences { drawing.markVertically(line) }
  }

  /// Whether no series passes where the label of a reference line would stand at the right.
  private func isRightFree(near value: Double, in drawing: Drawing) -> Bool {
    let middle = drawing.pixelY(value) - 10
    return !series.contains { one in
      places(of: one).compactMap { $0 }.contains { point in
        drawing.x.fraction(of: point.x) > 0.75 && abs(drawing.pixelY(point.y) - middle) < 14
      }
    }
  }
}

extension Drawing {
  /// Marks a value of the vertical axis, with its label at one end.
  mutating func markHorizontally(_ line: ReferenceLine, isLabelRight: Bool) {
    guard y.contains(line.value) else { return }
    let label = shortened(line.label, to: area.right - area.left - 10, size: 12)
    let ends = [x.range.lowerBound, x.range.upperBound]
    layers.append(
      .lines(pieces: [ends.map { .init(x: $0, y: line.value) }], .text, .dashed(1)))
    texts.append(
      .init(
        text: label, x: isLabelRight ? area.right - 4 : area.left + 6,
        y: pixelY(line.value) - 10, anchor: isLabelRight ? .right : .left, size: 12))
  }

  /// Marks a place on the horizontal axis, with its label above the plotting area.
  mutating func markVertically(_ line: ReferenceLine) {
    guard x.contains(line.value) else { return }
    let ends = [y.range.lowerBound, y.range.upperBound]
    layers.append(
      .lines(pieces: [ends.map { .init(x: line.value, y: $0) }], .text, .dashed(1)))
    let label = shortened(line.label, to: size.width * 0.8, size: 12)
    let half = estimatedWidth(label, size: 12) / 2
    let middle = min(max(pixelX(line.value), half), size.width - half)
    texts.append(
      .init(text: label, x: middle, y: area.top - 9, anchor: .center, size: 12))
  }
}

extension Ticks {
  func contains(_ value: Double) -> Bool { value.isFinite && range.contains(value) }
}
