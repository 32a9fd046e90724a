internal import CTorch

private enum Ops {
  static let contiguous = Operator("aten::contiguous")
  static let item = Operator("aten::item")
  static let resolveConj = Operator("aten::resolve_conj")
}

extension Tensor {
  /// Creates a tensor from elements in row-major order.
  ///
  /// - Precondition: the shape's product is the number of elements.
  public init<Element: TensorElement>(
    _ elements: [Element], shape: [Int], on device: Device = .cpu
  ) {
    require(
      shape.reduce(1, *) == elements.count,
      "\(elements.count) elements do not fill a tensor of shape \(shape)")
    self.init(shape: shape, of: Element.self) { buffer in
      _ = buffer.initialize(from: elements)
    }
    if device != .cpu { self = moved(to: device) }
  }

  /// Creates a tensor by letting `body` write the elements, row-major, into the tensor's own memory,
  /// so that nothing is copied. `body` must initialize every element of the buffer.
  public init<Element: TensorElement>(
    shape: [Int], of type: Element.Type,
    initializingWith body: (UnsafeMutableBufferPointer<Element>) throws -> Void
  ) rethrows {
    self.init(uninitialized: shape, Element.elementType)
    let description = description_
    let start = description.data?.assumingMemoryBound(to: Element.self)
    try body(UnsafeMutableBufferPointer(start: start, count: Int(description.element_count)))
  }

  /// Creates a vector.
  public init<Element: TensorElement>(_ elements: [Element]) {
    self.init(elements, shape: [elements.count])
  }

  /// Creates a matrix from rows of equal length.
  public init<Element: TensorElement>(_ rows: [[Element]]) {
    let width = rows.first?.count ?? 0
    require(
      rows.allSatisfy { $0.count == width },
      "rows of different lengths \(rows.map(\.count)) do not make a matrix")
    self.init(rows.flatMap { $0 }, shape: [rows.count, width])
  }

  /// Creates a tensor of rank 3 from matrices of equal shape.
  public init<Element: TensorElement>(_ blocks: [[[Element]]]) {
    let (height, width) = (blocks.first?.count ?? 0, blocks.first?.first?.count ?? 0)
    require(
      blocks.allSatisfy { $0.count == height && $0.allSatisfy { $0.count == width } },
      "blocks of different shapes do not make a tensor: \(blocks.map { $0.map(\.count) })")
    self.init(blocks.flatMap { $0.flatMap { $0 } }, shape: [blocks.count, height, width])
  }

  /// Copies the elements out in row-major order.
  ///
  /// - Precondition: `Element` matches ``elementType`` (``cast(to:)`` first where it does not).
  public func toArray<Element: TensorElement>(of type: Element.Type = Element.self) -> [Element] {
    withElements(of: Element.self) { Array($0) }
  }

  /// The elements as `Double`, whatever the type.
  public func toDoubles() -> [Double] { cast(to: .float64).toArray() }

  /// The elements as `Float`, whatever the type.
  public func toFloats() -> [Float] { cast(to: .float32).toArray() }

  /// The elements as `Int`, whatever the type.
  public func toInts() -> [Int] { cast(to: .int64).toArray() }

  /// Reads the elements in row-major order where they lie; a tensor on another device or with gaps
  /// is copied first, others are not.
  public func withElements<Element: TensorElement, Result>(
    of type: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    require(
      Element.elementType == elementType,
      "a tensor of \(elementType) read as \(Element.elementType)")
    return try withBytes { try body($0.assumingMemoryBound(to: Element.self)) }
  }

  /// Reads the memory of the elements in row-major order; see ``withElements(of:_:)``.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let local = moved(to: .cpu).rowMajor()
    return try withExtendedLifetime(local) {
      let description = local.description_
      let size = Int(description.element_count) * local.elementType.size
      return try body(UnsafeRawBufferPointer(start: description.data, count: size))
    }
  }

  /// The only element, as a `Double`.
  ///
  /// - Precondition: ``count`` is 1.
  public func scalar() -> Double {
    require(count == 1, "scalar() of a tensor of shape \(shape)")
    return Ops.item.scalar(.tensor(self))
  }

  /// The same values laid out in row-major order without gaps; the tensor itself if it already is.
  public func rowMajor() -> Tensor {
    if isRowMajor { return self }
    return Ops.contiguous(.tensor(Ops.resolveConj(.tensor(self))))
  }

  /// The same images with the channels of a pixel side by side in memory, the order in which
  /// processors and GPUs convolve best; indices and results stay the same.
  ///
  /// - Shapes: this tensor is `[batch, channels, height, width]`.
  public func channelsLast() -> Tensor { Ops.contiguous(.tensor(self), .int(2)) }

  /// Whether the elements lie in row-major order without gaps.
  var isRowMajor: Bool {
    let description = description_
    return description.is_contiguous && !description.is_conjugated
  }
}
