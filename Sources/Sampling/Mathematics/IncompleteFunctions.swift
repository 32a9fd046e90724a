import Foundation

/// Returns the regularized upper incomplete gamma function Q(a, x), which is the chi-square tail:
/// P(chi²(k) > y) = Q(k/2, y/2).
///
/// - Parameters:
///   - a: The shape, above zero.
///   - x: Where the tail begins, zero or above.
/// - Returns: A probability, to about 1e-14.
public func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
  guard x > 0 else { return 1 }
  let front = exp(a * log(x) - x - logGamma(a))
  if x < a + 1 {
    var term = 1 / a
    var sum = term
    var index = a
    while term > sum * 1e-17 {
      index += 1
      term *= x / index
      sum += term
    }
    return 1 - front * sum
  }
  return front
    * continuedFraction(first: x + 1 - a) { index in
      (Double(index) * (a - Double(index)), x + 2 * Double(index) + 1 - a)
    }
}

/// Returns the regularized incomplete beta function I_x(a, b), the distribution function of
/// ``Beta``.
///
/// - Parameters:
///   - x: Between 0 and 1.
///   - a: The first shape, above zero.
///   - b: The second shape, above zero.
/// - Returns: A probability, to about 1e-14.
public func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
  let front = exp(
    a * log(x) + b * log1p(-x) - logGamma(a) - logGamma(b) + logGamma(a + b))
  return front / a
    * continuedFraction(first: 1) { index in
      let m = Double(index / 2)
      let numerator =
        index.isMultiple(of: 2)
        ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      return (numerator, 1)
    }
}

/// Returns where the incomplete beta function reaches a probability, by bisection.
func incompleteBetaQuantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
  var (low, high) = (0.0, 1.0)
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if incompleteBeta(middle, a, b) < p { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

/// 1 / (first + n1 / (d1 + n2 / (d2 + ...))) by Lentz's method.
private func continuedFraction(
  first: Double, _ term: (Int) -> (numerator: Double, denominator: Double)
) -> Double {
  let tiny = 1e-300
  var ratio = 1 / tiny
  var inverse = 1 / (first == 0 ? tiny : first)
  var result = inverse
  for index in 1...10_000 {
    let (numerator, denominator) = term(index)
    inverse = denominator + numerator * inverse
    inverse = 1 / (inverse == 0 ? tiny : inverse)
    ratio = denominator + numerator / ratio
    if ratio == 0 { ratio = tiny }
    let change = ratio * inverse
    result *= change
    if abs(change - 1) < 1e-16 { break }
  }
  return result
}
