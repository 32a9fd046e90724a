/// Inks strokes with a round pen and averages the fine picture down.
struct GlyphRaster {
  private let side: Int
  private let fineness: Int
  private var fine: [UInt8]

  /// Prepares pictures of `side` x `side`.
  ///
  /// The fine picture has at least 105 pixels a side, the size at which Omniglot was drawn, each
  /// wholly ink or paper; at a side of 105 it is the result, as there.
  init(side: Int) {
    self.side = side
    fineness = (105 + side - 1) / side
    fine = [UInt8](repeating: 0, count: side * fineness * side * fineness)
  }

  /// Draws strokes given in parts of the side; 0 is ink and 255 paper.
  mutating func picture(
    of strokes: [[GlyphPoint]], radius: Double, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let wide = side * fineness
    for index in fine.indices { fine[index] = 0 }
    for path in strokes {
      for index in path.indices {
        ink(
          from: Double(wide) * path[max(index - 1, 0)], to: Double(wide) * path[index],
          radius: Double(wide) * radius)
      }
    }
    let area = fineness * fineness
    for row in 0..<side {
      for column in 0..<side {
        var sum = 0
        for down in 0..<fineness {
          let start = (row * fineness + down) * wide + column * fineness
          for right in 0..<fineness { sum += Int(fine[start + right]) }
        }
        target[row * side + column] = UInt8(255 - (510 * sum + area) / (2 * area))
      }
    }
  }

  /// Inks every fine pixel whose middle is within the radius of a straight movement.
  private mutating func ink(from start: GlyphPoint, to end: GlyphPoint, radius: Double) {
    let wide = side * fineness
    let step = end - start
    let square = max(step.x * step.x + step.y * step.y, 1e-12)
    let rows = clamped(min(start.y, end.y) - radius, max(start.y, end.y) + radius, wide)
    let columns = clamped(min(start.x, end.x) - radius, max(start.x, end.x) + radius, wide)
    fine.withUnsafeMutableBufferPointer { fine in
      for row in rows {
        let y = Double(row) + 0.5 - start.y
        for column in columns {
          let x = Double(column) + 0.5 - start.x
          let along = min(max((x * step.x + y * step.y) / square, 0), 1)
          let (missX, missY) = (x - along * step.x, y - along * step.y)
          if missX * missX + missY * missY <= radius * radius { fine[row * wide + column] = 1 }
        }
      }
    }
  }

  private func clamped(_ low: Double, _ high: Double, _ count: Int) -> Range<Int> {
    let first = min(max(Int(low), 0), count)
    return first..<max(first, min(Int(high) + 1, count))
  }
}
