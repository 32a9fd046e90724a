/// How much wider all chains together are than each alone; 1 when they agree.
func basicRHat(_ chains: [[Double]]) -> Double {
  guard let count = chains.first?.count, count > 1, chains.count > 1 else { return .nan }
  let n = Double(count)
  let between = n * variance(chains.map { mean($0) })
  let within = mean(chains.map { variance($0) })
  if within == 0 { return between == 0 ? .nan : .infinity }
  return ((between / within + n - 1) / n).squareRoot()
}

/// Returns R-hat of the halves of every chain.
///
/// - Parameter chains: `[chain][draw]`, all of the same count, at least 4 draws.
/// - Returns: 1 when the halves agree; NaN for constant draws.
public func splitRHat(_ chains: [[Double]]) -> Double { basicRHat(splitChains(chains)) }

/// Returns the rank-normalized split R-hat: the larger of that of the draws (do the chains agree
/// where they are?) and that of their distances from the median (do they agree how wide they are?).
///
/// - Paper: Vehtari, Gelman, Simpson, Carpenter and Bürkner, *Rank-Normalization, Folding, and
///   Localization: An Improved R-hat for Assessing Convergence of MCMC* (2021). They ask for less
///   than 1.01.
/// - Parameter chains: `[chain][draw]`, all of the same count, at least 4 draws.
/// - Returns: 1 when the chains agree; NaN for constant or non-finite draws.
public func rHat(_ chains: [[Double]]) -> Double {
  let split = splitChains(chains)
  let all = split.flatMap { $0 }
  guard !all.isEmpty, all.allSatisfy(\.isFinite) else { return .nan }
  let median = quantile(ofSorted: all.sorted(), 0.5)
  let folded = split.map { chain in chain.map { abs($0 - median) } }
  let bulk = basicRHat(rankNormalized(split))
  let tail = basicRHat(rankNormalized(folded))
  return bulk.isNaN || tail.isNaN ? bulk + tail : max(bulk, tail)
}
