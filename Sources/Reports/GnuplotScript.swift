extension Drawing {
  /// Every text of the drawing: the marks of both axes, then the others.
  ///
  /// gnuplot is told only the numbers of texts, as in `'t7'`, and ``PlotShapes`` puts the texts
  /// back, so that nothing in a name or title can ever be read as a command.
  var strings: [String] {
    x.marks.map(\.label) + y.marks.map(\.label) + texts.map(\.text)
  }

  /// The whole script: settings, data and one `plot` command.
  var script: String {
    let data = layers.enumerated().filter { !$0.element.isEmpty }
    let blocks = data.map { "$layer\($0.offset) << END\n\($0.element.rows)END" }
    let plots = data.map { "$layer\($0.offset) \($0.element.style) notitle" }
    return
      (settings + texts.indices.map(label) + swatches.map(swatch) + blocks
      + ["plot " + (plots + ["NaN notitle"]).joined(separator: ", ")])
      .joined(separator: "\n") + "\n"
  }

  private var settings: [String] {
    [
      "set terminal svg size \(Int(size.width)),\(Int(size.height)) noenhanced"
        + " font 'sans,\(fontSize)'",
      "unset key",
      "set clip two",
      "set lmargin at screen \(across(area.left))",
      "set rmargin at screen \(across(area.right))",
      "set tmargin at screen \(up(area.top))",
      "set bmargin at screen \(up(area.bottom))",
      "set border \(hasHorizontalGrid ? 1 : hasVerticalGrid ? 2 : 0) lc \(Ink.axis.argument)",
      "set tics nomirror scale 0",
      grid,
    ] + axis("x", x, firstText: 0) + axis("y", y, firstText: x.marks.count)
  }

  private var grid: String {
    guard hasVerticalGrid || hasHorizontalGrid else { return "unset grid" }
    return "set grid \(hasVerticalGrid ? "xtics" : "noxtics")"
      + " \(hasHorizontalGrid ? "ytics" : "noytics") lt 1 dashtype 1 lw 1 lc \(Ink.grid.argument)"
  }

  private func axis(_ name: String, _ ticks: Ticks, firstText: Int) -> [String] {
    let marks = ticks.marks.enumerated().map {
      "'t\(firstText + $0.offset)' \($0.element.position)"
    }
    return [
      ticks.isLogarithmic ? "set logscale \(name)" : "unset logscale \(name)",
      "set \(name)range [\(ticks.range.lowerBound):\(ticks.range.upperBound)]",
      marks.isEmpty
        ? "unset \(name)tics"
        : "set \(name)tics (\(marks.joined(separator: ", "))) textcolor \(Ink.muted.argument)",
    ]
  }

  private func label(_ index: Int) -> String {
    let text = texts[index]
    return "set label 't\(x.marks.count + y.marks.count + index)' at screen"
      + " \(across(text.x)),\(up(text.y)) \(text.anchor.rawValue) font ',\(text.size)'"
      + " textcolor \(text.ink.argument) front"
  }

  private func swatch(_ swatch: Swatch) -> String {
    switch swatch {
    case .stroke(let x, let y, let ink):
      "set arrow from screen \(across(x.lowerBound)),\(up(y)) to screen"
        + " \(across(x.upperBound)),\(up(y)) nohead lw 2.5 lc \(ink.argument)"
    case .box(let x, let y, let ink, let opacity):
      "set object rectangle from screen \(across(x.lowerBound)),\(up(y.upperBound)) to screen"
        + " \(across(x.upperBound)),\(up(y.lowerBound)) fillcolor \(ink.argument)"
        + " fillstyle transparent solid \(opacity) noborder"
    }
  }

  private func across(_ pixels: Double) -> Double { pixels / size.width }

  private func up(_ pixels: Double) -> Double { 1 - pixels / size.height }
}

extension Drawing.Layer {
  fileprivate var isEmpty: Bool { rows.isEmpty }

  /// The numbers, one row per line; a blank line is a gap. Swift writes the shortest digits that
  /// read back as the same number.
  fileprivate var rows: String {
    switch self {
    case .band(let pieces, _):
      pieces.map { $0.map { "\($0.x) \($0.low) \($0.high)\n" }.joined() }.joined(separator: "\n")
    case .lines(let pieces, _, _):
      pieces.map { $0.map { "\($0.x) \($0.y)\n" }.joined() }.joined(separator: "\n")
    case .points(let points, _, _):
      points.map { "\($0.x) \($0.y)\n" }.joined()
    case .boxes(let boxes):
      boxes.map(\.row).joined()
    }
  }

  fileprivate var style: String {
    switch self {
    case .band(_, let ink):
      "using 1:2:3 with filledcurves fillcolor \(ink.argument) fillstyle solid 0.18 noborder"
    case .lines(_, let ink, .solid(let width)):
      "using 1:2 with lines lw \(width) dashtype 1 lc \(ink.argument)"
    case .lines(_, let ink, .dashed(let width)):
      "using 1:2 with lines lw \(width) dashtype (8,5) lc \(ink.argument)"
    case .points(_, let ink, let size):
      "using 1:2 with points pt 7 ps \(size / 4.875) lc \(ink.argument)"
    case .boxes:
      "using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid noborder lc rgb variable"
    }
  }
}

extension Drawing.Box {
  fileprivate var row: String {
    // gnuplot's colors carry transparency, not opacity, in their highest byte.
    let transparency = Int(((1 - min(max(opacity, 0), 1)) * 255).rounded())
    return "\(x.lowerBound) \(y.lowerBound) \(x.lowerBound) \(x.upperBound) \(y.lowerBound)"
      + " \(y.upperBound) \(transparency << 24 | ink.marker)\n"
  }
}

extension Ink {
  fileprivate var argument: String {
    let digits = String(marker, radix: 16)
    return "rgb '#\(String(repeating: "0", count: 6 - digits.count))\(digits)'"
  }
}
