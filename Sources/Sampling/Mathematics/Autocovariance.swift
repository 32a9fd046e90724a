import Foundation

/// Autocovariances of chains of one length, by the fast Fourier transform (Cooley and Tukey).
struct Autocovariance: Sendable {
  private let count: Int
  private let size: Int
  private let cosines: [Double]
  private let sines: [Double]

  /// Prepares for chains of `count` draws, which are padded so that lags do not wrap around.
  init(count: Int) {
    self.count = count
    var size = 1
    while size < 2 * count { size *= 2 }
    self.size = size
    let turns = (0..<(size / 2)).map { -2 * Double.pi * Double($0) / Double(size) }
    cosines = turns.map { cos($0) }
    sines = turns.map { sin($0) }
  }

  /// Returns the autocovariance at every lag, divided by n at each (the biased estimate).
  func callAsFunction(_ chain: [Double]) -> [Double] {
    let center = mean(chain)
    var real = chain.map { $0 - center } + [Double](repeating: 0, count: size - count)
    var imaginary = [Double](repeating: 0, count: size)
    transform(&real, &imaginary)
    for index in 0..<size {
      real[index] = real[index] * real[index] + imaginary[index] * imaginary[index]
      imaginary[index] = 0
    }
    // The power spectrum is symmetric, so a forward transform serves as the inverse.
    transform(&real, &imaginary)
    let scale = 1 / (Double(size) * Double(count))
    return real.prefix(count).map { $0 * scale }
  }

  private func transform(_ real: inout [Double], _ imaginary: inout [Double]) {
    reverseBits(&real, &imaginary)
    var length = 2
    while length <= size {
      let (half, stride) = (length / 2, size / length)
      for start in Swift.stride(from: 0, to: size, by: length) {
        for index in 0..<half {
          let (low, high) = (start + index, start + index + half)
          let (cosine, sine) = (cosines[index * stride], sines[index * stride])
          let realPart = real[high] * cosine - imaginary[high] * sine
          let imaginaryPart = real[high] * sine + imaginary[high] * cosine
          (real[high], imaginary[high]) = (real[low] - realPart, imaginary[low] - imaginaryPart)
          (real[low], imaginary[low]) = (real[low] + realPart, imaginary[low] + imaginaryPart)
        }
      }
      length *= 2
    }
  }

  private func reverseBits(_ real: inout [Double], _ imaginary: inout [Double]) {
    var reversed = 0
    for index in 1..<max(1, size) {
      var bit = size >> 1
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
  }
}
