import Foundation

/// Returns the logarithm of the gamma function for x above zero, to about 1e-14 absolutely or
/// relatively, whichever is larger.
///
/// The C library's `lgamma` writes a global variable, which parallel chains would share.
/// Stirling's series from 10 upwards; below, the recurrence log Γ(x) = log Γ(x + n) - log Π(x + i).
public func logGamma(_ x: Double) -> Double {
  guard x > 0 else { return x == 0 ? .infinity : .nan }
  guard x < 10 else { return (x - 0.5) * log(x) - x + halfLogTwoPi + stirlingRemainder(x) }
  var product = 1.0
  var shifted = x
  while shifted < 10 {
    product *= shifted
    shifted += 1
  }
  return (shifted - 0.5) * log(shifted) - shifted + halfLogTwoPi + stirlingRemainder(shifted)
    - log(product)
}

/// Returns the derivative of ``logGamma(_:)`` for x above zero.
public func digamma(_ x: Double) -> Double {
  guard x > 0 else { return x == 0 ? -.infinity : .nan }
  var shift = 0.0
  var shifted = x
  while shifted < 10 {
    shift += 1 / shifted
    shifted += 1
  }
  return log(shifted) - 0.5 / shifted - digammaRemainder(shifted) - shift
}

/// Returns log(1 + exp(x)) without overflow, also called softplus.
public func log1pExp(_ x: Double) -> Double {
  x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
}

/// Returns log(1 - exp(x)) for x below zero, precise near zero and far from it.
public func log1mExp(_ x: Double) -> Double {
  x > -0.693147 ? log(-expm1(x)) : log1p(-exp(x))
}

/// Returns log(exp(x) + exp(y)) without overflow.
public func logSumExp(_ x: Double, _ y: Double) -> Double {
  if x == y { return x + 0.6931471805599453 }
  let larger = max(x, y)
  guard larger.isFinite else { return x.isNaN || y.isNaN ? .nan : larger }
  return larger + log1p(exp(min(x, y) - larger))
}

/// Returns the logarithm of the sum of exponentials; minus infinity for no terms.
public func logSumExp(_ terms: some Collection<Double>) -> Double {
  guard let largest = terms.max(), largest.isFinite else { return terms.max() ?? -.infinity }
  return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
}

/// Returns 1 / (1 + exp(-x)) without overflow.
public func inverseLogit(_ x: Double) -> Double {
  if x >= 0 { return 1 / (1 + exp(-x)) }
  let power = exp(x)
  return power / (1 + power)
}

/// Returns log(p / (1 - p)).
public func logit(_ p: Double) -> Double { log(p) - log1p(-p) }

/// Returns the standard normal distribution function.
public func standardNormalCDF(_ x: Double) -> Double { 0.5 * erfc(-x * 0.7071067811865476) }

/// Returns the quantile of the standard normal distribution, to full precision.
///
/// Acklam's rational approximation (relative error 1e-9) followed by one step of Halley's method.
///
/// - Parameter p: A probability; 0 and 1 give minus and plus infinity.
/// - Returns: The value below which the probability lies.
public func standardNormalQuantile(_ p: Double) -> Double {
  guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
  // The lower half keeps the relative precision of small tail probabilities.
  if p > 0.5 { return -standardNormalQuantile(1 - p) }
  let start: Double
  if p < 0.02425 {
    let q = (-2 * log(p)).squareRoot()
    start =
      polynomial(
        q, -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838,
        -2.549732539343734, 4.374664141464968, 2.938163982698783)
      / polynomial(
        q, 7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996, 3.754408661907416, 1)
  } else {
    let q = p - 0.5
    let r = q * q
    start =
      q
      * polynomial(
        r, -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
        1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239)
      / polynomial(
        r, -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
        6.680131188771972e+01, -1.328068155288572e+01, 1)
  }
  let error = standardNormalCDF(start) - p
  let step = error * 2.5066282746310002 * exp(start * start / 2)
  return start - step / (1 + start * step / 2)
}

/// log(2 π) / 2.
let halfLogTwoPi = 0.9189385332046727

/// What Stirling's formula for log Γ leaves out, for x of at least 10.
func stirlingRemainder(_ x: Double) -> Double {
  let r = 1 / (x * x)
  let high = (1.0 / 1188 + r * (-691.0 / 360_360 + r / 156))
  return (1.0 / 12 + r * (-1.0 / 360 + r * (1.0 / 1260 + r * (-1.0 / 1680 + r * high)))) / x
}

/// What log x - 1/(2x) leaves out of the digamma function, for x of at least 10.
func digammaRemainder(_ x: Double) -> Double {
  let r = 1 / (x * x)
  let high = (1.0 / 132 + r * (-691.0 / 32_760 + r / 12))
  return r * (1.0 / 12 + r * (-1.0 / 120 + r * (1.0 / 252 + r * (-1.0 / 240 + r * high))))
}

/// Horner's rule, highest power first.
@inline(__always)
private func polynomial(_ x: Double, _ coefficients: Double...) -> Double {
  coefficients.reduce(0) { $0 * x + $1 }
}
