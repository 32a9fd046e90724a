private enum Ops {
  static let reshape = Operator("aten::reshape")
  static let transpose = Operator("aten::transpose", "int")
  static let permute = Operator("aten::permute")
  static let squeeze = Operator("aten::squeeze", "dim")
  static let unsqueeze = Operator("aten::unsqueeze")
  static let flatten = Operator("aten::flatten", "using_ints")
  static let unflatten = Operator("aten::unflatten", "int")
  static let expand = Operator("aten::expand")
  static let repeated = Operator("aten::repeat")
  static let repeatInterleave = Operator("aten::repeat_interleave", "self_int")
  static let cat = Operator("aten::cat")
  static let stack = Operator("aten::stack")
  static let split = Operator("aten::split_with_sizes")
  static let narrow = Operator("aten::narrow")
  static let flip = Operator("aten::flip")
  static let roll = Operator("aten::roll")
  static let rot90 = Operator("aten::rot90")
  static let pad = Operator("aten::constant_pad_nd")
  static let unfold = Operator("aten::unfold")
  static let diagonal = Operator("aten::diagonal")
}

/// Shape operations. Axes may be negative, counting from the end.
extension Tensor {
  /// The same elements in row-major order under another shape; one extent may be -1 (inferred).
  public func reshaped(to shape: [Int]) -> Tensor { Ops.reshape(.tensor(self), .ints(shape)) }

  /// The same elements in row-major order under another shape; one extent may be -1 (inferred).
  public func reshaped(_ shape: Int...) -> Tensor { Ops.reshape(.tensor(self), .ints(shape)) }

  /// Exchanges two axes.
  public func transposed(_ first: Int = -1, _ second: Int = -2) -> Tensor {
    Ops.transpose(.tensor(self), .int(first), .int(second))
  }

  /// Reorders all axes: axis `i` of the result is axis `order[i]` of this tensor.
  public func permuted(_ order: Int...) -> Tensor { Ops.permute(.tensor(self), .ints(order)) }

  /// Removes an axis of extent 1.
  public func squeezed(at axis: Int) -> Tensor { Ops.squeeze(.tensor(self), .int(axis)) }

  /// Inserts an axis of extent 1.
  public func expandingShape(at axis: Int) -> Tensor {
    Ops.unsqueeze(.tensor(self), .int(axis))
  }

  /// Merges the axes `first ... last` into one.
  public func flattened(from first: Int = 0, through last: Int = -1) -> Tensor {
    Ops.flatten(.tensor(self), .int(first), .int(last))
  }

  /// Splits one axis into several whose product is its extent.
  public func unflattened(_ axis: Int, into shape: [Int]) -> Tensor {
    Ops.unflatten(.tensor(self), .int(axis), .ints(shape))
  }

  /// Repeats axes of extent 1 without copying; -1 keeps an axis as it is.
  public func broadcast(to shape: [Int]) -> Tensor { Ops.expand(.tensor(self), .ints(shape)) }

  /// Copies the whole tensor the given number of times along each axis.
  public func tiled(_ counts: [Int]) -> Tensor { Ops.repeated(.tensor(self), .ints(counts)) }

  /// Repeats every slice along an axis: `[a, b]` twice is `[a, a, b, b]`.
  public func repeatingEach(_ count: Int, along axis: Int) -> Tensor {
    Ops.repeatInterleave(.tensor(self), .int(count), .int(axis))
  }

  /// Joins tensors along an existing axis.
  public init(concatenating tensors: [Tensor], along axis: Int = 0) {
    self = Ops.cat(.tensors(tensors), .int(axis))
  }

  /// Joins tensors of one shape along a new axis.
  public init(stacking tensors: [Tensor], along axis: Int = 0) {
    self = Ops.stack(.tensors(tensors), .int(axis))
  }

  /// Cuts an axis into pieces of the given sizes, which must add up to its extent.
  public func split(sizes: [Int], along axis: Int = 0) -> [Tensor] {
    Ops.split.tensors(.tensor(self), .ints(sizes), .int(axis))
  }

  /// The slices along an axis, without that axis.
  public func unstacked(along axis: Int = 0) -> [Tensor] {
    (0..<extent(axis)).map { slice(at: $0, along: axis) }
  }

  /// `count` slices of an axis from `start` on.
  public func narrowed(along axis: Int, from start: Int, count: Int) -> Tensor {
    Ops.narrow(.tensor(self), .int(axis), .int(start), .int(count))
  }

  /// Reverses the order along the given axes.
  public func reversed(along axes: [Int]) -> Tensor { Ops.flip(.tensor(self), .ints(axes)) }

  /// Shifts elements along axes; what leaves at one end enters at the other.
  public func rolled(by shifts: [Int], along axes: [Int]) -> Tensor {
    Ops.roll(.tensor(self), .ints(shifts), .ints(axes))
  }

  /// Turns the plane of two axes by quarter turns, from the first axis towards the second.
  public func rotated(quarterTurns: Int, axes: [Int] = [-2, -1]) -> Tensor {
    Ops.rot90(.tensor(self), .int(quarterTurns), .ints(axes))
  }

  /// Adds a border of `value`; the widths come in pairs (before, after), the **last** axis first.
  public func padded(_ widths: [Int], with value: Double = 0) -> Tensor {
    Ops.pad(.tensor(self), .ints(widths), .real(value))
  }

  /// Sliding windows along an axis as a new last axis, without copying.
  public func windows(along axis: Int, size: Int, step: Int = 1) -> Tensor {
    Ops.unfold(.tensor(self), .int(axis), .int(size), .int(step))
  }

  /// The diagonal of two axes, as the last axis.
  public func diagonal(offset: Int = 0, axes: (Int, Int) = (-2, -1)) -> Tensor {
    Ops.diagonal(.tensor(self), .int(offset), .int(axes.0), .int(axes.1))
  }
}
