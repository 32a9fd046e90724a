import Foundation
import Randomness

/// What moves the contact rate of each place beside mobility: weekly values or a smooth curve, made
/// of independent standard normal numbers (non-centered) and a few shared numbers.
///
/// Shared coordinates from `offset` on: log scale; then for autoregressions the logits of their
/// coefficients, for the Gaussian process its log length. The places' numbers follow, place after
/// place.
struct LatentFactor: Sendable {
  let kind: ModelSettings.Latent
  let interpolation: ModelSettings.Interpolation
  let covariance: ModelSettings.Covariance
  let priors: Priors
  let offset: Int
  /// Days of each place.
  let days: [Int]
  /// Standard normal numbers of each place.
  let numbers: [Int]
  /// Where each place's numbers begin in the position.
  let starts: [Int]
  /// Basis functions of each place, `[day * basisCount + function]`; Gaussian process only.
  private let basis: [[Double]]
  /// Square roots of the eigenvalues of each place's basis.
  private let frequencies: [[Double]]

  init(_ settings: ModelSettings, _ priors: Priors, days: [Int], offset: Int) {
    kind = settings.latent
    interpolation = settings.interpolation
    covariance = settings.covariance
    self.priors = priors
    self.offset = offset
    self.days = days
    let isSmooth = settings.latent == .gaussianProcess
    numbers = days.map { count in
      switch settings.latent {
      case .none: 0
      case .gaussianProcess: settings.basisCount
      default: (count + 6) / 7 + (settings.interpolation == .linear ? 1 : 0)
      }
    }
    var next = offset + Self.sharedCount(settings.latent)
    starts = numbers.map { count in
      defer { next += count }
      return next
    }
    let functions = settings.basisCount
    // The sines vanish at the ends of an interval half as long again as the series.
    frequencies = days.map { count in
      isSmooth ? (1...functions).map { Double($0) * .pi / (1.5 * Double(max(count, 2))) } : []
    }
    basis = days.indices.map { place in
      guard isSmooth else { return [] }
      let length = 1.5 * Double(max(days[place], 2))
      let shift = 0.25 * Double(max(days[place], 2))
      let frequencies = (1...functions).map { Double($0) * .pi / length }
      return (0..<days[place]).flatMap { day in
        frequencies.map { (2 / length).squareRoot() * sin($0 * (Double(day) + shift)) }
      }
    }
  }

  private static func sharedCount(_ kind: ModelSettings.Latent) -> Int {
    switch kind {
    case .none: 0
    case .randomWalk: 1
    case .autoregression1, .gaussianProcess: 2
    case .autoregression2: 3
    }
  }

  var sharedCount: Int { Self.sharedCount(kind) }
  var count: Int { sharedCount + numbers.reduce(0, +) }

  /// The shared numbers of a position.
  struct Shared: Sendable {
    var scale = 0.0
    var first = 1.0
    var second = 0.0
    /// The innovations' scale over the process's.
    var innovation = 1.0
    var length = 1.0
  }

  /// Reads the shared numbers; `nil` where the autoregression is not stationary.
  func shared(_ position: [Double]) -> Shared? {
    guard kind != .none else { return Shared() }
    var shared = Shared(scale: exp(position[offset]))
    if kind == .autoregression1 || kind == .autoregression2 {
      shared.first = logistic(position[offset + 1])
    }
    if kind == .autoregression2 {
      shared.second = logistic(position[offset + 2])
      let square = Self.innovationVariance(shared.first, shared.second)
      guard square > 0, shared.first + shared.second < 1 else { return nil }
      shared.innovation = square.squareRoot()
    }
    if kind == .gaussianProcess { shared.length = exp(position[offset + 1]) }
    return shared
  }

  /// Innovation variance of a stationary second-order autoregression of unit variance.
  private static func innovationVariance(_ first: Double, _ second: Double) -> Double {
    1 - first * first - second * second - 2 * first * first * second / (1 - second)
  }

  // MARK: Values

  /// Writes the weekly values (or weights of basis functions) of a place to `values[0...]`.
  func expand(
    _ position: [Double], _ shared: Shared, place: Int, into values: inout [Double], at start: Int
  ) {
    let first = starts[place]
    if kind == .gaussianProcess {
      for number in 0..<numbers[place] {
        let density = spectralRoot(frequencies[place][number], shared)
        values[start + number] = density * position[first + number]
      }
      return
    }
    let step = shared.scale * shared.innovation
    for week in 0..<numbers[place] {
      var value = step * position[first + week]
      if week > 0 { value += shared.first * values[start + week - 1] }
      if week > 1 { value += shared.second * values[start + week - 2] }
      values[start + week] = value
    }
  }

