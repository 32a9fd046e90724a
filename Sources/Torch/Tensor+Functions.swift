private enum Ops {
  static let exp = Operator("aten::exp")
  static let expm1 = Operator("aten::expm1")
  static let log = Operator("aten::log")
  static let log1p = Operator("aten::log1p")
  static let log2 = Operator("aten::log2")
  static let sqrt = Operator("aten::sqrt")
  static let rsqrt = Operator("aten::rsqrt")
  static let sin = Operator("aten::sin")
  static let cos = Operator("aten::cos")
  static let tan = Operator("aten::tan")
  static let tanh = Operator("aten::tanh")
  static let asin = Operator("aten::asin")
  static let acos = Operator("aten::acos")
  static let atan = Operator("aten::atan")
  static let atan2 = Operator("aten::atan2")
  static let sigmoid = Operator("aten::sigmoid")
  static let logSigmoid = Operator("aten::log_sigmoid")
  static let softplus = Operator("aten::softplus")
  static let relu = Operator("aten::relu")
  static let relu6 = Operator("aten::relu6")
  static let leakyRelu = Operator("aten::leaky_relu")
  static let gelu = Operator("aten::gelu")
  static let silu = Operator("aten::silu")
  static let hardSwish = Operator("aten::hardswish")
  static let elu = Operator("aten::elu")
  static let abs = Operator("aten::abs")
  static let sign = Operator("aten::sign")
  static let floor = Operator("aten::floor")
  static let ceil = Operator("aten::ceil")
  static let round = Operator("aten::round")
  static let erf = Operator("aten::erf")
  static let lgamma = Operator("aten::lgamma")
  static let digamma = Operator("aten::digamma")
  static let clamp = Operator("aten::clamp")
  static let minimum = Operator("aten::minimum")
  static let maximum = Operator("aten::maximum")
  static let softmax = Operator("aten::softmax", "int")
  static let logSoftmax = Operator("aten::log_softmax", "int")
}

/// Functions of one element each, and the softmax family.
extension Tensor {
  /// e to each element.
  public func exp() -> Tensor { Ops.exp(.tensor(self)) }
  /// e to each element, minus one, accurate near zero.
  public func expm1() -> Tensor { Ops.expm1(.tensor(self)) }
  /// Natural logarithm.
  public func log() -> Tensor { Ops.log(.tensor(self)) }
  /// Natural logarithm of one plus each element, accurate near zero.
  public func log1p() -> Tensor { Ops.log1p(.tensor(self)) }
  /// Logarithm to base 2.
  public func log2() -> Tensor { Ops.log2(.tensor(self)) }
  /// Square root.
  public func sqrt() -> Tensor { Ops.sqrt(.tensor(self)) }
  /// One over the square root.
  public func rsqrt() -> Tensor { Ops.rsqrt(.tensor(self)) }
  /// Each element times itself.
  public func squared() -> Tensor { self * self }
  /// Sine, in radians.
  public func sin() -> Tensor { Ops.sin(.tensor(self)) }
  /// Cosine, in radians.
  public func cos() -> Tensor { Ops.cos(.tensor(self)) }
  /// Tangent, in radians.
  public func tan() -> Tensor { Ops.tan(.tensor(self)) }
  /// Hyperbolic tangent.
  public func tanh() -> Tensor { Ops.tanh(.tensor(self)) }
  /// The angle in radians whose sine this is.
  public func asin() -> Tensor { Ops.asin(.tensor(self)) }
  /// The angle in radians whose cosine this is.
  public func acos() -> Tensor { Ops.acos(.tensor(self)) }
  /// The angle in radians whose tangent this is.
  public func atan() -> Tensor { Ops.atan(.tensor(self)) }
  /// The angle of the point (`x`, self), in radians.
  public func atan2(_ x: Tensor) -> Tensor { Ops.atan2(.tensor(self), .tensor(x)) }
  /// Absolute value.
  public func abs() -> Tensor { Ops.abs(.tensor(self)) }
  /// -1, 0 or 1.
  public func sign() -> Tensor { Ops.sign(.tensor(self)) }
  /// Rounded down.
  public func floor() -> Tensor { Ops.floor(.tensor(self)) }
  /// Rounded up.
  public func ceil() -> Tensor { Ops.ceil(.tensor(self)) }
  /// Rounded to the nearest whole number, ties to even.
  public func rounded() -> Tensor { Ops.round(.tensor(self)) }
  /// Error function.
  public func erf() -> Tensor { Ops.erf(.tensor(self)) }
  /// Logarithm of the absolute value of the gamma function.
  public func logGamma() -> Tensor { Ops.lgamma(.tensor(self)) }
  /// The derivative of ``logGamma()``.
  public func digamma() -> Tensor { Ops.digamma(.tensor(self)) }

