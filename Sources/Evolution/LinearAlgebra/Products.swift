/// Matrix products in the two forms that evolution needs, in pure Swift.
///
/// Both keep eight partial sums of two numbers each in registers, which is what sixteen registers
/// allow, and read every operand in the order it is stored.
extension Matrix {
  /// The product `left * right^T`: all inner products of rows with rows.
  static func rowProducts(_ left: Matrix, _ right: Matrix) -> Matrix {
    precondition(
      left.columns == right.columns,
      "rows of \(left.columns) and of \(right.columns) numbers have no inner product")
    var result = Matrix(rows: left.rows, columns: right.rows)
    let inner = left.columns
    let width = right.rows
    result.elements.withUnsafeMutableBufferPointer { result in
      left.elements.withUnsafeBufferPointer { left in
        right.elements.withUnsafeBufferPointer { right in
          guard let target = result.baseAddress, let a = left.baseAddress,
            let b = right.baseAddress
          else { return }
          // Pairs of rows of `right` outside: they stay in the first cache while `left`, the
          // smaller one in every use here, goes by.
          let tiledRows = left.count / inner & ~3
          let tiledColumns = width & ~1
          for column in stride(from: 0, to: tiledColumns, by: 2) {
            for row in stride(from: 0, to: tiledRows, by: 4) {
              rowTile(
                a + row * inner, b + column * inner, inner, target + row * width + column, width)
            }
          }
          for row in 0..<left.count / inner {
            let start = row < tiledRows ? tiledColumns : 0
            for column in start..<width {
              target[row * width + column] = dot(a + row * inner, b + column * inner, inner)
            }
          }
        }
      }
    }
    return result
  }

  /// `self = keep * self + left^T * right`: a sum of outer products of rows.
  mutating func addOuterProducts(_ left: Matrix, _ right: Matrix, keep: Double) {
    precondition(
      left.rows == right.rows && left.columns == rows && right.columns == columns,
      """
      \(left.rows) x \(left.columns) and \(right.rows) x \(right.columns) have no sum of outer \
      products of shape \(rows) x \(columns)
      """)
    let depth = left.rows
    let panels = OuterProductPanels(left, right)
    let (height, width) = (rows, columns)
    elements.withUnsafeMutableBufferPointer { elements in
      guard let target = elements.baseAddress else { return }
      panels.withPointers { leftPanel, rightPanel in
        for row in stride(from: 0, to: height, by: 4) {
          for column in stride(from: 0, to: width, by: 4) {
            let a = leftPanel + row * depth * 2
            let b = rightPanel + column * depth
            let corner = target + row * width + column
            if row + 4 <= height, column + 4 <= width {
              outerTile(a, b, depth, corner, width, keep)
            } else {
              outerEdge(
                a, b, depth, corner, width, keep, min(4, height - row), min(4, width - column))
            }
          }
        }
      }
    }
  }
}

/// Four rows of `left` by two rows of `right`.
@inline(__always)
private func rowTile(
  _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, _ inner: Int,
  _ target: UnsafeMutablePointer<Double>, _ width: Int
) {
  let (a0, a1, a2, a3) = (left, left + inner, left + 2 * inner, left + 3 * inner)
  let (b0, b1) = (right, right + inner)
  var (s00, s01, s10, s11) = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
  var (s20, s21, s30, s31) = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
  var index = 0
  while index + 2 <= inner {
    let x0 = load(b0, index)
    let x1 = load(b1, index)
    let y0 = load(a0, index)
    s00 += y0 * x0
    s01 += y0 * x1
    let y1 = load(a1, index)
    s10 += y1 * x0
    s11 += y1 * x1
    let y2 = load(a2, index)
    s20 += y2 * x0
    s21 += y2 * x1
    let y3 = load(a3, index)
    s30 += y3 * x0
    s31 += y3 * x1
    index += 2
  }
  store(Lane(s00.sum(), s01.sum()), target, 0)
  store(Lane(s10.sum(), s11.sum()), target, width)
  store(Lane(s20.sum(), s21.sum()), target, 2 * width)
  store(Lane(s30.sum(), s31.sum()), target, 3 * width)
  if index < inner {
    for (row, a) in [a0, a1, a2, a3].enumerated() {
      target[row * width] += a[index] * b0[index]
      target[row * width + 1] += a[index] * b1[index]
    }
  }
}

