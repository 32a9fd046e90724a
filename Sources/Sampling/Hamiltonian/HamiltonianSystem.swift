import Foundation
import Randomness

/// A point moving under the Hamiltonian H(q, p) = -log π(q) + pᵀ M⁻¹ p / 2, with all the memory its
/// trajectories need.
///
/// The position and gradient are arrays, as ``LogDensity`` takes them; everything else is memory
/// allocated once, so that a leapfrog step allocates nothing.
///
/// `@unchecked Sendable`: only the ``Chain`` that holds the sole reference moves a system; it checks
/// before every iteration.
final class HamiltonianSystem: @unchecked Sendable {
  typealias Vector = UnsafeMutablePointer<Double>

  let dimension: Int
  var position: [Double]
  var gradient: [Double]
  var logDensity: Double
  let momentum: Vector
  /// The inverse metric times the momentum, kept up to date by every step.
  let velocity: Vector
  var metric: Metric

  private let memory: Vector
  private var used = 0
  private let capacity: Int

  /// Creates a system whose pool lends `vectors` vectors.
  init(position: [Double], gradient: [Double], logDensity: Double, metric: Metric, vectors: Int) {
    dimension = position.count
    self.position = position
    self.gradient = gradient
    self.logDensity = logDensity
    self.metric = metric
    capacity = vectors + 2
    memory = .allocate(capacity: max(1, capacity * dimension))
    memory.initialize(repeating: 0, count: max(1, capacity * dimension))
    momentum = memory
    velocity = memory + dimension
    used = 2
  }

  deinit { memory.deallocate() }

  /// Lends one vector of the pool for the system's lifetime.
  func lend() -> Vector {
    precondition(used < capacity, "the pool of \(capacity) vectors is used up")
    used += 1
    return memory + (used - 1) * dimension
  }

  /// The energy; NaN, as from a rejected place, counts as infinite.
  var energy: Double {
    let energy = 0.5 * dot(momentum, velocity, dimension) - logDensity
    return energy.isNaN ? .infinity : energy
  }

  /// Draws a fresh momentum.
  func refreshMomentum(using random: inout RandomSource) {
    metric.drawMomentum(momentum, using: &random)
    metric.velocity(of: momentum, into: velocity)
  }

  /// One leapfrog step; a negative size goes back in time.
  @inline(__always)
  func leapfrog<Model: LogDensity>(_ stepSize: Double, _ model: inout Model) {
    kick(0.5 * stepSize)
    metric.velocity(of: momentum, into: velocity)
    position.withUnsafeMutableBufferPointer { position in
      for index in 0..<dimension { position[index] += stepSize * velocity[index] }
    }
    logDensity = model.logDensity(at: position, gradient: &gradient)
    kick(0.5 * stepSize)
    metric.velocity(of: momentum, into: velocity)
  }

  @inline(__always)
  private func kick(_ size: Double) {
    gradient.withUnsafeBufferPointer { gradient in
      for index in 0..<dimension { momentum[index] += size * gradient[index] }
    }
  }

  /// Writes position and gradient into lent vectors.
  func save(position target: Vector, gradient slope: Vector) {
    position.withUnsafeBufferPointer { copy($0, target) }
    gradient.withUnsafeBufferPointer { copy($0, slope) }
  }

  /// Takes position and gradient from lent vectors.
  func restore(position source: Vector, gradient slope: Vector, logDensity: Double) {
    position.withUnsafeMutableBufferPointer {
      $0.baseAddress?.update(from: source, count: dimension)
    }
    gradient.withUnsafeMutableBufferPointer {
      $0.baseAddress?.update(from: slope, count: dimension)
    }
    self.logDensity = logDensity
  }

  private func copy(_ source: UnsafeBufferPointer<Double>, _ target: Vector) {
    if let start = source.baseAddress { target.update(from: start, count: dimension) }
  }
}

/// The inner product of two vectors.
@inline(__always)
func dot(
  _ left: UnsafeMutablePointer<Double>, _ right: UnsafeMutablePointer<Double>, _ count: Int
) -> Double {
  var sum = 0.0
  for index in 0..<count { sum += left[index] * right[index] }
  return sum
}

/// The inner product of `left` with the sum of two vectors.
@inline(__always)
func dot(
  _ left: UnsafeMutablePointer<Double>, sumOf first: UnsafeMutablePointer<Double>,
  and second: UnsafeMutablePointer<Double>, _ count: Int
) -> Double {
  var sum = 0.0
  for index in 0..<count { sum += left[index] * (first[index] + second[index]) }
  return sum
}
