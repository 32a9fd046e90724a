import Randomness

/// The little arithmetic of ``Glyphs``, written with exactly rounded operations only, so that a
/// seed gives the same bytes on every machine; the system's sine differs in the last digit from
/// one processor to the next.
enum GlyphNumbers {
  /// The sine of an angle in turns, to about 1e-9.
  static func sine(_ turns: Double) -> Double {
    var quarter = (turns - turns.rounded()) * 4
    if quarter > 1 { quarter = 2 - quarter } else if quarter < -1 { quarter = -2 - quarter }
    let angle = quarter * 1.5707963267948966
    let square = angle * angle
    // The Taylor series up to the 13th power; the next term is below 1e-9 at a quarter turn.
    let factors = [156.0, 110, 72, 42, 20, 6]
    return angle * factors.reduce(1) { 1 - square / $1 * $0 }
  }

  /// The cosine of an angle in turns.
  static func cosine(_ turns: Double) -> Double { sine(turns + 0.25) }

  /// The direction of a movement in turns, to about 0.001.
  static func heading(x: Double, y: Double) -> Double {
    let (long, short) = (max(abs(x), abs(y)), min(abs(x), abs(y)))
    guard long > 0 else { return 0 }
    let ratio = short / long
    let eighth = ratio * (0.125 + 0.0434 * (1 - ratio))
    let quarter = abs(x) >= abs(y) ? eighth : 0.25 - eighth
    let half = x >= 0 ? quarter : 0.5 - quarter
    return y >= 0 ? half : -half
  }
}

extension RandomSource {
  /// Returns a nearly normal number with mean 0 and standard deviation 1, never beyond 3.5: the
  /// sum of four uniform ones, scaled. Extreme drawings would only be illegible.
  mutating func spread() -> Double {
    (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772
  }

  /// Returns whether something of this probability happens.
  mutating func happens(_ probability: Double) -> Bool { uniform() < probability }

  /// Returns a position drawn in proportion to the weights.
  mutating func choice(weights: [Double]) -> Int {
    var rest = uniform() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return index }
    }
    return weights.count - 1
  }
}
