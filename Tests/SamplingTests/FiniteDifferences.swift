@testable import Sampling

/// The derivative of a function of one number by Richardson's extrapolation of central differences.
func slope(at x: Double, step: Double = 1e-3, _ function: (Double) -> Double) -> Double {
  func central(_ h: Double) -> Double { (function(x + h) - function(x - h)) / (2 * h) }
  let h = step * max(1, abs(x))
  return (64 * central(h / 4) - 20 * central(h / 2) + central(h)) / 45
}

/// The gradient of a function of many numbers.
func differences(at x: [Double], step: Double = 1e-3, _ function: ([Double]) -> Double)
  -> [Double]
{
  x.indices.map { index in
    slope(at: x[index], step: step) { moved in
      var point = x
      point[index] = moved
      return function(point)
    }
  }
}

/// Whether two numbers agree to a relative tolerance, absolute below one.
func close(_ left: Double, _ right: Double, _ tolerance: Double) -> Bool {
  left == right || abs(left - right) <= tolerance * max(1, abs(left), abs(right))
}

/// Whether two vectors agree entry by entry.
func close(_ left: [Double], _ right: [Double], _ tolerance: Double) -> Bool {
  left.count == right.count && zip(left, right).allSatisfy { close($0, $1, tolerance) }
}

extension LogDensity {
  /// The log density and its gradient as a pair.
  func evaluated(at position: [Double]) -> (value: Double, gradient: [Double]) {
    var copy = self
    var gradient = [Double](repeating: 0, count: dimension)
    let value = copy.logDensity(at: position, gradient: &gradient)
    return (value, gradient)
  }
}
