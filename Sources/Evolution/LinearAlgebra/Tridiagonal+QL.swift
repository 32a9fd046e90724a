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
      if abs(besides[end]) <= 0x1p-53 * scale || abs(besides[end]) < 0x1p-1020 { break }
      end += 1
    }
    return end
  }

  /// One QL sweep with Wilkinson's shift over the rows `start...end`.
  private mutating func sweep(from start: Int, to end: Int, into rotations: inout [Rotation]) {
    let half = (diagonal[start + 1] - diagonal[start]) / (2 * besides[start])
    let root = hypotenuse(half, 1)
    var ahead =
      diagonal[end] - diagonal[start] + besides[start] / (half + (half < 0 ? -root : root))
    var (sine, cosine, carried) = (1.0, 1.0, 0.0)
    for row in stride(from: end - 1, through: start, by: -1) {
      let product = sine * besides[row]
      let rest = cosine * besides[row]
      let length = hypotenuse(product, ahead)
      besides[row + 1] = length
      guard length > 0 else {
        // A rotation that vanished: the block splits here.
        diagonal[row + 1] -= carried
        besides[end] = 0
        return
      }
      sine = product / length
      cosine = ahead / length
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
  private func apply(_ rotations: inout [Rotation], to basis: inout Matrix) {
    let width = basis.columns
    basis.elements.withUnsafeMutableBufferPointer { elements in
      guard let base = elements.baseAddress else { return }
      for first in stride(from: 0, to: width, by: 64) {
        let count = min(64, width - first)
        for rotation in rotations {
          rotate(base + rotation.row * width + first, width, count, rotation)
        }
      }
    }
    rotations.removeAll(keepingCapacity: true)
  }
}

@inline(__always)
private func rotate(
  _ upper: UnsafeMutablePointer<Double>, _ width: Int, _ count: Int, _ rotation: Rotation
) {
  let lower = upper + width
  let cosine = Lane(repeating: rotation.cosine)
  let sine = Lane(repeating: rotation.sine)
  var index = 0
  while index + 2 <= count {
    let (above, below) = (load(upper, index), load(lower, index))
    store(sine * above + cosine * below, lower, index)
    store(cosine * above - sine * below, upper, index)
    index += 2
  }
  if index < count {
    let (above, below) = (upper[index], lower[index])
    lower[index] = rotation.sine * above + rotation.cosine * below
    upper[index] = rotation.cosine * above - rotation.sine * below
  }
}

/// The length of `(a, b)` without overflow.
@inline(__always)
private func hypotenuse(_ a: Double, _ b: Double) -> Double {
  let (larger, smaller) = (max(abs(a), abs(b)), min(abs(a), abs(b)))
  guard larger > 0 else { return 0 }
  let ratio = smaller / larger
  return larger * (1 + ratio * ratio).squareRoot()
}
