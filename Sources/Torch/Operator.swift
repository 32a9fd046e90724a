internal import CTorch

/// An operator of libtorch, found once by its schema name and kept.
///
/// Every tensor function of this module is one call of such an operator; its schema can be read in
/// libtorch's documentation under the same name.
struct Operator: @unchecked Sendable {
  // The pointer is made once, never freed, and what it points at never changes.
  private let pointer: OpaquePointer
  let name: String

  /// The most results an operator may have.
  private static let resultCapacity = 8

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

  /// Calls the operator for its first result, a tensor.
  func callAsFunction(_ arguments: Argument...) -> Tensor {
    invoke(arguments) { results in
      for result in results.dropFirst() where result.kind == CT_TENSOR {
        ct_tensor_release(result.tensor)
      }
      return Tensor(adopting: results[0].tensor)
    }
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
      for result in results where result.kind == CT_TENSOR { ct_tensor_release(result.tensor) }
    }
  }

  private func invoke<Result>(
    _ arguments: [Argument], _ take: (UnsafeMutableBufferPointer<ct_value>) -> Result
  ) -> Result {
    let count = arguments.count
    return withUnsafeTemporaryAllocation(
      of: ct_value.self, capacity: count + Self.resultCapacity
    ) { memory in
      for index in 0..<count {
        memory.initializeElement(at: index, to: arguments[index].value)
      }
      let results = UnsafeMutableBufferPointer(rebasing: memory[count...])
      var resultCount: Int32 = 0
      let message = withExtendedLifetime(arguments) {
        ct_operator_call(
          pointer, memory.baseAddress, Int32(count), results.baseAddress,
          Int32(Self.resultCapacity), &resultCount)
      }
      if let message { fatalError(failure(EngineMessage.take(message), arguments)) }
      return take(UnsafeMutableBufferPointer(rebasing: results[..<Int(resultCount)]))
    }
  }

  private func failure(_ message: String, _ arguments: [Argument]) -> String {
    let shapes = arguments.compactMap(\.summary).joined(separator: ", ")
    return "\(name)(\(shapes)): \(message)"
  }
}
