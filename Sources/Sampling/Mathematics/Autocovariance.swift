import Foundation

/// Returns the autocovariance of a chain at every lag, divided by n at each (the biased estimate).
func autocovariance(_ chain: [Double]) -> [Double] {
  let center = mean(chain)
  var size = 1
  while size < 2 * chain.count { size *= 2 }
  var real = chain.map { $0 - center } + [Double](repeating: 0, count: size - chain.count)
  var imaginary = [Double](repeating: 0, count: size)
  fourierTransform(&real, &imaginary)
  for index in 0..<size {
    real[index] = real[index] * real[index] + imaginary[index] * imaginary[index]
    imaginary[index] = 0
  }
  // The power spectrum is symmetric, so a forward transform serves as the inverse.
  fourierTransform(&real, &imaginary)
  let scale = 1 / (Double(size) * Double(chain.count))
  return real.prefix(chain.count).map { $0 * scale }
}

/// Transforms in place; the count is a power of two (Cooley and Tukey).
private func fourierTransform(_ real: inout [Double], _ imaginary: inout [Double]) {
  let count = real.count
  var reversed = 0
  for index in 1..<max(1, count) {
    var bit = count >> 1
    while reversed & bit != 0 {
      reversed ^= bit
      bit >>= 1
    }
    reversed |= bit
    if index < reversed {
      real.swapAt(index, reversed)
      imaginary.swapAt(index, reversed)
    }
  }
  var length = 2
  while length <= count {
    let half = length / 2
    let turns = (0..<half).map { -2 * Double.pi * Double($0) / Double(length) }
    let (cosines, sines) = (turns.map { cos($0) }, turns.map { sin($0) })
    for start in stride(from: 0, to: count, by: length) {
      for index in 0..<half {
        let (low, high) = (start + index, start + index + half)
        let realPart = real[high] * cosines[index] - imaginary[high] * sines[index]
        let imaginaryPart = real[high] * sines[index] + imaginary[high] * cosines[index]
        (real[high], imaginary[high]) = (real[low] - realPart, imaginary[low] - imaginaryPart)
        (real[low], imaginary[low]) = (real[low] + realPart, imaginary[low] + imaginaryPart)
      }
    }
    length *= 2
  }
}
