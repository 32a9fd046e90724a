import Foundation

/// log Γ and its derivative in one evaluation, as both need the same logarithm.
func gammaPair(_ x: Double) -> (logGamma: Double, digamma: Double) {
  var product = 1.0
  var inverse = 0.0
  var shifted = x
  while shifted < 10 {
    product *= shifted
    inverse += 1 / shifted
    shifted += 1
  }
  let logarithm = log(shifted)
  let logGamma =
    (shifted - 0.5) * logarithm - shifted + PriorConstant.halfLogTwoPi + stirling(shifted)
  let digamma = logarithm - 0.5 / shifted - digammaTail(shifted)
  guard product != 1 else { return (logGamma, digamma) }
  return (logGamma - log(product), digamma - inverse)
}

/// What Stirling's formula leaves out, for x of at least 10.
private func stirling(_ x: Double) -> Double {
  let r = 1 / (x * x)
  let high = 1.0 / 1188 + r * (-691.0 / 360_360 + r / 156)
  return (1.0 / 12 + r * (-1.0 / 360 + r * (1.0 / 1260 + r * (-1.0 / 1680 + r * high)))) / x
}

/// What log x − 1/(2x) leaves out of the digamma function, for x of at least 10.
private func digammaTail(_ x: Double) -> Double {
  let r = 1 / (x * x)
  let high = 1.0 / 132 + r * (-691.0 / 32_760 + r / 12)
  return r * (1.0 / 12 + r * (-1.0 / 120 + r * (1.0 / 252 + r * (-1.0 / 240 + r * high))))
}

/// The part of the negative binomial that depends on count and concentration alone, once for every
/// different count.
///
/// Γ(y+φ)/Γ(φ) is what costs; series of deaths repeat small counts, so a table of the different ones
/// halves the work. The concentration is `φ`, the variance `μ + μ²/φ`.
struct CountTable: Sendable {
  /// The different counts, rising.
  let counts: [Int]
  private let logFactorials: [Double]
  private(set) var values: [Double]
  private(set) var derivatives: [Double]

  /// Above this concentration the distribution is Poisson's to rounding.
  static let poissonConcentration = 1e10

  init(_ counts: [Int]) {
    self.counts = Set(counts).sorted()
    logFactorials = self.counts.map { gammaPair(Double($0) + 1).logGamma }
    values = Array(repeating: 0, count: self.counts.count)
    derivatives = values
  }

  /// Where a count stands.
  func index(of count: Int) -> Int {
    var (low, high) = (0, counts.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if counts[middle] < count { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The table at a concentration.
  func updated(concentration: Double) -> CountTable {
    var table = self
    table.update(concentration: concentration)
    return table
  }

  /// Evaluates log Γ(y+φ) − log Γ(φ) − log y! and its derivative by φ; `nil` for Poisson's.
  mutating func update(concentration: Double?) {
    guard let concentration, concentration < Self.poissonConcentration else {
      for index in counts.indices {
        values[index] = -logFactorials[index]
        derivatives[index] = 0
      }
      return
    }
    if concentration >= 10 {
      updateLarge(concentration)
    } else {
      let start = gammaPair(concentration)
      for index in counts.indices {
        let shifted = gammaPair(concentration + Double(counts[index]))
        values[index] = shifted.logGamma - start.logGamma - logFactorials[index]
        derivatives[index] = shifted.digamma - start.digamma
      }
    }
  }

  /// The differences of Stirling's series, in which nothing large cancels.
  private mutating func updateLarge(_ concentration: Double) {
    let start = stirling(concentration)
    let slope = 0.5 / concentration + digammaTail(concentration)
    for index in counts.indices {
      let count = Double(counts[index])
      let sum = concentration + count
      let ratio = log1p(count / concentration)
      values[index] =
        (concentration - 0.5) * ratio + count * log(sum) - count + stirling(sum) - start
        - logFactorials[index]
      derivatives[index] = ratio - 0.5 / sum - digammaTail(sum) + slope
    }
  }
}

/// Log probability of one count and its derivatives.
struct CountTerm {
  var value: Double
  var byMean: Double
  var byConcentration: Double

  /// A negative binomial term; `table` holds log Γ(y+φ) − log Γ(φ) − log y! and its derivative.
  @inline(__always)
  init(
    count: Double, mean: Double, concentration: Double, table: Double, tableDerivative: Double
  ) {
    let sum = concentration + mean
    let excess = mean - count
    // The quotient's logarithm is the quicker one, and exact enough unless the mean is tiny.
    let ratio =
      mean > 0.01 * concentration ? log(sum / concentration) : log1p(mean / concentration)
    value = table - concentration * ratio
    if count > 0 { value += count * log(mean / sum) }
    byMean = -concentration * excess / (mean * sum)
    byConcentration = tableDerivative - ratio + excess / sum
  }

  /// A count that is an ordinary one or, with probability `share`, one out of the ordinary.
  @inline(__always)
  init(ordinary: CountTerm, outlier: CountTerm, share: Double) {
    let (first, second) = (log1p(-share) + ordinary.value, log(share) + outlier.value)
    let largest = max(first, second)
    let (a, b) = (exp(first - largest), exp(second - largest))
    let weight = a / (a + b)
    value = largest + log(a + b)
    byMean = weight * ordinary.byMean + (1 - weight) * outlier.byMean
    byConcentration = weight * ordinary.byConcentration
  }

  /// A Poisson term; `table` holds −log y!.
  @inline(__always)
  init(poissonCount count: Double, mean: Double, table: Double) {
    value = table - mean + (count > 0 ? count * log(mean) : 0)
    byMean = count / mean - 1
    byConcentration = 0
  }
}
