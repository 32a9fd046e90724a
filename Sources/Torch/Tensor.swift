internal import CTorch

/// A dense array of numbers with a shape, an element type and a device, with value semantics.
///
/// Copies cost nothing; a mutating operation on a tensor whose memory is shared with another value,
/// a view or a gradient graph copies first, so nobody's tensor changes behind their back.
///
/// ```swift
/// var a = Tensor([[1, 2], [3, 4]] as [[Float]])
/// let b = a
/// a[0, 0] = Tensor(9)
/// // a is [[9, 2], [3, 4]], b still [[1, 2], [3, 4]]
/// ```
///
/// - Note: Mistakes in shapes and types are programming errors: they stop with a message that names
///   the operator and all shapes.
public struct Tensor: @unchecked Sendable {
  // Safe to share: the pointer never changes, and memory is written only when uniquely owned.
  private var handle: Handle

  /// Takes over a reference made by the C side; NULL (an undefined tensor) becomes an empty one.
  init(adopting pointer: OpaquePointer?) {
    guard let pointer else {
      self = Tensor(zeros: [0])
      return
    }
    handle = Handle(pointer)
  }

  var pointer: OpaquePointer { handle.pointer }

  /// What keeps ``pointer`` valid.
  var owner: AnyObject { handle }

  /// The extent of every axis; empty for a scalar.
  public var shape: [Int] { Self.shape(of: description_) }

  /// The number of axes.
  public var rank: Int { Int(description_.rank) }

  /// The number of elements, the product of ``shape``.
  public var count: Int { Int(description_.element_count) }

  /// What one element is.
  public var elementType: ElementType { Self.elementType(of: description_) }

  /// Where the memory lies.
  public var device: Device {
    let description = description_
    guard let kind = Device.Kind(rawValue: description.device_kind) else {
      fatalError("libtorch device type \(description.device_kind) is not supported")
    }
    return Device(kind, index: Int(description.device_index))
  }

  /// True inside a gradient computation for values that the gradient depends on.
  public var isTracked: Bool { description_.requires_gradient }

  /// The extent of one axis; negative axes count from the end.
  public func extent(_ axis: Int) -> Int {
    let description = description_
    let position = axis < 0 ? axis + Int(description.rank) : axis
    require(
      (0..<Int(description.rank)).contains(position), "axis \(axis) of a tensor of shape \(shape)")
    return Int(description.shape[position])
  }

  /// Type and shape as messages show them: `float32[2, 3]`.
  var summary: String { Self.summary(of: pointer) }

  static func summary(of pointer: OpaquePointer) -> String {
    let description = description(of: pointer)
    return "\(elementType(of: description))\(shape(of: description))"
  }

  var description_: ct_description { Self.description(of: pointer) }

  private static func description(of pointer: OpaquePointer) -> ct_description {
    var description = ct_description()
    ct_tensor_describe(pointer, &description)
    return description
  }

  private static func shape(of description: ct_description) -> [Int] {
    (0..<Int(description.rank)).map { Int(description.shape[$0]) }
  }

  private static func elementType(of description: ct_description) -> ElementType {
    guard let type = ElementType(rawValue: description.element_type) else {
      fatalError("libtorch element type \(description.element_type) is not supported")
    }
    return type
  }

  /// Makes sure that writing to this tensor's memory changes no other value.
  ///
  /// Two questions: does another Swift value hold the handle, and does a view or a gradient graph
  /// inside the engine hold the memory? If either, this value gets a copy of its own.
  mutating func ensureUnique() {
    if !isKnownUniquelyReferenced(&handle) || !ct_tensor_is_unique(handle.pointer) {
      self = copied()
    }
  }

  /// Runs an operator that writes into its first argument, on memory that is this value's alone.
  mutating func update(_ body: (Tensor) -> Void) {
    ensureUnique()
    body(self)
  }

  /// A copy in memory of its own, laid out like the original where that has no gaps or overlaps.
  func copied() -> Tensor { Operators.clone(.tensor(self), .int(1)) }

  /// The same values as a constant: differentiation does not look past it.
  public func detached() -> Tensor { outsideGraph(asVariable: false) }

  /// The same values as a new variable to differentiate at.
  func leaf() -> Tensor { outsideGraph(asVariable: true) }

  private func outsideGraph(asVariable: Bool) -> Tensor {
    var result: OpaquePointer?
    if let message = ct_tensor_leaf(pointer, asVariable, &result) {
      fatalError("gradient with respect to \(summary): \(EngineMessage.take(message))")
    }
    return Tensor(adopting: result)
  }

  private final class Handle {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { ct_tensor_release(pointer) }
  }
}

/// Operators used by the tensor type itself; the others stand beside the functions they serve.
enum Operators {
  static let clone = Operator("aten::clone")
}
