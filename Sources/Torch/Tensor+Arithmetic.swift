private enum Ops {
  static let add = Operator("aten::add", "Tensor")
  static let addScalar = Operator("aten::add", "Scalar")
  static let sub = Operator("aten::sub", "Tensor")
  static let rsub = Operator("aten::rsub", "Scalar")
  static let subScalar = Operator("aten::sub", "Scalar")
  static let mul = Operator("aten::mul", "Tensor")
  static let mulScalar = Operator("aten::mul", "Scalar")
  static let div = Operator("aten::div", "Tensor")
  static let divScalar = Operator("aten::div", "Scalar")
  static let divMode = Operator("aten::div", "Tensor_mode")
  static let reciprocal = Operator("aten::reciprocal")
  static let remainder = Operator("aten::remainder", "Tensor")
  static let neg = Operator("aten::neg")
  static let pow = Operator("aten::pow", "Tensor_Scalar")
  static let powTensor = Operator("aten::pow", "Tensor_Tensor")
  static let addInPlace = Operator("aten::add_", "Tensor")
  static let subInPlace = Operator("aten::sub_", "Tensor")
  static let mulInPlace = Operator("aten::mul_", "Tensor")
  static let mulScalarInPlace = Operator("aten::mul_", "Scalar")
  static let addScalarInPlace = Operator("aten::add_", "Scalar")
  static let subScalarInPlace = Operator("aten::sub_", "Scalar")
  static let divInPlace = Operator("aten::div_", "Tensor")
  static let divScalarInPlace = Operator("aten::div_", "Scalar")
  static let fill = Operator("aten::fill_", "Scalar")
  static let copy = Operator("aten::copy_")
  static let addcmul = Operator("aten::addcmul")
  static let decayedSum = Operator("swiftlet::decayed_sum")
  static let lerp = Operator("aten::lerp", "Scalar")
}

