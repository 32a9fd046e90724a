internal import CVectors

/// The widest vectors of this processor, which decide how fast the loops below are, and not what
/// they give: every set of instructions gives the same bits.
let instructionSet = cv_best_set()

/// The inner product of two vectors of equal length.
func dot(_ left: [Double], _ right: [Double]) -> Double {
  precondition(left.count == right.count, "\(left.count) and \(right.count) numbers")
  return cv_dot(instructionSet, left, right, left.count)
}

/// The Euclidean length of a vector.
func norm(_ vector: [Double]) -> Double { dot(vector, vector).squareRoot() }

/// `target = keep * target + gain * direction`.
func blend(_ target: inout [Double], keep: Double, gain: Double, _ direction: [Double]) {
  for index in target.indices { target[index] = keep * target[index] + gain * direction[index] }
}

/// The sum of the rows of `matrix`, the first `weights.count` of them, each times its weight.
func weightedSum(_ weights: some Collection<Double>, rowsOf matrix: Matrix) -> [Double] {
  var sum = [Double](repeating: 0, count: matrix.columns)
  sum.withUnsafeMutableBufferPointer { sum in
    matrix.elements.withUnsafeBufferPointer { elements in
      guard let target = sum.baseAddress, var row = elements.baseAddress else { return }
      for weight in weights {
        addScaled(weight, row, to: target, matrix.columns)
        row += matrix.columns
      }
    }
  }
  return sum
}

func dot(
  _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, _ count: Int
) -> Double {
  cv_dot(instructionSet, left, right, count)
}

/// `target += scale * source`.
func addScaled(
  _ scale: Double, _ source: UnsafePointer<Double>, to target: UnsafeMutablePointer<Double>,
  _ count: Int
) {
  cv_add_scaled(instructionSet, scale, source, target, count)
}
