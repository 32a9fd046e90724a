/// One plane rotation between the rows `row` and `row + 1`.
private struct Rotation {
  var row: Int
  var cosine: Double
  var sine: Double
}

extension Tridiagonal {
  /// Makes the form diagonal and turns the rows of `basis` along.
  ///
  /// - Returns: Whether every value settled.
  mutating func diagonalize(rotating basis: inout Matrix) -> Bool {
    let size = diagonal.count
    guard size > 1 else { return true }
    // The off-diagonals move up by one place, and the last is a border that is never read.
    besides.removeFirst()
    besides.append(0)
    var rotations: [Rotation] = []
    rotations.reserveCapacity(32 * size)
    for index in 0..<size {
      var sweeps = 0
      while let end = blockEnd(from: index), end > index {
        guard sweeps < 60 else { return false }
        sweeps += 1
        sweep(from: index, to: end, into: &rotations)
        if rotations.count > 31 * size { apply(&rotations, to: &basis) }
      }
    }
    apply(&rotations, to: &basis)
    return true
  }

  /// The last row of the block that begins at `start` and has no negligible coupling inside.
  private func blockEnd(from start: Int) -> Int? {
    var end = start
    while end < diagonal.count - 1 {
      let scale = abs(diagonal[end]) + abs(diagonal[end + 1])
      if abs(besides[end]) <= 0x1p-53 * scale || abs(besides[end]) < 1e-150 { break }
      end += 1
    }
    return end
  }

  /// One QL sweep with Wilkinson's shift over the rows `start...end`.
  private mutating func sweep(from start: Int, to end: Int, into rotations: inout [Rotation]) {
    let half = (diagonal[start + 1] - diagonal[start]) / (2 * besides[start])
    let root = abs(half) > 1e100 ? abs(half) : (half * half + 1).squareRoot()
    var ahead =
      diagonal[end] - diagonal[start] + besides[start] / (half + (half < 0 ? -root : root))
    var (sine, cosine, carried) = (1.0, 1.0, 0.0)
    for row in stride(from: end - 1, through: start, by: -1) {
      let product = sine * besides[row]
      let rest = cosine * besides[row]
      // Numbers are below 1 here; squares that vanish together count as no coupling.
      let length = (product * product + ahead * ahead).squareRoot()
      besides[row + 1] = length
      guard length > 1e-150 else {
        // A rotation that vanished: the block splits here.
        diagonal[row + 1] -= carried
        besides[end] = 0
        return
      }
      let inverse = 1 / length
      sine = product * inverse
      cosine = ahead * inverse
      ahead = diagonal[row + 1] - carried
      let mixed = (diagonal[row] - ahead) * sine + 2 * cosine * rest
      carried = sine * mixed
      diagonal[row + 1] = ahead + carried
      ahead = cosine * mixed - rest
      rotations.append(Rotation(row: row, cosine: cosine, sine: sine))
    }
    diagonal[start] -= carried
    besides[start] = ahead
    besides[end] = 0
  }

  /// Applies the collected rotations in order and forgets them.
  ///
  /// Eight columns at a time are copied into a strip that fits in the cache, whatever the distance
  /// of the rows.
  private func apply(_ rotations: inout [Rotation], to basis: inout Matrix) {
    let (height, width) = (basis.rows, basis.columns)
    var strip = [Double](repeating: 0, count: height * 8)
    basis.elements.withUnsafeMutableBufferPointer { elements in
      strip.withUnsafeMutableBufferPointer { strip in
        guard let base = elements.baseAddress, let strip = strip.baseAddress else { return }
        for first in stride(from: 0, to: width, by: 8) {
          let count = min(8, width - first)
          for row in 0..<height {
            for column in 0..<count {
              strip[row * 8 + column] = base[row * width + first + column]
            }
          }
          rotate(strip, rotations)
          for row in 0..<height {
            for column in 0..<count {
              base[row * width + first + column] = strip[row * 8 + column]
            }
          }
        }
      }
    }
    rotations.removeAll(keepingCapacity: true)
  }
}

/// Applies rotations to rows of eight numbers.
///
/// The upper row of a rotation is mostly the lower row of the next, and then stays in registers.
private func rotate(_ strip: UnsafeMutablePointer<Double>, _ rotations: [Rotation]) {
  guard let first = rotations.first else { return }
  var lower = strip + (first.row + 1) * 8
  var (b0, b1) = (load(lower, 0), load(lower, 2))
  var (b2, b3) = (load(lower, 4), load(lower, 6))
  for rotation in rotations {
    let upper = strip + rotation.row * 8
    if lower != upper + 8 {
      store(b0, lower, 0)
      store(b1, lower, 2)
      store(b2, lower, 4)
      store(b3, lower, 6)
      lower = upper + 8
      (b0, b1) = (load(lower, 0), load(lower, 2))
      (b2, b3) = (load(lower, 4), load(lower, 6))
    }
    let cosine = Lane(repeating: rotation.cosine)
    let sine = Lane(repeating: rotation.sine)
    let (a0, a1) = (load(upper, 0), load(upper, 2))
    let (a2, a3) = (load(upper, 4), load(upper, 6))
    store(sine * a0 + cosine * b0, lower, 0)
    store(sine * a1 + cosine * b1, lower, 2)
    store(sine * a2 + cosine * b2, lower, 4)
    store(sine * a3 + cosine * b3, lower, 6)
    (b0, b1) = (cosine * a0 - sine * b0, cosine * a1 - sine * b1)
    (b2, b3) = (cosine * a2 - sine * b2, cosine * a3 - sine * b3)
    lower = upper
  }
  store(b0, lower, 0)
  store(b1, lower, 2)
  store(b2, lower, 4)
  store(b3, lower, 6)
}
