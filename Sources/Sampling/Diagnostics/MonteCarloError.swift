/// Returns the Monte Carlo standard error of the mean.
///
/// - Parameter chains: `[chain][draw]`, all of the same count.
/// - Returns: sd / √ESS, in the unit of the draws.
public func meanMCSE(_ chains: [[Double]]) -> Double {
  (variance(chains.flatMap { $0 }) / meanESS(chains)).squareRoot()
}

/// Returns the Monte Carlo standard error of the standard deviation, by the delta method from that
/// of the variance, so that it holds for distributions that are not normal.
///
/// - Parameter chains: `[chain][draw]`, all of the same count.
/// - Returns: The error in the unit of the draws.
public func standardDeviationMCSE(_ chains: [[Double]]) -> Double {
  let all = chains.flatMap { $0 }
  let center = mean(all)
  let squares = chains.map { chain in chain.map { ($0 - center) * ($0 - center) } }
  let average = mean(squares.flatMap { $0 })
  let fourth = mean(squares.flatMap { $0 }.map { $0 * $0 })
  let errorOfVariance = (fourth - average * average) / meanESS(squares)
  return (errorOfVariance / average / 4).squareRoot()
}

/// Returns the Monte Carlo standard error of a quantile, half the distance between the quantiles
/// one standard error of the probability below and above.
///
/// - Parameters:
///   - chains: `[chain][draw]`, all of the same count.
///   - p: The probability that the quantile belongs to.
/// - Returns: The error in the unit of the draws.
public func quantileMCSE(_ chains: [[Double]], _ p: Double) -> Double {
  let size = quantileESS(chains, p)
  let sorted = chains.flatMap { $0 }.sorted()
  guard size.isFinite, !sorted.isEmpty else { return .nan }
  let count = Double(sorted.count)
  func place(_ probability: Double) -> Double {
    count * incompleteBetaQuantile(probability, size * p + 1, size * (1 - p) + 1)
  }
  // One standard error of a normal distribution on either side.
  let below = max(Int(place(0.1586552539314571).rounded(.down)), 1)
  let above = min(Int(place(0.8413447460685429).rounded(.up)), sorted.count)
  return (sorted[above - 1] - sorted[below - 1]) / 2
}