/// Both factors of a sum of outer products, cut into panels of four columns that lie in the order
/// in which a tile reads them. The left one holds every number twice, ready to multiply a pair.
private struct OuterProductPanels {
  private var left: [Double]
  private var right: [Double]

  init(_ left: Matrix, _ right: Matrix) {
    let depth = left.rows
    self.left = [Double](repeating: 0, count: (left.columns + 3) / 4 * 4 * depth * 2)
    self.right = [Double](repeating: 0, count: (right.columns + 3) / 4 * 4 * depth)
    self.left.withUnsafeMutableBufferPointer { panel in
      left.elements.withUnsafeBufferPointer { elements in
        for row in 0..<depth {
          for column in 0..<left.columns {
            let place = ((column / 4 * depth + row) * 4 + column % 4) * 2
            panel[place] = elements[row * left.columns + column]
            panel[place + 1] = elements[row * left.columns + column]
          }
        }
      }
    }
    self.right.withUnsafeMutableBufferPointer { panel in
      right.elements.withUnsafeBufferPointer { elements in
        for row in 0..<depth {
          for column in 0..<right.columns {
            panel[(column / 4 * depth + row) * 4 + column % 4] =
              elements[row * right.columns + column]
          }
        }
      }
    }
  }

  func withPointers(_ body: (UnsafePointer<Double>, UnsafePointer<Double>) -> Void) {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return }
        body(left, right)
      }
    }
  }
}

/// A tile of four by four: `target = keep * target + sum over depth of a^T b`.
@inline(__always)
private func outerTile(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ depth: Int,
  _ target: UnsafeMutablePointer<Double>, _ width: Int, _ keep: Double
) {
  let factor = Lane(repeating: keep)
  let (t0, t1, t2, t3) = (target, target + width, target + 2 * width, target + 3 * width)
  var (s00, s01) = (factor * load(t0, 0), factor * load(t0, 2))
  var (s10, s11) = (factor * load(t1, 0), factor * load(t1, 2))
  var (s20, s21) = (factor * load(t2, 0), factor * load(t2, 2))
  var (s30, s31) = (factor * load(t3, 0), factor * load(t3, 2))
  var (left, right) = (a, b)
  for _ in 0..<depth {
    let x0 = load(right, 0)
    let x1 = load(right, 2)
    let y0 = load(left, 0)
    s00 += y0 * x0
    s01 += y0 * x1
    let y1 = load(left, 2)
    s10 += y1 * x0
    s11 += y1 * x1
    let y2 = load(left, 4)
    s20 += y2 * x0
    s21 += y2 * x1
    let y3 = load(left, 6)
    s30 += y3 * x0
    s31 += y3 * x1
    left += 8
    right += 4
  }
  store(s00, t0, 0)
  store(s01, t0, 2)
  store(s10, t1, 0)
  store(s11, t1, 2)
  store(s20, t2, 0)
  store(s21, t2, 2)
  store(s30, t3, 0)
  store(s31, t3, 2)
}

/// The part of a tile that lies inside the matrix.
private func outerEdge(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ depth: Int,
  _ target: UnsafeMutablePointer<Double>, _ width: Int, _ keep: Double, _ rows: Int,
  _ columns: Int
) {
  for row in 0..<rows {
    for column in 0..<columns {
      var sum = keep * target[row * width + column]
      for level in 0..<depth { sum += a[level * 8 + row * 2] * b[level * 4 + column] }
      target[row * width + column] = sum
    }
  }
}
