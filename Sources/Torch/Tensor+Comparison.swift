private enum Ops {
  static let eq = Operator("aten::eq", "Tensor")
  static let eqScalar = Operator("aten::eq", "Scalar")
  static let ne = Operator("aten::ne", "Tensor")
  static let neScalar = Operator("aten::ne", "Scalar")
  static let lt = Operator("aten::lt", "Tensor")
  static let ltScalar = Operator("aten::lt", "Scalar")
  static let le = Operator("aten::le", "Tensor")
  static let leScalar = Operator("aten::le", "Scalar")
  static let gt = Operator("aten::gt", "Tensor")
  static let gtScalar = Operator("aten::gt", "Scalar")
  static let ge = Operator("aten::ge", "Tensor")
  static let geScalar = Operator("aten::ge", "Scalar")
  static let and = Operator("aten::logical_and")
  static let or = Operator("aten::logical_or")
  static let not = Operator("aten::logical_not")
  static let whereSelf = Operator("aten::where", "self")
  static let isfinite = Operator("aten::isfinite")
  static let isnan = Operator("aten::isnan")
  static let equal = Operator("aten::equal")
  static let nonzero = Operator("aten::nonzero")
}

infix operator .== : ComparisonPrecedence
infix operator .!= : ComparisonPrecedence
infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence
infix operator .& : LogicalConjunctionPrecedence
infix operator .| : LogicalDisjunctionPrecedence

/// Comparison element by element gives `bool` tensors (the pointwise operators are written with a
/// dot, as in SIMD types); `==` compares whole values.
extension Tensor: Equatable {
  /// Whether two tensors have the same shape, type and elements (NaN equals nothing).
  public static func == (left: Tensor, right: Tensor) -> Bool {
    left.elementType == right.elementType
      && Ops.equal.scalar(.tensor(left), .tensor(right)) != 0
  }

  /// Where elements are equal.
  public static func .== (left: Tensor, right: Tensor) -> Tensor {
    Ops.eq(.tensor(left), .tensor(right))
  }
  /// Where elements equal a number.
  public static func .== (left: Tensor, right: Double) -> Tensor {
    Ops.eqScalar(.tensor(left), .real(right))
  }
  /// Where elements differ.
  public static func .!= (left: Tensor, right: Tensor) -> Tensor {
    Ops.ne(.tensor(left), .tensor(right))
  }
  /// Where elements differ from a number.
  public static func .!= (left: Tensor, right: Double) -> Tensor {
    Ops.neScalar(.tensor(left), .real(right))
  }
  /// Where the left element is smaller.
  public static func .< (left: Tensor, right: Tensor) -> Tensor {
    Ops.lt(.tensor(left), .tensor(right))
  }
  /// Where elements are smaller than a number.
  public static func .< (left: Tensor, right: Double) -> Tensor {
    Ops.ltScalar(.tensor(left), .real(right))
  }
  /// Where the left element is not larger.
  public static func .<= (left: Tensor, right: Tensor) -> Tensor {
    Ops.le(.tensor(left), .tensor(right))
  }
  /// Where elements are not larger than a number.
  public static func .<= (left: Tensor, right: Double) -> Tensor {
    Ops.leScalar(.tensor(left), .real(right))
  }
  /// Where the left element is larger.
  public static func .> (left: Tensor, right: Tensor) -> Tensor {
    Ops.gt(.tensor(left), .tensor(right))
  }
  /// Where elements are larger than a number.
  public static func .> (left: Tensor, right: Double) -> Tensor {
    Ops.gtScalar(.tensor(left), .real(right))
  }
  /// Where the left element is not smaller.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor {
    Ops.ge(.tensor(left), .tensor(right))
  }
  /// Where elements are not smaller than a number.
  public static func .>= (left: Tensor, right: Double) -> Tensor {
    Ops.geScalar(.tensor(left), .real(right))
  }

  /// Where both are true.
  public static func .& (left: Tensor, right: Tensor) -> Tensor {
    Ops.and(.tensor(left), .tensor(right))
  }
  /// Where at least one is true.
  public static func .| (left: Tensor, right: Tensor) -> Tensor {
    Ops.or(.tensor(left), .tensor(right))
  }
  /// Where the operand is false.
  public static prefix func ! (operand: Tensor) -> Tensor { Ops.not(.tensor(operand)) }

  /// `left` where the condition is true, else `right`; all three broadcast.
  public static func choosing(_ left: Tensor, where condition: Tensor, else right: Tensor)
    -> Tensor
  { Ops.whereSelf(.tensor(condition), .tensor(left), .tensor(right)) }

  /// Where elements are neither infinite nor NaN.
  public func isFinite() -> Tensor { Ops.isfinite(.tensor(self)) }
  /// Where elements are NaN.
  public func isNaN() -> Tensor { Ops.isnan(.tensor(self)) }
  /// The positions of the elements that are not zero, `[found, rank]`, `int64`.
  public func nonzeroIndices() -> Tensor { Ops.nonzero(.tensor(self)) }
}
