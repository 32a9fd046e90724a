internal import CVectors

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
    var rotations: [cv_rotation] = []
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
  private mutating func sweep(from start: Int, to end: Int, into rotations: inout [cv_rotation]) {
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
      rotations.append(cv_rotation(row: row, cosine: cosine, sine: sine))
    }
    diagonal[start] -= carried
    besides[start] = ahead
    besides[end] = 0
  }

  /// Applies the collected rotations in order and forgets them.
  ///
  /// Eight columns at a time are copied into a strip that fits in the cache, whatever the distance
  /// of the rows.
  private func apply(_ rotations: inout [cv_rotation], to basis: inout Matrix) {
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
          cv_rotate(instructionSet, strip, rotations, rotations.count)
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
