import Foundation

/// A real number that is either a plain `Double` or a ``Traced`` one that remembers how it was
/// computed.
///
/// A density written once over `some RealNumber` can be evaluated with numbers and differentiated
/// with traced ones. Functions stand as static members, so that they read `.exp(x)` where the type
/// is known: `.exp`, `.log`, `.log1p`, `.sqrt`, `.pow`, `.sin`, `.cos`, `.tanh`, `.logGamma`,
/// `.inverseLogit`, `.logInverseLogit`, `.log1pExp`, `.logSumExp`.
public protocol RealNumber: SignedNumeric, ExpressibleByFloatLiteral where Magnitude == Self {
  /// Creates a constant.
  init(_ constant: Double)

  /// The number itself, without its history.
  var value: Double { get }

  /// Returns the result of a function of one argument whose derivative is known.
  static func derived(_ value: Double, from x: Self, slope: Double) -> Self

  /// Returns the result of a function of two arguments whose partial derivatives are known.
  static func derived(
    _ value: Double, from x: Self, slope xSlope: Double, and y: Self, slope ySlope: Double
  ) -> Self

  /// Returns the result of a function of three arguments whose partial derivatives are known.
  static func derived(
    _ value: Double, from x: Self, slope xSlope: Double, and y: Self, slope ySlope: Double,
    and z: Self, slope zSlope: Double
  ) -> Self

  /// Returns the result of a function of many arguments whose partial derivatives are known, as
  /// one step of the trace.
  static func derived(
    _ value: Double, from arguments: some Collection<Self>, slopes: some Collection<Double>
  ) -> Self

  /// Returns the quotient.
  static func / (left: Self, right: Self) -> Self
}

extension RealNumber {
  /// Returns e to the power x.
  @inlinable public static func exp(_ x: Self) -> Self {
    let result = Foundation.exp(x.value)
    return derived(result, from: x, slope: result)
  }

  /// Returns the natural logarithm.
  @inlinable public static func log(_ x: Self) -> Self {
    derived(Foundation.log(x.value), from: x, slope: 1 / x.value)
  }

  /// Returns log(1 + x), precise for small x.
  @inlinable public static func log1p(_ x: Self) -> Self {
    derived(Foundation.log1p(x.value), from: x, slope: 1 / (1 + x.value))
  }

  /// Returns the square root.
  @inlinable public static func sqrt(_ x: Self) -> Self {
    let root = x.value.squareRoot()
    return derived(root, from: x, slope: 0.5 / root)
  }

  /// Returns x squared.
  @inlinable public static func square(_ x: Self) -> Self {
    derived(x.value * x.value, from: x, slope: 2 * x.value)
  }

  /// Returns x to a constant power.
  @inlinable public static func pow(_ x: Self, _ exponent: Double) -> Self {
    derived(
      Foundation.pow(x.value, exponent), from: x,
      slope: exponent * Foundation.pow(x.value, exponent - 1))
  }

  /// Returns the sine.
  @inlinable public static func sin(_ x: Self) -> Self {
    derived(Foundation.sin(x.value), from: x, slope: Foundation.cos(x.value))
  }

  /// Returns the cosine.
  @inlinable public static func cos(_ x: Self) -> Self {
    derived(Foundation.cos(x.value), from: x, slope: -Foundation.sin(x.value))
  }

  /// Returns the hyperbolic tangent.
  @inlinable public static func tanh(_ x: Self) -> Self {
    let result = Foundation.tanh(x.value)
    return derived(result, from: x, slope: 1 - result * result)
  }

  /// Returns the logarithm of the gamma function, for x above zero.
  @inlinable public static func logGamma(_ x: Self) -> Self {
    derived(Sampling.logGamma(x.value), from: x, slope: digamma(x.value))
  }

  /// Returns 1 / (1 + exp(-x)).
  @inlinable public static func inverseLogit(_ x: Self) -> Self {
    let result = Sampling.inverseLogit(x.value)
    return derived(result, from: x, slope: result * Sampling.inverseLogit(-x.value))
  }

  /// Returns the logarithm of 1 / (1 + exp(-x)), precise at both ends.
  @inlinable public static func logInverseLogit(_ x: Self) -> Self {
    derived(-Sampling.log1pExp(-x.value), from: x, slope: Sampling.inverseLogit(-x.value))
  }

  /// Returns log(1 + exp(x)), also called softplus.
  @inlinable public static func log1pExp(_ x: Self) -> Self {
    derived(Sampling.log1pExp(x.value), from: x, slope: Sampling.inverseLogit(x.value))
  }

  /// Returns log(exp(x) + exp(y)) without overflow.
  @inlinable public static func logSumExp(_ x: Self, _ y: Self) -> Self {
    let result = Sampling.logSumExp(x.value, y.value)
    guard result.isFinite else { return Self(result) }
    return derived(
      result, from: x, slope: Foundation.exp(x.value - result),
      and: y, slope: Foundation.exp(y.value - result))
  }

  /// Returns the sum of many numbers as one step of the trace.
  @inlinable public static func sum(_ terms: some Collection<Self>) -> Self {
    derived(
      terms.reduce(0) { $0 + $1.value }, from: terms, slopes: repeatElement(1, count: terms.count))
  }
}

extension Double: RealNumber {
  /// The number itself.
  @inlinable public var value: Double { self }

  /// Returns the value; a plain number keeps no history.
  @inlinable public static func derived(_ value: Double, from x: Double, slope: Double) -> Double {
    value
  }

  /// Returns the value; a plain number keeps no history.
  @inlinable public static func derived(
    _ value: Double, from x: Double, slope xSlope: Double, and y: Double, slope ySlope: Double
  ) -> Double { value }

  /// Returns the value; a plain number keeps no history.
  @inlinable public static func derived(
    _ value: Double, from x: Double, slope xSlope: Double, and y: Double, slope ySlope: Double,
    and z: Double, slope zSlope: Double
  ) -> Double { value }

  /// Returns the value; a plain number keeps no history.
  @inlinable public static func derived(
    _ value: Double, from arguments: some Collection<Double>, slopes: some Collection<Double>
  ) -> Double { value }
}
