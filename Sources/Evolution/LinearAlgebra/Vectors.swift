/// The inner product of two vectors of equal length.
func dot(_ left: [Double], _ right: [Double]) -> Double {
  left.withUnsafeBufferPointer { left in
    right.withUnsafeBufferPointer { right in
      guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
      return dot(first, second, left.count)
    }
  }
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

typealias Lane = SIMD2<Double>

/// Two neighbouring numbers; every processor Swift knows has registers of this width.
@inline(__always)
func load(_ pointer: UnsafePointer<Double>, _ offset: Int) -> Lane {
  UnsafeRawPointer(pointer + offset).loadUnaligned(as: Lane.self)
}

@inline(__always)
func load(_ pointer: UnsafeMutablePointer<Double>, _ offset: Int) -> Lane {
  load(UnsafePointer(pointer), offset)
}

@inline(__always)
func store(_ lane: Lane, _ pointer: UnsafeMutablePointer<Double>, _ offset: Int) {
  UnsafeMutableRawPointer(pointer + offset).storeBytes(of: lane, as: Lane.self)
}

func dot(
  _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, _ count: Int
) -> Double {
  var first = Lane.zero
  var second = Lane.zero
  var third = Lane.zero
  var fourth = Lane.zero
  var index = 0
  while index + 8 <= count {
    first += load(left, index) * load(right, index)
    second += load(left, index + 2) * load(right, index + 2)
    third += load(left, index + 4) * load(right, index + 4)
    fourth += load(left, index + 6) * load(right, index + 6)
    index += 8
  }
  var sum = ((first + second) + (third + fourth)).sum()
  while index < count {
    sum += left[index] * right[index]
    index += 1
  }
  return sum
}

/// `target += scale * source`.
func addScaled(
  _ scale: Double, _ source: UnsafePointer<Double>, to target: UnsafeMutablePointer<Double>,
  _ count: Int
) {
  let factor = Lane(repeating: scale)
  var index = 0
  while index + 4 <= count {
    store(load(target, index) + factor * load(source, index), target, index)
    store(load(target, index + 2) + factor * load(source, index + 2), target, index + 2)
    index += 4
  }
  while index < count {
    target[index] += scale * source[index]
    index += 1
  }
}
