/// The solution of `matrix x = right` by elimination with row exchanges; `nil` if the matrix is
/// singular.
func solve(_ matrix: Matrix, _ right: [Double]) -> [Double]? {
  let size = right.count
  var work = matrix
  var right = right
  let regular = work.elements.withUnsafeMutableBufferPointer { elements -> Bool in
    guard let base = elements.baseAddress else { return true }
    for pivot in 0..<size {
      var chosen = pivot
      for row in pivot..<size where abs(base[row * size + pivot]) > abs(base[chosen * size + pivot])
      {
        chosen = row
      }
      guard base[chosen * size + pivot] != 0 else { return false }
      if chosen != pivot {
        for column in pivot..<size {
          swap(&base[chosen * size + column], &base[pivot * size + column])
        }
        right.swapAt(chosen, pivot)
      }
      let source = base + pivot * size + pivot + 1
      for row in pivot + 1..<max(size, pivot + 1) {
        let factor = base[row * size + pivot] / base[pivot * size + pivot]
        if factor == 0 { continue }
        addScaled(-factor, source, to: base + row * size + pivot + 1, size - pivot - 1)
        right[row] -= factor * right[pivot]
      }
    }
    for row in stride(from: size - 1, through: 0, by: -1) {
      for column in row + 1..<max(size, row + 1) {
        right[row] -= base[row * size + column] * right[column]
      }
      right[row] /= base[row * size + row]
    }
    return true
  }
  return regular ? right : nil
}
