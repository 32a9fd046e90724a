import Foundation
import Sampling

/// A normal density with mean `mean[i]`, standard deviation `scale[i]` and the same correlation
/// between neighbors, written as an autoregression so that its gradient is short.
struct CorrelatedGaussian: BayesianModel {
  var mean: [Double]
  var scale: [Double]
  var correlation: Double

  var dimension: Int { mean.count }
  var variables: [Variable] { [Variable("x", shape: [mean.count])] }
  func constrained(_ position: [Double]) -> [Double] { position }

  mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    let conditional = 1 - correlation * correlation
    var sum = 0.0
    var before = 0.0
    for index in gradient.indices { gradient[index] = 0 }
    for index in position.indices {
      let z = (position[index] - mean[index]) / scale[index]
      let variance = index == 0 ? 1 : conditional
      let error = z - (index == 0 ? 0 : correlation * before)
      sum -= 0.5 * error * error / variance
      gradient[index] -= error / variance / scale[index]
      if index > 0 { gradient[index - 1] += error / variance * correlation / scale[index - 1] }
      before = z
    }
    return sum
  }
}

/// The mean of numbers.
func average(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }

/// The standard deviation of numbers.
func spread(_ numbers: [Double]) -> Double {
  let center = average(numbers)
  return (numbers.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(numbers.count - 1))
    .squareRoot()
}
