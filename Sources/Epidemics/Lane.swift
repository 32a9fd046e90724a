/// Several places side by side in one number, so that the same instructions serve all of them.
///
/// The operations are spelled as functions of their own so that generic code, once specialized,
/// uses the standard library's vector instructions.
protocol Lane: Sendable {
  /// How many places it holds.
  static var width: Int { get }
  init(repeating value: Double)
  subscript(lane index: Int) -> Double { get set }
  static func * (left: Self, right: Self) -> Self
  static func + (left: Self, right: Self) -> Self
  static func - (left: Self, right: Self) -> Self
}

extension Double: Lane {
  static var width: Int { 1 }
  init(repeating value: Double) { self = value }
  subscript(lane index: Int) -> Double {
    get { self }
    set { self = newValue }
  }
}

extension SIMD2<Double>: Lane {
  static var width: Int { 2 }
  subscript(lane index: Int) -> Double {
    get { self[index] }
    set { self[index] = newValue }
  }
}

extension SIMD4<Double>: Lane {
  static var width: Int { 4 }
  subscript(lane index: Int) -> Double {
    get { self[index] }
    set { self[index] = newValue }
  }
}

extension Lane {
  static var zero: Self { Self(repeating: 0) }

  /// The sum over places.
  var total: Double { (0..<Self.width).reduce(0) { $0 + self[lane: $1] } }
}
