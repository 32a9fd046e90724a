private enum Ops {
  static let sum = Operator("aten::sum", "dim_IntList")
  static let sumAll = Operator("aten::sum")
  static let mean = Operator("aten::mean", "dim")
  static let meanAll = Operator("aten::mean")
  static let prod = Operator("aten::prod", "dim_int")
  static let variance = Operator("aten::var", "correction")
  static let prodAll = Operator("aten::prod")
  static let median = Operator("aten::median", "dim")
  static let quantile = Operator("aten::quantile", "scalar")
  static let amax = Operator("aten::amax")
  static let amin = Operator("aten::amin")
  static let argmax = Operator("aten::argmax")
  static let argmin = Operator("aten::argmin")
  static let all = Operator("aten::all")
  static let any = Operator("aten::any")
  static let allAxis = Operator("aten::all", "dim")
  static let anyAxis = Operator("aten::any", "dim")
  static let logsumexp = Operator("aten::logsumexp")
  static let norm = Operator("aten::linalg_vector_norm")
  static let cumsum = Operator("aten::cumsum")
  static let cumprod = Operator("aten::cumprod")
  static let countNonzero = Operator("aten::count_nonzero")
}

/// Reductions. Without axes they reduce to a scalar; `keepingAxes` leaves reduced axes with extent 1.
extension Tensor {
  /// The sum of all elements.
  public func sum() -> Tensor { Ops.sumAll(.tensor(self)) }
  /// Sums along axes.
  public func sum(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    Ops.sum(.tensor(self), .ints(axes), .bool(keepingAxes))
  }
  /// The mean of all elements.
  public func mean() -> Tensor { Ops.meanAll(.tensor(self)) }
  /// Means along axes.
  public func mean(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    Ops.mean(.tensor(self), .ints(axes), .bool(keepingAxes))
  }
  /// The product of all elements.
  public func product() -> Tensor { Ops.prodAll(.tensor(self)) }
  /// Products along one axis.
  public func product(along axis: Int, keepingAxes: Bool = false) -> Tensor {
    Ops.prod(.tensor(self), .int(axis), .bool(keepingAxes))
  }
  /// Variance along axes (all axes when none is named); the divisor is the count minus `correction`.
  public func variance(along axes: Int..., correction: Int = 1, keepingAxes: Bool = false)
    -> Tensor
  {
    Ops.variance(
      .tensor(self), axes.isEmpty ? .none : .ints(axes), .int(correction), .bool(keepingAxes))
  }
  /// Standard deviation along axes; see ``variance(along:correction:keepingAxes:)``.
  public func standardDeviation(along axes: Int..., correction: Int = 1, keepingAxes: Bool = false)
    -> Tensor
  {
    Ops.variance(
      .tensor(self), axes.isEmpty ? .none : .ints(axes), .int(correction), .bool(keepingAxes)
    ).sqrt()
  }
  /// The largest elements along axes (of all elements when none is named).
  public func max(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    Ops.amax(.tensor(self), .ints(axes), .bool(keepingAxes))
  }
  /// The smallest elements along axes (of all elements when none is named).
  public func min(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    Ops.amin(.tensor(self), .ints(axes), .bool(keepingAxes))
  }
  /// The middle elements along an axis, the lower one of two, and where they stand.
  public func median(along axis: Int = -1, keepingAxes: Bool = false)
    -> (values: Tensor, indices: Tensor)
  {
    let results = Ops.median.tensors(.tensor(self), .int(axis), .bool(keepingAxes))
    return (results[0], results[1])
  }
  /// The value below which a share of the elements along an axis lies, linear between elements.
  ///
  /// - Precondition: `share` is in `0...1` and the elements are `float32` or `float64`.
  public func quantile(_ share: Double, along axis: Int = -1, keepingAxes: Bool = false) -> Tensor {
    Ops.quantile(.tensor(self), .real(share), .int(axis), .bool(keepingAxes))
  }
  /// Where the largest element along an axis stands, `int64`.
  public func argmax(along axis: Int = -1, keepingAxes: Bool = false) -> Tensor {
    Ops.argmax(.tensor(self), .int(axis), .bool(keepingAxes))
  }
  /// Where the smallest element along an axis stands, `int64`.
  public func argmin(along axis: Int = -1, keepingAxes: Bool = false) -> Tensor {
    Ops.argmin(.tensor(self), .int(axis), .bool(keepingAxes))
  }
  /// Whether all elements are true (not zero).
  public func allTrue() -> Bool { Ops.all(.tensor(self)).scalar() != 0 }
  /// Whether any element is true (not zero).
  public func anyTrue() -> Bool { Ops.any(.tensor(self)).scalar() != 0 }
  /// Whether all elements along an axis are true.
  public func allTrue(along axis: Int, keepingAxes: Bool = false) -> Tensor {
    Ops.allAxis(.tensor(self), .int(axis), .bool(keepingAxes))
  }
  /// Whether any element along an axis is true.
  public func anyTrue(along axis: Int, keepingAxes: Bool = false) -> Tensor {
    Ops.anyAxis(.tensor(self), .int(axis), .bool(keepingAxes))
  }
  /// How many elements are not zero.
  public func countNonzero() -> Int { Int(Ops.countNonzero(.tensor(self), .none).scalar()) }
  /// Logarithm of the sum of exponentials along axes, without overflow.
  public func logSumExp(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    Ops.logsumexp(.tensor(self), .ints(axes), .bool(keepingAxes))
  }
  /// The norm of the given order along axes (of all elements when none is named).
  public func norm(order: Double = 2, along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    Ops.norm(
      .tensor(self), .real(order), axes.isEmpty ? .none : .ints(axes), .bool(keepingAxes))
  }
  /// Running sums along an axis.
  public func cumulativeSum(along axis: Int) -> Tensor { Ops.cumsum(.tensor(self), .int(axis)) }
  /// Running products along an axis.
  public func cumulativeProduct(along axis: Int) -> Tensor {
    Ops.cumprod(.tensor(self), .int(axis))
  }
}
