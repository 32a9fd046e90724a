import Foundation

/// A seeded stream of random numbers that is a plain value.
///
/// Everything random in Swiftlet takes a source as an `inout` argument, so a run is repeated by
/// repeating its seed, and saving a run's randomness is saving this value (four words).
/// Copies continue independently from the same state; ``split()`` gives a statistically
/// independent stream.
///
/// - Paper: Blackman and Vigna, *Scrambled Linear Pseudorandom Number Generators* (2021),
///   xoshiro256++; the state is filled by SplitMix64 as its authors advise.
///
/// ```swift
/// var random = RandomSource(seed: 7)
/// let coin = random.uniform() < 0.5
/// var episodes = random.split()  // for another thread or another purpose
/// ```
public struct RandomSource: RandomNumberGenerator, Sendable, Hashable, Codable {
  // Four fields rather than an array, whose uniqueness would be asked about at every draw.
  private var first: UInt64
  private var second: UInt64
  private var third: UInt64
  private var fourth: UInt64

  /// Creates the stream that belongs to a seed.
  public init(seed: UInt64) {
    var mixer = seed
    first = Self.splitMix(&mixer)
    second = Self.splitMix(&mixer)
    third = Self.splitMix(&mixer)
    fourth = Self.splitMix(&mixer)
  }

  /// Restores a stream from ``words``.
  ///
  /// - Returns: `nil` unless there are exactly four words that are not all zero.
  public init?(words: [UInt64]) {
    guard words.count == 4, words.contains(where: { $0 != 0 }) else { return nil }
    (first, second, third, fourth) = (words[0], words[1], words[2], words[3])
  }

  /// The complete state, four words, for checkpoints.
  public var words: [UInt64] { [first, second, third, fourth] }

  /// Returns the next 64 random bits.
  public mutating func next() -> UInt64 {
    let result = Self.rotate(first &+ fourth, by: 23) &+ first
    let shifted = second << 17
    third ^= first
    fourth ^= second
    second ^= third
    first ^= fourth
    third ^= shifted
    fourth = Self.rotate(fourth, by: 45)
    return result
  }

  /// Returns an independent stream and advances this one.
  public mutating func split() -> RandomSource {
    RandomSource(seed: next())
  }

  /// Returns a number in `0 ..< 1` with 53 random bits.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Returns a number in `range`, both ends included only up to rounding.
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Returns a whole number in `0 ..< bound`, without modulo bias.
  ///
  /// - Precondition: `bound` is positive.
  public mutating func index(below bound: Int) -> Int {
    Int.random(in: 0..<bound, using: &self)
  }

  /// Returns a draw from the normal distribution (Box-Muller; the second draw is not kept, so the
  /// stream's position depends only on the number of calls).
  public mutating func normal(mean: Double = 0, standardDeviation: Double = 1) -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return mean + standardDeviation * radius * cos(2 * Double.pi * uniform())
  }

  /// Returns `count` different numbers from `0 ..< bound` in random order.
  ///
  /// - Complexity: O(`count`) memory and expected time, whatever the bound (Floyd-style partial
  ///   shuffle over a sparse table).
  /// - Precondition: `count` is not above `bound`.
  public mutating func distinctIndices(_ count: Int, below bound: Int) -> [Int] {
    precondition(count <= bound, "cannot draw \(count) different numbers below \(bound)")
    var moved: [Int: Int] = [:]
    return (0..<count).map { position in
      let chosen = position + index(below: bound - position)
      let value = moved[chosen] ?? chosen
      moved[chosen] = moved[position] ?? position
      return value
    }
  }

  private static func rotate(_ word: UInt64, by bits: UInt64) -> UInt64 {
    (word << bits) | (word >> (64 - bits))
  }

  private static func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

extension RandomSource {
  private enum Key: CodingKey { case state }

  /// Writes ``words``.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(words, forKey: .state)
  }

  /// Reads ``words``.
  ///
  /// - Throws: `DecodingError` unless there are exactly four that are not all zero.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let words = try container.decode([UInt64].self, forKey: .state)
    guard let source = RandomSource(words: words) else {
      throw DecodingError.dataCorruptedError(
        forKey: .state, in: container,
        debugDescription: "a random source needs four words that are not all zero, not \(words)")
    }
    self = source
  }
}