  /// The value on a day, from what ``expand(_:_:place:into:at:)`` wrote.
  @inline(__always)
  func value(_ values: [Double], at start: Int, place: Int, day: Int) -> Double {
    switch kind {
    case .none: return 0
    case .gaussianProcess:
      let count = numbers[place]
      return (0..<count).reduce(0) { $0 + basis[place][day * count + $1] * values[start + $1] }
    default:
      let week = day / 7
      guard interpolation == .linear else { return values[start + week] }
      let fraction = Double(day % 7) / 7
      return (1 - fraction) * values[start + week] + fraction * values[start + week + 1]
    }
  }

  /// Adds a day's derivative to those of the weekly values.
  @inline(__always)
  func addDerivative(
    _ derivative: Double, to values: inout [Double], at start: Int, place: Int, day: Int
  ) {
    switch kind {
    case .none: return
    case .gaussianProcess:
      let count = numbers[place]
      for number in 0..<count {
        values[start + number] += basis[place][day * count + number] * derivative
      }
    default:
      let week = day / 7
      guard interpolation == .linear else { return values[start + week] += derivative }
      let fraction = Double(day % 7) / 7
      values[start + week] += (1 - fraction) * derivative
      values[start + week + 1] += fraction * derivative
    }
  }

  // MARK: Derivatives

  /// The square root of the spectral density at a frequency.
  private func spectralRoot(_ frequency: Double, _ shared: Shared) -> Double {
    let (scale, length) = (shared.scale, shared.length)
    switch covariance {
    case .squaredExponential:
      return scale * ((2 * Double.pi).squareRoot() * length).squareRoot()
        * exp(-0.25 * frequency * frequency * length * length)
    case .matern32:
      let rate = 3.0.squareRoot() / length
      return scale * 2 * rate * rate.squareRoot() / (rate * rate + frequency * frequency)
    }
  }

  /// The derivative of its logarithm by the log length.
  private func spectralSlope(_ frequency: Double, _ shared: Shared) -> Double {
    let length = shared.length
    switch covariance {
    case .squaredExponential:
      return 0.5 - 0.5 * frequency * frequency * length * length
    case .matern32:
      let square = 3 / (length * length)
      return -1.5 + 2 * square / (square + frequency * frequency)
    }
  }

  /// Carries the derivatives of a place's weekly values back to its numbers and the shared ones.
  ///
  /// `values` is what ``expand(_:_:place:into:at:)`` wrote; `derivatives` by them are overwritten.
  func contract(
    _ position: [Double], _ shared: Shared, place: Int, values: [Double],
    derivatives: inout [Double], at start: Int, into gradient: inout [Double]
  ) {
    let first = starts[place]
    guard kind != .none else { return }
    if kind == .gaussianProcess {
      for number in 0..<numbers[place] {
        let frequency = frequencies[place][number]
        let derivative = derivatives[start + number]
        gradient[first + number] += derivative * spectralRoot(frequency, shared)
        gradient[offset] += derivative * values[start + number]
        gradient[offset + 1] +=
          derivative * values[start + number] * spectralSlope(frequency, shared)
      }
      return
    }
    let step = shared.scale * shared.innovation
    var (byFirst, bySecond, byStep) = (0.0, 0.0, 0.0)
    for week in (0..<numbers[place]).reversed() {
      let derivative = derivatives[start + week]
      if week > 0 {
        derivatives[start + week - 1] += shared.first * derivative
        byFirst += derivative * values[start + week - 1]
      }
      if week > 1 {
        derivatives[start + week - 2] += shared.second * derivative
        bySecond += derivative * values[start + week - 2]
      }
      gradient[first + week] += step * derivative
      byStep += derivative * position[first + week]
    }
    gradient[offset] += byStep * step
    addCoefficients(shared, byFirst, bySecond, byStep, &gradient)
  }

  private func addCoefficients(
    _ shared: Shared, _ byFirst: Double, _ bySecond: Double, _ byStep: Double,
    _ gradient: inout [Double]
  ) {
    let (first, second) = (shared.first, shared.second)
    if kind == .autoregression1 { gradient[offset + 1] += byFirst * first * (1 - first) }
    guard kind == .autoregression2 else { return }
    let rest = 1 - second
    let squareByFirst = -2 * first - 4 * first * second / rest
    let squareBySecond = -2 * second - 2 * first * first / (rest * rest)
    let byInnovation = byStep * shared.scale / (2 * shared.innovation)
    gradient[offset + 1] += (byFirst + byInnovation * squareByFirst) * first * (1 - first)
    gradient[offset + 2] += (bySecond + byInnovation * squareBySecond) * second * (1 - second)
  }

