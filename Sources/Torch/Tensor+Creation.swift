import Randomness

private enum Ops {
  static let empty = Operator("aten::empty", "memory_format")
  static let full = Operator("aten::full")
  static let arange = Operator("aten::arange", "start_step")
  static let linspace = Operator("aten::linspace")
  static let eye = Operator("aten::eye", "m")
  static let to = Operator("aten::to", "dtype_layout")
  static let oneHot = Operator("aten::one_hot")
  static let tril = Operator("aten::tril")
  static let triu = Operator("aten::triu")
}

extension Tensor {
  /// Creates a tensor of the given shape filled with one value.
  public init(
    repeating value: Double, _ shape: [Int], _ type: ElementType = .float32,
    on device: Device = .cpu
  ) {
    self = Ops.full(.ints(shape), .real(value), .type(type), .none, .device(device))
  }

  /// Creates a tensor of zeros.
  public init(zeros shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu) {
    self.init(repeating: 0, shape, type, on: device)
  }

  /// Creates a tensor of ones.
  public init(ones shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu) {
    self.init(repeating: 1, shape, type, on: device)
  }

  /// Creates a tensor whose memory holds whatever was there; every element must be written.
  init(uninitialized shape: [Int], _ type: ElementType, on device: Device = .cpu) {
    self = Ops.empty(.ints(shape), .type(type), .none, .device(device))
  }

  /// Creates a scalar (rank 0).
  public init(_ value: Double, _ type: ElementType = .float32, on device: Device = .cpu) {
    self.init(repeating: value, [], type, on: device)
  }

  /// Creates `[start, start + step, ...]`, `end` not included.
  public init(
    from start: Double = 0, to end: Double, by step: Double = 1, _ type: ElementType = .float32,
    on device: Device = .cpu
  ) {
    self = Ops.arange(
      .real(start), .real(end), .real(step), .type(type), .none, .device(device))
  }

  /// Creates the whole numbers of a range as `int64`.
  public init(_ range: Range<Int>, on device: Device = .cpu) {
    self = Ops.arange(
      .int(range.lowerBound), .int(range.upperBound), .int(1), .type(.int64), .none,
      .device(device))
  }

  /// Creates `count` evenly spaced numbers, both ends included.
  public init(
    linearFrom start: Double, through end: Double, count: Int, _ type: ElementType = .float32,
    on device: Device = .cpu
  ) {
    self = Ops.linspace(
      .real(start), .real(end), .int(count), .type(type), .none, .device(device))
  }

  /// Creates the identity matrix `[size, size]`.
  public init(identity size: Int, _ type: ElementType = .float32, on device: Device = .cpu) {
    self = Ops.eye(.int(size), .int(size), .type(type), .none, .device(device))
  }

  /// Zeros of the same shape, type and device.
  public func zerosLike() -> Tensor { Tensor(zeros: shape, elementType, on: device) }

  /// Ones of the same shape, type and device.
  public func onesLike() -> Tensor { Tensor(ones: shape, elementType, on: device) }

  /// The same values as another element type; the tensor itself when nothing changes.
  public func cast(to type: ElementType) -> Tensor {
    type == elementType ? self : Ops.to(.tensor(self), .type(type))
  }

  /// The same values on another device; the tensor itself when nothing changes.
  public func moved(to device: Device) -> Tensor {
    device == self.device
      ? self : Ops.to(.tensor(self), .none, .none, .device(device))
  }

  /// One-hot rows of `int64` labels: `[...]` becomes `[..., classCount]`, in `type`.
  public func oneHot(classCount: Int, _ type: ElementType = .float32) -> Tensor {
    Ops.oneHot(.tensor(self), .int(classCount)).cast(to: type)
  }

  /// The lower triangle of the last two axes, other elements zero; `offset` moves the diagonal up.
  public func lowerTriangle(offset: Int = 0) -> Tensor { Ops.tril(.tensor(self), .int(offset)) }

  /// The upper triangle of the last two axes, other elements zero; `offset` moves the diagonal up.
  public func upperTriangle(offset: Int = 0) -> Tensor { Ops.triu(.tensor(self), .int(offset)) }
}
