import Foundation
import Randomness

/// Mixes every input of a batch, and its class, with the one before it.
///
/// Where both kinds are asked for, each batch takes one of them by a coin.
///
/// - Paper: Zhang et al., *mixup* (2018): `λ a + (1 - λ) b` with `λ` from Beta(α, α); Yun et al.,
///   *CutMix* (2019): a rectangle of `1 - λ` of the area from `b` in `a`, `λ` then counted in pixels.
public struct BatchMixing: Codable, Sendable, Hashable {
  /// The α of mixup; 0 for none.
  public var mixup = 0.0
  /// The α of CutMix; 0 for none.
  public var cutmix = 0.0
  /// The probability that a batch is mixed at all.
  public var probability = 1.0

  /// Creates a mixing; without arguments it does nothing.
  public init(mixup: Double = 0, cutmix: Double = 0, probability: Double = 1) {
    self.mixup = mixup
    self.cutmix = cutmix
    self.probability = probability
  }

  /// What happens to one batch: the rectangle exchanged, or all values mixed.
  enum Decision: Hashable {
    case mix(share: Double)
    case paste(rows: Range<Int>, columns: Range<Int>)
  }

  func decision(height: Int, width: Int, using random: inout RandomSource) -> Decision? {
    guard mixup > 0 || cutmix > 0, random.uniform() < probability else { return nil }
    let cuts = mixup > 0 && cutmix > 0 ? random.uniform() < 0.5 : cutmix > 0
    let share = Self.beta(cuts ? cutmix : mixup, using: &random)
    guard cuts else { return .mix(share: share) }
    let side = (1 - share).squareRoot() / 2
    func stretch(_ count: Int) -> Range<Int> {
      let half = Int(side * Double(count))
      let center = random.index(below: count)
      return max(0, center - half)..<min(count, center + half)
    }
    let rows = stretch(height)
    return .paste(rows: rows, columns: stretch(width))
  }

  /// Applies a decision to inputs `[batch, channels, height, width]` in place.
  ///
  /// - Returns: The share of its own class that every input keeps.
  static func apply(
    _ decision: Decision, to values: UnsafeMutableBufferPointer<Float>, batch: Int, channels: Int,
    height: Int, width: Int
  ) -> Double {
    let size = channels * height * width
    // From the last input to the first, each meets its neighbor before that is changed.
    let last = Array(values[(batch - 1) * size..<batch * size])
    func neighbor(_ input: Int, _ index: Int) -> Float {
      input == 0 ? last[index] : values[(input - 1) * size + index]
    }
    switch decision {
    case .mix(let share):
      let (own, other) = (Float(share), Float(1 - share))
      for input in (0..<batch).reversed() {
        for index in 0..<size {
          values[input * size + index] =
            own * values[input * size + index] + other * neighbor(input, index)
        }
      }
      return share
    case .paste(let rows, let columns):
      for input in (0..<batch).reversed() {
        for channel in 0..<channels {
          for row in rows {
            let start = (channel * height + row) * width
            for column in columns {
              values[input * size + start + column] = neighbor(input, start + column)
            }
          }
        }
      }
      return 1 - Double(rows.count * columns.count) / Double(height * width)
    }
  }

  /// A draw from Beta(α, α), as the ratio of two draws from the gamma distribution.
  static func beta(_ alpha: Double, using random: inout RandomSource) -> Double {
    let (first, second) = (gamma(alpha, using: &random), gamma(alpha, using: &random))
    return first + second > 0 ? first / (first + second) : 0.5
  }

  /// A draw from Gamma(α, 1) by the method of Marsaglia and Tsang (2000).
  private static func gamma(_ alpha: Double, using random: inout RandomSource) -> Double {
    if alpha < 1 {
      let power = pow(1 - random.uniform(), 1 / alpha)
      return gamma(alpha + 1, using: &random) * power
    }
    let shape = alpha - 1.0 / 3
    while true {
      let normal = random.normal()
      let cube = pow(1 + normal / (9 * shape).squareRoot(), 3)
      guard cube > 0 else { continue }
      let logarithm = log(1 - random.uniform())
      if logarithm < normal * normal / 2 + shape * (1 - cube + log(cube)) { return shape * cube }
    }
  }
}
