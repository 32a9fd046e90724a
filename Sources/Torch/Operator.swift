internal import CTorch

/// An operator of libtorch, found once by its schema name and kept.
///
/// Every tensor function of this module is one call of such an operator; its schema can be read in
/// libtorch's documentation under the same name.
struct Operator: @unchecked Sendable {
  // The pointer is made once, never freed, and what it points at never changes.
  private let pointer: OpaquePointer
  let name: String

  /// - Precondition: libtorch has the operator; anything else is a programming error.
  init(_ name: String, _ overload: String = "") {
    var found: OpaquePointer?
    if let message = ct_operator_find(name, overload, &found) {
      fatalError("\(EngineMessage.take(message))")
    }
    guard let found else { fatalError("libtorch has no operator \(name).\(overload)") }
    pointer = found
    self.name = overload.isEmpty ? name : "\(name).\(overload)"
  }

  /// Calls the operator for its only result, a tensor.
  func callAsFunction(_ arguments: Argument...) -> Tensor {
    invoke(arguments) { results in Tensor(adopting: results[0].tensor) }
  }

  /// Calls the operator for several tensors; an absent one is an empty tensor.
  func tensors(_ arguments: Argument...) -> [Tensor] {
    invoke(arguments) { results in
      if results.count == 1, results[0].kind == CT_TENSORS {
        let count = Int(results[0].count)
        let list = results[0].list.map { $0.assumingMemoryBound(to: OpaquePointer?.self) }
        defer { ct_list_free(results[0].list) }
        return (0..<count).map { Tensor(adopting: list?[$0]) }
      }
      return results.map { Tensor(adopting: $0.tensor) }
    }
  }

  /// Calls the operator for a number.
  func scalar(_ arguments: Argument...) -> Double {
    invoke(arguments) { results in
      results[0].kind == CT_REAL ? results[0].real : Double(results[0].integer)
    }
  }

  /// Calls the operator for its effect; a returned alias of an argument is let go.
  func perform(_ arguments: Argument...) {
    invoke(arguments) { results in
      for result in results where result.kind == CT_TENSOR {
        if let tensor = result.tensor { ct_tensor_release(tensor) }
      }
    }
  }

  private func invoke<Result>(
    _ arguments: [Argument], _ take: (UnsafeMutableBufferPointer<ct_value>) -> Result
  ) -> Result {
    withBoxed(arguments) { boxed in
      withUnsafeTemporaryAllocation(of: ct_value.self, capacity: 8) { results in
        var count: Int32 = 0
        if let message = ct_operator_call(
          pointer, boxed.baseAddress, Int32(boxed.count), results.baseAddress, 8, &count)
        {
          fatalError(failure(EngineMessage.take(message), arguments))
        }
        return take(UnsafeMutableBufferPointer(rebasing: results[..<Int(count)]))
      }
    }
  }

  private func failure(_ message: String, _ arguments: [Argument]) -> String {
    let shapes = arguments.compactMap(\.summary).joined(separator: ", ")
    return "\(name)(\(shapes)): \(message)"
  }
}

/// One argument of an operator.
enum Argument {
  case none
  case tensor(Tensor)
  case optional(Tensor?)
  case int(Int)
  case real(Double)
  case bool(Bool)
  case ints([Int])
  case reals([Double])
  case bools([Bool])
  case tensors([Tensor])
  case optionals([Tensor?])
  case string(String)
  case type(ElementType)
  case device(Device)
  case generator(seed: UInt64, Device)
  /// The schema's own default.
  case standard

  /// How an argument reads in a failure message; `nil` for what does not help.
  var summary: String? {
    switch self {
    case .tensor(let tensor), .optional(let tensor?): tensor.summary
    case .int(let value): "\(value)"
    case .real(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .ints(let values): "\(values)"
    case .tensors(let tensors):
      "[" + tensors.map(\.summary).joined(separator: ", ") + "]"
    default: nil
    }
  }

  /// How many 8-byte words of list memory the argument needs while it is passed.
  fileprivate var words: Int {
    switch self {
    case .ints(let values): values.count
    case .reals(let values): values.count
    case .bools(let values): values.count
    case .tensors(let tensors): tensors.count
    case .optionals(let tensors): tensors.count
    case .string(let text): (text.utf8.count + 7) / 8
    default: 0
    }
  }
}

/// Lays the arguments out as C values for the duration of `body`.
private func withBoxed<Result>(
  _ arguments: [Argument], _ body: (UnsafeMutableBufferPointer<ct_value>) -> Result
) -> Result {
  let words = arguments.reduce(0) { $0 + $1.words }
  return withUnsafeTemporaryAllocation(of: ct_value.self, capacity: arguments.count) { boxed in
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: max(words, 1)) { scratch in
      var rest = UnsafeMutableRawPointer(scratch.baseAddress)
      for (index, argument) in arguments.enumerated() {
        boxed.initializeElement(at: index, to: argument.boxed(listsAt: rest))
        rest = rest.map { $0 + argument.words * 8 }
      }
      return withExtendedLifetime(arguments) { body(boxed) }
    }
  }
}

extension Argument {
  fileprivate func boxed(listsAt memory: UnsafeMutableRawPointer?) -> ct_value {
    var value = ct_value()
    switch self {
    case .none, .optional(nil): value.kind = CT_NONE
    case .standard: value.kind = CT_DEFAULT
    case .tensor(let tensor), .optional(let tensor?):
      value.kind = CT_TENSOR
      value.tensor = tensor.pointer
    case .int(let number): value.setInteger(Int64(number), CT_INTEGER)
    case .bool(let flag): value.setInteger(flag ? 1 : 0, CT_BOOLEAN)
    case .type(let type): value.setInteger(Int64(type.rawValue), CT_INTEGER)
    case .device(let device): value.setInteger(device.code, CT_DEVICE)
    case .generator(let seed, let device):
      value.setInteger(Int64(bitPattern: seed), CT_GENERATOR)
      value.count = device.code
    case .real(let number):
      value.kind = CT_REAL
      value.real = number
    case .ints(let numbers): value.setList(numbers.lazy.map(Int64.init), CT_INTEGERS, memory)
    case .reals(let numbers): value.setList(numbers, CT_REALS, memory)
    case .bools(let flags): value.setList(flags.lazy.map { Int64($0 ? 1 : 0) }, CT_BOOLEANS, memory)
    case .tensors(let tensors): value.setList(tensors.lazy.map(\.pointer), CT_TENSORS, memory)
    case .optionals(let tensors):
      value.setList(tensors.lazy.map { $0?.pointer }, CT_OPTIONAL_TENSORS, memory)
    case .string(let text): value.setList(Array(text.utf8), CT_STRING, memory)
    }
    return value
  }
}

extension ct_value {
  fileprivate mutating func setInteger(_ number: Int64, _ kind: ct_kind) {
    self.kind = kind
    integer = number
  }

  fileprivate mutating func setList<Elements: Collection>(
    _ elements: Elements, _ kind: ct_kind, _ memory: UnsafeMutableRawPointer?
  ) {
    self.kind = kind
    count = Int64(elements.count)
    list = UnsafeRawPointer(memory)
    guard let typed = memory?.assumingMemoryBound(to: Elements.Element.self) else { return }
    for (offset, element) in elements.enumerated() { (typed + offset).initialize(to: element) }
  }
}