/// Arithmetic, element by element, with NumPy's broadcasting and libtorch's type promotion.
extension Tensor {
  /// Element-wise sum.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    Ops.add(.tensor(left), .tensor(right))
  }
  /// Element-wise difference.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    Ops.sub(.tensor(left), .tensor(right))
  }
  /// Element-wise product.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    Ops.mul(.tensor(left), .tensor(right))
  }
  /// Element-wise quotient; of whole numbers too it is a real number.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    Ops.div(.tensor(left), .tensor(right))
  }

  /// Adds a number to every element.
  public static func + (left: Tensor, right: Double) -> Tensor {
    Ops.addScalar(.tensor(left), .real(right))
  }
  /// Adds a number to every element.
  public static func + (left: Double, right: Tensor) -> Tensor { right + left }
  /// Adds a whole number to every element, keeping an integer type.
  public static func + (left: Tensor, right: Int) -> Tensor {
    Ops.addScalar(.tensor(left), .int(right))
  }
  /// Adds a whole number to every element, keeping an integer type.
  public static func + (left: Int, right: Tensor) -> Tensor { right + left }

  /// Subtracts a number from every element.
  public static func - (left: Tensor, right: Double) -> Tensor {
    Ops.subScalar(.tensor(left), .real(right))
  }
  /// Subtracts every element from a number.
  public static func - (left: Double, right: Tensor) -> Tensor {
    Ops.rsub(.tensor(right), .real(left))
  }
  /// Subtracts a whole number from every element, keeping an integer type.
  public static func - (left: Tensor, right: Int) -> Tensor {
    Ops.subScalar(.tensor(left), .int(right))
  }
  /// Subtracts every element from a whole number, keeping an integer type.
  public static func - (left: Int, right: Tensor) -> Tensor {
    Ops.rsub(.tensor(right), .int(left))
  }

  /// Multiplies every element by a number.
  public static func * (left: Tensor, right: Double) -> Tensor {
    Ops.mulScalar(.tensor(left), .real(right))
  }
  /// Multiplies every element by a number.
  public static func * (left: Double, right: Tensor) -> Tensor { right * left }
  /// Multiplies every element by a whole number, keeping an integer type.
  public static func * (left: Tensor, right: Int) -> Tensor {
    Ops.mulScalar(.tensor(left), .int(right))
  }
  /// Multiplies every element by a whole number, keeping an integer type.
  public static func * (left: Int, right: Tensor) -> Tensor { right * left }

  /// Divides every element by a number.
  public static func / (left: Tensor, right: Double) -> Tensor {
    Ops.divScalar(.tensor(left), .real(right))
  }
  /// Divides a number by every element.
  public static func / (left: Double, right: Tensor) -> Tensor {
    Ops.reciprocal(.tensor(right)) * left
  }

  /// Changes every sign.
  public static prefix func - (operand: Tensor) -> Tensor { Ops.neg(.tensor(operand)) }

  /// Adds in place; `right` broadcasts to this shape.
  public static func += (left: inout Tensor, right: Tensor) {
    left.update { Ops.addInPlace.perform(.tensor($0), .tensor(right)) }
  }
  /// Subtracts in place; `right` broadcasts to this shape.
  public static func -= (left: inout Tensor, right: Tensor) {
    left.update { Ops.subInPlace.perform(.tensor($0), .tensor(right)) }
  }
  /// Multiplies in place; `right` broadcasts to this shape.
  public static func *= (left: inout Tensor, right: Tensor) {
    left.update { Ops.mulInPlace.perform(.tensor($0), .tensor(right)) }
  }
  /// Divides in place; `right` broadcasts to this shape.
  public static func /= (left: inout Tensor, right: Tensor) {
    left.update { Ops.divInPlace.perform(.tensor($0), .tensor(right)) }
  }
  /// Adds a number in place.
  public static func += (left: inout Tensor, right: Double) {
    left.update { Ops.addScalarInPlace.perform(.tensor($0), .real(right)) }
  }
  /// Adds a whole number in place.
  public static func += (left: inout Tensor, right: Int) {
    left.update { Ops.addScalarInPlace.perform(.tensor($0), .int(right)) }
  }
  /// Subtracts a number in place.
  public static func -= (left: inout Tensor, right: Double) {
    left.update { Ops.subScalarInPlace.perform(.tensor($0), .real(right)) }
  }
  /// Subtracts a whole number in place.
  public static func -= (left: inout Tensor, right: Int) {
    left.update { Ops.subScalarInPlace.perform(.tensor($0), .int(right)) }
  }
  /// Multiplies by a number in place.
  public static func *= (left: inout Tensor, right: Double) {
    left.update { Ops.mulScalarInPlace.perform(.tensor($0), .real(right)) }
  }
  /// Multiplies by a whole number in place.
  public static func *= (left: inout Tensor, right: Int) {
    left.update { Ops.mulScalarInPlace.perform(.tensor($0), .int(right)) }
  }
  /// Divides by a number in place.
  public static func /= (left: inout Tensor, right: Double) {
    left.update { Ops.divScalarInPlace.perform(.tensor($0), .real(right)) }
  }

  /// Adds `scale` times another tensor in place, without a temporary.
  public mutating func add(_ other: Tensor, scaledBy scale: Double) {
    update { Ops.addInPlace.perform(.tensor($0), .tensor(other), .real(scale)) }
  }

  /// Sets every element.
  public mutating func fill(with value: Double) {
    update { Ops.fill.perform(.tensor($0), .real(value)) }
  }

  /// Overwrites the elements with those of `other`, broadcast and converted to this type.
  public mutating func assign(_ other: Tensor) {
    update { Ops.copy.perform(.tensor($0), .tensor(other)) }
  }

  /// The quotient rounded down, as in Python's `//`.
  public func floorDivided(by other: Tensor) -> Tensor {
    Ops.divMode(.tensor(self), .tensor(other), .string("floor"))
  }

  /// The remainder with the divisor's sign, as in Python's `%`.
  public func remainder(dividingBy other: Tensor) -> Tensor {
    Ops.remainder(.tensor(self), .tensor(other))
  }

  /// One over every element.
  public func reciprocal() -> Tensor { Ops.reciprocal(.tensor(self)) }

  /// Every element to a power.
  public func power(_ exponent: Double) -> Tensor { Ops.pow(.tensor(self), .real(exponent)) }

  /// Every element to the power of the other's.
  public func power(_ exponent: Tensor) -> Tensor {
    Ops.powTensor(.tensor(self), .tensor(exponent))
  }

  /// `self + left * right` in one operator; all three broadcast.
  public func adding(productOf left: Tensor, _ right: Tensor) -> Tensor {
    Ops.addcmul(.tensor(self), .tensor(left), .tensor(right))
  }

  /// `self + weight * decay`; where `decay` is one number, its gradient is a dot product.
  public func adding(_ weight: Tensor, decayedBy decay: Tensor) -> Tensor {
    Ops.decayedSum(.tensor(self), .tensor(weight), .tensor(decay))
  }

  /// `self + weight * (other - self)`.
  public func interpolated(to other: Tensor, weight: Double) -> Tensor {
    Ops.lerp(.tensor(self), .tensor(other), .real(weight))
  }
}
