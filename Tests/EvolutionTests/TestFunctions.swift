import Evolution
import Foundation
import Randomness

func sphere(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }

/// Condition number 1e6.
func ellipsoid(_ x: [Double]) -> Double {
  x.indices.reduce(0) { sum, index in
    sum + pow(1e6, Double(index) / Double(x.count - 1)) * x[index] * x[index]
  }
}

func rosenbrock(_ x: [Double]) -> Double {
  (0..<x.count - 1).reduce(0) { sum, index in
    let curve = x[index + 1] - x[index] * x[index]
    return sum + 100 * curve * curve + (1 - x[index]) * (1 - x[index])
  }
}

func rastrigin(_ x: [Double]) -> Double {
  x.reduce(0) { $0 + $1 * $1 - 10 * cos(2 * .pi * $1) + 10 }
}

/// `function` in coordinates that a random rotation has mixed.
func rotated(
  _ function: @escaping @Sendable ([Double]) -> Double, dimension: Int, seed: UInt64
) -> @Sendable ([Double]) -> Double {
  var random = RandomSource(seed: seed)
  var basis: [[Double]] = []
  while basis.count < dimension {
    var vector = (0..<dimension).map { _ in random.normal() }
    for other in basis {
      let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
      for index in vector.indices { vector[index] -= share * other[index] }
    }
    let length = sphere(vector).squareRoot()
    basis.append(vector.map { $0 / length })
  }
  let axes = basis
  return { x in
    function(axes.map { axis in zip(axis, x).reduce(0) { $0 + $1.0 * $1.1 } })
  }
}

/// Searches until the target or another reason to stop.
func finish<Strategy: EvolutionStrategy>(
  _ strategy: Strategy, seed: UInt64, _ function: ([Double]) -> Double
) -> Strategy {
  var random = RandomSource(seed: seed)
  var strategy = strategy
  while strategy.stopReasons.isEmpty {
    strategy.tell(strategy.ask(using: &random).map(function))
  }
  return strategy
}

extension CMAES {
  /// A search from `start` in every coordinate to a target.
  init(
    start: Double, dimension: Int, stepSize: Double, target: Double?,
    _ change: (inout Configuration) -> Void = { _ in }
  ) throws {
    var configuration = Configuration(limits: SearchLimits(target: target))
    change(&configuration)
    try self.init(
      mean: [Double](repeating: start, count: dimension), stepSize: stepSize,
      configuration: configuration)
  }
}
