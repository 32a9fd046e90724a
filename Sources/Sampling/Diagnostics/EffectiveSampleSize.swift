import Foundation

/// Returns the number of independent draws that know the mean as well as these chains, after
/// Geyer's initial monotone sequence.
///
/// - Paper: Vehtari et al. (2021), section 3; Geyer, *Practical Markov Chain Monte Carlo* (1992).
/// - Parameter chains: `[chain][draw]`, all of the same count, used as they are (not split).
/// - Returns: At most S log10(S) for S draws; NaN for constant or non-finite draws.
func basicESS(_ chains: [[Double]]) -> Double {
  guard let count = chains.first?.count, count > 3 else { return .nan }
  guard chains.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return .nan }
  let n = Double(count)
  let autocovariance = Autocovariance(count: count)
  let covariances = chains.map { autocovariance($0) }
  let within = mean(covariances.map { $0[0] }) * n / (n - 1)
  var total = within * (n - 1) / n
  if chains.count > 1 { total += variance(chains.map { mean($0) }) }
  guard within > 0, total > 0 else { return .nan }
  func correlation(_ lag: Int) -> Double {
    1 - (within - mean(covariances.map { $0[lag] })) / total
  }
  let draws = n * Double(chains.count)
  let time = max(autocorrelationTime(count, correlation), 1 / log10(draws))
  return draws / time
}

/// -1 + 2 Σ ρ over Geyer's pairs, which are positive and made monotone, plus the first even lag
/// after them where it is positive.
private func autocorrelationTime(_ count: Int, _ correlation: (Int) -> Double) -> Double {
  var (even, odd) = (1.0, correlation(1))
  var pairs: [(even: Double, odd: Double)] = []
  var lag = 0
  while lag < count - 5, even + odd > 0 {
    pairs.append((even, odd))
    lag += 2
    (even, odd) = (correlation(lag), correlation(lag + 1))
  }
  for index in pairs.indices.dropFirst() {
    let before = pairs[index - 1].even + pairs[index - 1].odd
    if pairs[index].even + pairs[index].odd > before {
      pairs[index] = (before / 2, before / 2)
    }
  }
  return -1 + 2 * pairs.reduce(0) { $0 + $1.even + $1.odd } + max(0, even)
}

/// Returns the effective sample size for the mean of the draws themselves.
///
/// - Parameter chains: `[chain][draw]`, all of the same count.
/// - Returns: The effective number of draws; NaN for constant draws.
public func meanESS(_ chains: [[Double]]) -> Double { basicESS(splitChains(chains)) }

/// Returns the bulk effective sample size, that of the rank-normalized draws: how well the center of
/// the distribution is known, whatever its tails. At least 100 per chain are asked for.
///
/// - Parameter chains: `[chain][draw]`, all of the same count.
/// - Returns: The effective number of draws; NaN for constant draws.
public func bulkESS(_ chains: [[Double]]) -> Double {
  basicESS(rankNormalized(splitChains(chains)))
}

/// Returns the tail effective sample size, the smaller of those of the 5 % and 95 % quantiles.
///
/// - Parameter chains: `[chain][draw]`, all of the same count.
/// - Returns: The effective number of draws; NaN for constant draws.
public func tailESS(_ chains: [[Double]]) -> Double {
  min(quantileESS(chains, 0.05), quantileESS(chains, 0.95))
}

/// Returns the effective sample size of a quantile.
///
/// - Parameters:
///   - chains: `[chain][draw]`, all of the same count.
///   - p: The probability that the quantile belongs to.
/// - Returns: The effective number of draws; NaN for constant draws.
public func quantileESS(_ chains: [[Double]], _ p: Double) -> Double {
  let sorted = chains.flatMap { $0 }.sorted()
  guard !sorted.isEmpty else { return .nan }
  let limit = quantile(ofSorted: sorted, p)
  return basicESS(splitChains(chains.map { chain in chain.map { $0 <= limit ? 1 : 0 } }))
}