  /// `1 / (1 + exp(-x))`.
  public func sigmoid() -> Tensor { Ops.sigmoid(.tensor(self)) }
  /// Logarithm of the sigmoid, without overflow.
  public func logSigmoid() -> Tensor { Ops.logSigmoid(.tensor(self)) }
  /// `log(1 + exp(x))`, without overflow.
  public func softplus() -> Tensor { Ops.softplus(.tensor(self)) }
  /// Rectified linear unit.
  public func relu() -> Tensor { Ops.relu(.tensor(self)) }
  /// Rectified linear unit cut off at 6.
  public func relu6() -> Tensor { Ops.relu6(.tensor(self)) }
  /// Rectified linear unit with a slope left of zero.
  public func leakyRelu(slope: Double = 0.01) -> Tensor {
    Ops.leakyRelu(.tensor(self), .real(slope))
  }
  /// Gaussian error linear unit, exact, or by the usual tanh formula.
  public func gelu(tanhApproximation: Bool = false) -> Tensor {
    Ops.gelu(.tensor(self), .string(tanhApproximation ? "tanh" : "none"))
  }
  /// `x * sigmoid(x)`, also called swish.
  public func silu() -> Tensor { Ops.silu(.tensor(self)) }
  /// `x * relu6(x + 3) / 6`.
  public func hardSwish() -> Tensor { Ops.hardSwish(.tensor(self)) }
  /// `relu6(x + 3) / 6`, written out because libtorch's own has no second derivative.
  public func hardSigmoid() -> Tensor { (self + 3).relu6() / 6 }
  /// Exponential linear unit.
  public func elu(alpha: Double = 1) -> Tensor { Ops.elu(.tensor(self), .real(alpha)) }

  /// Elements moved to the nearest end of a range where they lie outside.
  public func clamped(to range: ClosedRange<Double>) -> Tensor {
    Ops.clamp(.tensor(self), .real(range.lowerBound), .real(range.upperBound))
  }
  /// Elements not below `bound`.
  public func clamped(atLeast bound: Double) -> Tensor { Ops.clamp(.tensor(self), .real(bound)) }
  /// Elements not above `bound`.
  public func clamped(atMost bound: Double) -> Tensor {
    Ops.clamp(.tensor(self), .none, .real(bound))
  }
  /// The smaller of two, element by element.
  public static func minimum(_ left: Tensor, _ right: Tensor) -> Tensor {
    Ops.minimum(.tensor(left), .tensor(right))
  }
  /// The larger of two, element by element.
  public static func maximum(_ left: Tensor, _ right: Tensor) -> Tensor {
    Ops.maximum(.tensor(left), .tensor(right))
  }

  /// Positive numbers along an axis that add up to one.
  public func softmax(along axis: Int = -1) -> Tensor { Ops.softmax(.tensor(self), .int(axis)) }
  /// Logarithm of ``softmax(along:)``, without overflow.
  public func logSoftmax(along axis: Int = -1) -> Tensor {
    Ops.logSoftmax(.tensor(self), .int(axis))
  }
}
