/// The names of the series of a plot: beside the ends of lines where they fit, else in rows on top.
struct Legend {
  struct Entry: Equatable {
    var name: String
    var index: Int
    /// The ink of the swatch.
    var ink: Ink { .series(index) }
    /// The ink of the name when it stands alone beside its line.
    var labelInk: Ink { .label(index) }
  }

  static let rowHeight = 20.0
  private static let gap = 18.0

  private(set) var rows: [[Entry]] = []
  private let isSquare: Bool

  /// Fills rows from the left as long as names fit.
  init(_ entries: [Entry], isSquare: Bool, width: Double) {
    self.isSquare = isSquare
    var used = Double.infinity
    for var entry in entries {
      entry.name = shortened(entry.name, to: width - 60)
      let needed = self.width(of: entry)
      if used + needed > width {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append(entry)
      used += needed
    }
  }

  /// The height of all rows, in pixels.
  var height: Double { Double(rows.count) * Legend.rowHeight }

  /// Places the rows with the first one's middle at `y`.
  func place(in drawing: inout Drawing, x: Double, y: Double) {
    for (index, row) in rows.enumerated() {
      var left = x
      let middle = y + Double(index) * Legend.rowHeight
      for entry in row {
        let end = left + swatchWidth
        drawing.swatches.append(
          isSquare
            ? .box(x: left...end, y: (middle - 5)...(middle + 5), entry.ink, opacity: 1)
            : .stroke(x: left...end, y: middle, entry.ink))
        drawing.texts.append(.init(text: entry.name, x: end + 6, y: middle, ink: .text))
        left += width(of: entry)
      }
    }
  }

  private var swatchWidth: Double { isSquare ? 10 : 18 }

  private func width(of entry: Entry) -> Double {
    swatchWidth + 6 + estimatedWidth(entry.name) + Legend.gap
  }
}

/// Moves labels that would overlap apart, as little as needed, inside `bounds`.
///
/// - Parameters:
///   - wanted: The middle of each label.
///   - spacing: The least distance of two middles.
///   - bounds: Where middles may lie; must hold all of them at that spacing to be kept.
/// - Returns: One middle per label, in the order given.
func spreadApart(
  _ wanted: [Double], spacing: Double, in bounds: ClosedRange<Double>
) -> [Double] {
  let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
  var placed: [Double] = []
  for index in order {
    let least = placed.last.map { $0 + spacing } ?? bounds.lowerBound
    placed.append(max(wanted[index], least))
  }
  // Those pushed past the end move back, and push the ones before them.
  var most = bounds.upperBound
  for position in placed.indices.reversed() {
    placed[position] = min(placed[position], most)
    most = placed[position] - spacing
  }
  var result = wanted
  for (position, index) in order.enumerated() { result[index] = placed[position] }
  return result
}
