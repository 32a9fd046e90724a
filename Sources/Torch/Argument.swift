internal import CTorch

/// One argument of an operator: a C value, and whoever owns the memory it points at.
struct Argument {
  let value: ct_value
  private let owner: AnyObject?

  private init(_ kind: ct_kind, integer: Int64 = 0, count: Int64 = 0) {
    var value = ct_value()
    value.kind = kind
    value.count = count
    value.integer = integer
    self.value = value
    owner = nil
  }

  private init(_ kind: ct_kind, _ list: ArgumentList) {
    var value = ct_value()
    value.kind = kind
    value.count = Int64(list.count)
    value.list = UnsafeRawPointer(list.memory)
    self.value = value
    owner = list
  }

  /// No value, for an optional argument.
  static var none: Argument { Argument(CT_NONE) }

  /// The schema's own default.
  static var standard: Argument { Argument(CT_DEFAULT) }

  static func tensor(_ tensor: Tensor) -> Argument { Argument(tensor) }

  private init(_ tensor: Tensor) {
    var value = ct_value()
    value.kind = CT_TENSOR
    value.tensor = tensor.pointer
    self.value = value
    owner = tensor.owner
  }

  static func optional(_ tensor: Tensor?) -> Argument {
    guard let tensor else { return none }
    return Argument(tensor)
  }

  static func int(_ number: Int) -> Argument { Argument(CT_INTEGER, integer: Int64(number)) }

  static func bool(_ flag: Bool) -> Argument { Argument(CT_BOOLEAN, integer: flag ? 1 : 0) }

  static func real(_ number: Double) -> Argument { Argument(number) }

  private init(_ number: Double) {
    var value = ct_value()
    value.kind = CT_REAL
    value.real = number
    self.value = value
    owner = nil
  }

  static func type(_ type: ElementType) -> Argument {
    Argument(CT_INTEGER, integer: Int64(type.rawValue))
  }

  static func device(_ device: Device) -> Argument {
    Argument(CT_DEVICE, integer: device.code)
  }

  static func generator(seed: UInt64, _ device: Device) -> Argument {
    Argument(CT_GENERATOR, integer: Int64(bitPattern: seed), count: device.code)
  }

  static func ints(_ numbers: [Int]) -> Argument {
    Argument(CT_INTEGERS, ArgumentList(numbers, Int64.init))
  }

  static func reals(_ numbers: [Double]) -> Argument {
    Argument(CT_REALS, ArgumentList(numbers) { $0 })
  }

  static func tensors(_ tensors: [Tensor]) -> Argument {
    Argument(CT_TENSORS, ArgumentList(tensors, keeping: tensors) { $0.pointer })
  }

  static func optionals(_ tensors: [Tensor?]) -> Argument {
    let kept = tensors.compactMap { $0 }
    return Argument(CT_OPTIONAL_TENSORS, ArgumentList(tensors, keeping: kept) { $0?.pointer })
  }

  static func string(_ text: String) -> Argument {
    Argument(CT_STRING, ArgumentList(Array(text.utf8)) { $0 })
  }

  /// How the argument reads in a failure message; `nil` for what does not help.
  var summary: String? {
    switch value.kind {
    case CT_TENSOR: value.tensor.map { Tensor.summary(of: $0) }
    case CT_INTEGER: "\(value.integer)"
    case CT_REAL: "\(value.real)"
    case CT_BOOLEAN: value.integer == 0 ? "false" : "true"
    case CT_INTEGERS: "\(elements(of: Int64.self))"
    case CT_TENSORS, CT_OPTIONAL_TENSORS:
      "["
        + elements(of: OpaquePointer?.self).map { $0.map { Tensor.summary(of: $0) } ?? ":" }
        .joined(separator: ", ") + "]"
    default: nil
    }
  }

  private func elements<Element>(of type: Element.Type) -> [Element] {
    let start = value.list?.assumingMemoryBound(to: Element.self)
    return Array(UnsafeBufferPointer(start: start, count: Int(value.count)))
  }
}

/// The elements of a list argument as C wants them, and the tensors they belong to.
private final class ArgumentList {
  let memory: UnsafeMutableRawPointer
  let count: Int
  private let kept: [Tensor]

  init<Element, Stored: BitwiseCopyable>(
    _ elements: [Element], keeping kept: [Tensor] = [], _ convert: (Element) -> Stored
  ) {
    count = elements.count
    self.kept = kept
    memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Stored>.stride,
      alignment: MemoryLayout<Stored>.alignment)
    let start = memory.bindMemory(to: Stored.self, capacity: count)
    for (offset, element) in elements.enumerated() {
      (start + offset).initialize(to: convert(element))
    }
  }

  deinit { memory.deallocate() }
}