  // MARK: Prior

  /// Adds the log prior's derivatives and returns it.
  func logPrior(_ position: [Double], _ shared: Shared, into gradient: inout [Double]) -> Double {
    guard kind != .none else { return 0 }
    var sum = 0.0
    if priors.latentScaleFamily == .halfNormal {
      sum += halfNormalOfLog(
        position, at: offset, scale: priors.latentScaleHalfNormal, into: &gradient)
    } else {
      sum += logNormal(
        position, at: offset, median: priors.latentScaleMedian,
        deviation: priors.latentScaleLogDeviation, into: &gradient)
    }
    if kind == .gaussianProcess {
      sum += logNormal(
        position, at: offset + 1, median: priors.lengthMedian,
        deviation: priors.lengthLogDeviation, into: &gradient)
    }
    if kind == .autoregression1 || kind == .autoregression2 {
      sum += coefficient(
        position, shared.first, at: offset + 1, priors.firstCoefficient, into: &gradient)
    }
    if kind == .autoregression2 {
      sum += coefficient(
        position, shared.second, at: offset + 2, priors.secondCoefficient, into: &gradient)
    }
    let end = offset + count
    for index in (offset + sharedCount)..<end {
      sum += standardNormal(position, at: index, into: &gradient)
    }
    return sum
  }

  /// A log-normal number at its logarithm, with the Jacobian.
  private func logNormal(
    _ position: [Double], at index: Int, median: Double, deviation: Double,
    into gradient: inout [Double]
  ) -> Double {
    let standardized = (position[index] - log(median)) / deviation
    gradient[index] -= standardized / deviation
    return -0.5 * standardized * standardized - log(deviation) - PriorConstant.halfLogTwoPi
  }

  /// A normal number cut to (0, 1), at its logit; the constant of the cut is left out.
  private func coefficient(
    _ position: [Double], _ value: Double, at index: Int, _ prior: Priors.NormalPrior,
    into gradient: inout [Double]
  ) -> Double {
    let standardized = (value - prior.mean) / prior.standardDeviation
    let slope = value * (1 - value)
    gradient[index] += -standardized / prior.standardDeviation * slope + 1 - 2 * value
    return -0.5 * standardized * standardized - log(prior.standardDeviation)
      - PriorConstant.halfLogTwoPi + log(slope)
  }

  /// Draws the coordinates from the prior.
  func drawPrior(into position: inout [Double], using random: inout RandomSource) {
    guard kind != .none else { return }
    if priors.latentScaleFamily == .halfNormal {
      position[offset] = log(
        abs(random.normal(standardDeviation: priors.latentScaleHalfNormal)))
    } else {
      position[offset] = random.normal(
        mean: log(priors.latentScaleMedian), standardDeviation: priors.latentScaleLogDeviation)
    }
    if kind == .gaussianProcess {
      position[offset + 1] = random.normal(
        mean: log(priors.lengthMedian), standardDeviation: priors.lengthLogDeviation)
    } else if sharedCount > 1 {
      repeat {
        let priors = [self.priors.firstCoefficient, self.priors.secondCoefficient]
        for index in 1..<sharedCount {
          var value: Double
          repeat {
            value = random.normal(
              mean: priors[index - 1].mean,
              standardDeviation: priors[index - 1].standardDeviation)
          } while value <= 0 || value >= 1
          position[offset + index] = log(value / (1 - value))
        }
      } while shared(position) == nil
    }
    for index in (offset + sharedCount)..<(offset + count) { position[index] = random.normal() }
  }

  /// Sets the coordinates to the prior's middle.
  func centerPrior(into position: inout [Double]) {
    guard kind != .none else { return }
    for index in offset..<(offset + count) { position[index] = 0 }
    position[offset] =
      priors.latentScaleFamily == .halfNormal
      ? log(0.6745 * priors.latentScaleHalfNormal) : log(priors.latentScaleMedian)
    if kind == .gaussianProcess {
      position[offset + 1] = log(priors.lengthMedian)
    } else if sharedCount > 1 {
      let means = [priors.firstCoefficient.mean, priors.secondCoefficient.mean]
      for index in 1..<sharedCount {
        position[offset + index] = log(means[index - 1] / (1 - means[index - 1]))
      }
    }
  }
}

/// 1 / (1 + exp(−x)).
@inline(__always)
func logistic(_ x: Double) -> Double {
  if x >= 0 { return 1 / (1 + exp(-x)) }
  let power = exp(x)
  return power / (1 + power)
}
