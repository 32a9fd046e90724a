/// A number that remembers how it was computed, so that a result can be differentiated.
///
/// Traced numbers exist only inside the body of an ``AutomaticDensity`` or ``DeclaredModel``; they
/// belong to that one evaluation and must not be kept.
public struct Traced: RealNumber, Comparable {
  /// The absolute value has a history too.
  public typealias Magnitude = Traced

  /// The number itself, without its history.
  public let value: Double
  /// The step of the tape, negative for a constant.
  let index: Int32
  private let tape: UnsafeMutablePointer<TapeMemory>?

  /// Creates a constant, whose derivative is zero.
  public init(_ constant: Double) {
    value = constant
    index = -1
    tape = nil
  }

  /// Creates a constant.
  public init(floatLiteral value: Double) { self.init(value) }

  /// Creates a constant.
  public init(integerLiteral value: Int) { self.init(Double(value)) }

  init(_ value: Double, step: Int32, of tape: UnsafeMutablePointer<TapeMemory>) {
    self.value = value
    index = step
    self.tape = tape
  }

  /// Returns the result of a function of one argument whose derivative is known.
  public static func derived(_ value: Double, from x: Traced, slope: Double) -> Traced {
    guard let tape = x.tape else { return Traced(value) }
    tape.pointee.addArgument(x.index, slope: slope)
    return Traced(value, step: tape.pointee.finishStep(), of: tape)
  }

  /// Returns the result of a function of two arguments whose partial derivatives are known.
  public static func derived(
    _ value: Double, from x: Traced, slope xSlope: Double, and y: Traced, slope ySlope: Double
  ) -> Traced {
    guard let tape = x.tape ?? y.tape else { return Traced(value) }
    tape.pointee.addArgument(x.index, slope: xSlope)
    tape.pointee.addArgument(y.index, slope: ySlope)
    return Traced(value, step: tape.pointee.finishStep(), of: tape)
  }

  /// Returns the result of a function of three arguments whose partial derivatives are known.
  public static func derived(
    _ value: Double, from x: Traced, slope xSlope: Double, and y: Traced, slope ySlope: Double,
    and z: Traced, slope zSlope: Double
  ) -> Traced {
    guard let tape = x.tape ?? y.tape ?? z.tape else { return Traced(value) }
    tape.pointee.addArgument(x.index, slope: xSlope)
    tape.pointee.addArgument(y.index, slope: ySlope)
    tape.pointee.addArgument(z.index, slope: zSlope)
    return Traced(value, step: tape.pointee.finishStep(), of: tape)
  }

  /// Returns the result of a function of many arguments whose partial derivatives are known, as
  /// one step of the trace.
  public static func derived(
    _ value: Double, from arguments: some Collection<Traced>, slopes: some Collection<Double>
  ) -> Traced {
    guard let tape = arguments.lazy.compactMap(\.tape).first else { return Traced(value) }
    for (argument, slope) in zip(arguments, slopes) {
      tape.pointee.addArgument(argument.index, slope: slope)
    }
    return Traced(value, step: tape.pointee.finishStep(), of: tape)
  }

  /// Returns the sum.
  public static func + (left: Traced, right: Traced) -> Traced {
    derived(left.value + right.value, from: left, slope: 1, and: right, slope: 1)
  }

  /// Returns the difference.
  public static func - (left: Traced, right: Traced) -> Traced {
    derived(left.value - right.value, from: left, slope: 1, and: right, slope: -1)
  }

  /// Returns the product.
  public static func * (left: Traced, right: Traced) -> Traced {
    derived(
      left.value * right.value, from: left, slope: right.value, and: right, slope: left.value)
  }

  /// Returns the quotient.
  public static func / (left: Traced, right: Traced) -> Traced {
    let quotient = left.value / right.value
    return derived(
      quotient, from: left, slope: 1 / right.value, and: right, slope: -quotient / right.value)
  }

  /// Returns the negative.
  public static prefix func - (operand: Traced) -> Traced {
    derived(-operand.value, from: operand, slope: -1)
  }

  /// Multiplies in place.
  public static func *= (left: inout Traced, right: Traced) { left = left * right }

  /// Compares values; histories do not matter.
  public static func == (left: Traced, right: Traced) -> Bool { left.value == right.value }

  /// Compares values.
  public static func < (left: Traced, right: Traced) -> Bool { left.value < right.value }

  /// Creates a constant from a whole number that a `Double` holds exactly.
  public init?(exactly source: some BinaryInteger) {
    guard let number = Double(exactly: source) else { return nil }
    self.init(number)
  }

  /// The absolute value.
  public var magnitude: Traced { value < 0 ? -self : self }
}
