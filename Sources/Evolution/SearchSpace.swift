/// How the coordinates that a strategy works with become those of the objective: each is scaled,
/// and then folded smoothly into its bounds.
///
/// Inside its bounds a coordinate is passed on unchanged; near a bound a parabola bends it back, so
/// that the bound itself is reached and never crossed, and beyond it the range is mirrored. Unlike
/// clipping, no two neighbouring steps become the same point.
public struct SearchSpace: Codable, Sendable, Equatable {
  /// The natural step of each coordinate; the step size of a strategy counts in these. `nil`: 1.
  public var scales: [Double]?
  /// The smallest allowed value of each coordinate, `-Double.greatestFiniteMagnitude` for none.
  /// `nil`: no lower bounds.
  public var lower: [Double]?
  /// The largest allowed value of each coordinate. `nil`: no upper bounds.
  public var upper: [Double]?

  /// Creates a space; without arguments it is the whole of it in units of 1.
  ///
  /// Infinite bounds mean none.
  public init(scales: [Double]? = nil, lower: [Double]? = nil, upper: [Double]? = nil) {
    self.scales = scales
    self.lower = lower?.map { max($0, -.greatestFiniteMagnitude) }
    self.upper = upper?.map { min($0, .greatestFiniteMagnitude) }
  }

  /// Whether points are passed on as they are.
  var isIdentity: Bool { scales == nil && lower == nil && upper == nil }

  /// Whether a coordinate has both bounds.
  func bounds(of coordinate: Int) -> ClosedRange<Double>? {
    guard let low = lower?[coordinate], let high = upper?[coordinate],
      low > -.greatestFiniteMagnitude, high < .greatestFiniteMagnitude
    else { return nil }
    return low...high
  }

  /// The point of the objective for a point of the strategy.
  func point(for inner: [Double]) -> [Double] {
    if isIdentity { return inner }
    return inner.indices.map { index in
      folded(inner[index] * (scales?[index] ?? 1), index)
    }
  }

  /// The point of the strategy for a point of the objective, which is moved into the bounds first.
  func inner(for point: [Double]) -> [Double] {
    if isIdentity { return point }
    return point.indices.map { index in
      unfolded(point[index], index) / (scales?[index] ?? 1)
    }
  }

  /// Checks lengths and values for points of `dimension` coordinates.
  func validate(dimension: Int) throws(EvolutionError) {
    for (name, list) in [("scales", scales), ("lower", lower), ("upper", upper)] {
      guard let list else { continue }
      guard list.count == dimension else {
        throw .wrongDimension(name: name, count: list.count, expected: dimension)
      }
      for value in list {
        try require(!value.isNaN, name, value, "a number in every coordinate")
      }
    }
    for scale in scales ?? [] {
      try require(scale > 0 && scale.isFinite, "scales", scale, "above 0 and finite")
    }
    if let lower, let upper {
      for index in 0..<dimension where lower[index] > upper[index] {
        throw .boundsCrossed(coordinate: index, lower: lower[index], upper: upper[index])
      }
    }
  }

  /// How far from each bound the parabola begins.
  private func margins(_ low: Double, _ high: Double) -> (Double, Double) {
    let half = (high - low) / 2
    return (min(half, (1 + abs(low)) / 20), min(half, (1 + abs(high)) / 20))
  }

  private func folded(_ value: Double, _ index: Int) -> Double {
    let low = lower?[index] ?? -.greatestFiniteMagnitude
    let high = upper?[index] ?? .greatestFiniteMagnitude
    if low == high { return low }
    let (below, above) = margins(low, high)
    let (bottom, top) = (low - below, high + above)
    var value = value
    if value < bottom { value = 2 * bottom - value } else if value > top { value = 2 * top - value }
    if value < bottom || value > top, low > -.greatestFiniteMagnitude,
      high < .greatestFiniteMagnitude
    {
      // Still outside: several times around.
      let period = 2 * (top - bottom)
      var offset = (value - bottom).truncatingRemainder(dividingBy: period)
      if offset < 0 { offset += period }
      value = bottom + min(offset, period - offset)
    }
    if value < low + below {
      return min(high, low + (value - bottom) * (value - bottom) / (4 * below))
    }
    if value > high - above { return max(low, high - (top - value) * (top - value) / (4 * above)) }
    return value
  }

  private func unfolded(_ value: Double, _ index: Int) -> Double {
    let low = lower?[index] ?? -.greatestFiniteMagnitude
    let high = upper?[index] ?? .greatestFiniteMagnitude
    if low == high { return low }
    let (below, above) = margins(low, high)
    let value = min(max(value, low), high)
    if value < low + below { return low - below + 2 * (below * (value - low)).squareRoot() }
    if value > high - above { return high + above - 2 * (above * (high - value)).squareRoot() }
    return value
  }
}
