/// Returns the average rank of every number, from one, ties sharing the mean of their ranks.
func averageRanks(_ numbers: [Double]) -> [Double] {
  let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
  var ranks = [Double](repeating: 0, count: numbers.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, numbers[order[end]] == numbers[order[start]] { end += 1 }
    let rank = Double(start + end + 1) / 2
    for place in start..<end { ranks[order[place]] = rank }
    start = end
  }
  return ranks
}

/// Replaces every draw by the normal quantile of its rank among all chains' draws.
func rankNormalized(_ chains: [[Double]]) -> [[Double]] {
  let ranks = averageRanks(chains.flatMap { $0 })
  let total = Double(ranks.count)
  var next = 0
  return chains.map { chain in
    chain.map { _ in
      defer { next += 1 }
      return standardNormalQuantile((ranks[next] - 0.375) / (total + 0.25))
    }
  }
}

/// Cuts every chain into its halves; the middle draw of an odd number is left out.
func splitChains(_ chains: [[Double]]) -> [[Double]] {
  chains.flatMap { chain -> [[Double]] in
    let half = chain.count / 2
    return [Array(chain.prefix(half)), Array(chain.suffix(half))]
  }
}

/// The mean of numbers; NaN for none.
func mean(_ numbers: some Collection<Double>) -> Double {
  numbers.reduce(0, +) / Double(numbers.count)
}

/// The variance with divisor n - 1.
func variance(_ numbers: some Collection<Double>) -> Double {
  let center = mean(numbers)
  return numbers.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(numbers.count - 1)
}

/// The quantile by linear interpolation between order statistics (R's type 7).
///
/// - Parameters:
///   - sorted: Numbers in ascending order, at least one.
///   - p: A probability.
/// - Returns: The quantile.
public func quantile(ofSorted sorted: [Double], _ p: Double) -> Double {
  let place = p * Double(sorted.count - 1)
  let below = Int(place.rounded(.down))
  guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
  return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
}
