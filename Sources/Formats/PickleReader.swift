import Files
import Foundation

/// What a pickle holds, as far as `torch.save` is concerned.
///
/// Lists, dictionaries and tuples are numbers of a ``Pickle/containers`` entry: they may be shared,
/// contain themselves, or lie in each other a million deep, and neither costs memory of its own nor
/// takes a call within a call to let go of.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case real(Double)
  case text(String)
  case tuple(Int)
  case list(Int)
  /// Keys and values in turn.
  case dictionary(Int)
  /// A name that the pickle imports, such as `torch._utils._rebuild_tensor_v2`.
  case global(String)
  /// A stretch of memory that stands elsewhere in the file.
  case storage(PickledStorage)
  case tensor(PickledTensor)
  /// An object of a class that is unknown here, with what it was made of.
  case object(String, Int)
}

/// Memory that tensors of a file share.
struct PickledStorage {
  var key: String
  var type: PickledElementType
}

/// A pickle that was read: one object and everything in it.
struct Pickle {
  var root: PickleValue
  /// The elements of lists, dictionaries, tuples and objects.
  var containers: [[PickleValue]]
}

/// Reads the pickle of a `torch.save` archive without running anything: the few functions that
/// PyTorch pickles call are known here, all others only leave their names.
///
/// Every opcode adds at most one value, so memory stays within a fixed multiple of the input's size.
///
/// - Source: the opcodes of pickle protocol 2 as the Python documentation's `pickletools` lists them.
struct PickleReader {
  private var rest: ArraySlice<UInt8>
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memory: [Int: PickleValue] = [:]
  private var containers: [[PickleValue]] = []
  private let path: String

  /// The object that the pickle describes.
  ///
  /// - Throws: `FileFailure` of kind `malformed`.
  static func read(_ bytes: Data, path: String) throws(FileFailure) -> Pickle {
    var reader = PickleReader(rest: Array(bytes)[...], path: path)
    while true {
      let code = try reader.byte()
      if code == UInt8(ascii: ".") {
        return Pickle(root: try reader.pop(), containers: reader.containers)
      }
      try reader.perform(code)
    }
  }

  private init(rest: ArraySlice<UInt8>, path: String) {
    self.rest = rest
    self.path = path
  }

  private mutating func perform(_ code: UInt8) throws(FileFailure) {
    switch Character(UnicodeScalar(code)) {
    case "\u{80}": _ = try byte()
    case "(": marks.append(stack.count)
    case "N": stack.append(.none)
    case "\u{88}": stack.append(.bool(true))
    case "\u{89}": stack.append(.bool(false))
    case "K": stack.append(.int(Int(try byte())))
    case "M": stack.append(.int(try integer(2)))
    case "J": stack.append(.int(Int(Int32(truncatingIfNeeded: try integer(4)))))
    case "\u{8a}": stack.append(.int(try longInteger()))
    case "G": stack.append(.real(try real()))
    case "X": stack.append(.text(try text(try integer(4))))
    case "c": stack.append(.global("\(try line()).\(try line())"))
    case "q": memory[Int(try byte())] = try top()
    case "r": memory[try integer(4)] = try top()
    case "h": stack.append(try remembered(Int(try byte())))
    case "j": stack.append(try remembered(try integer(4)))
    case "0": _ = try pop()
    default: try build(code)
    }
  }

  /// The opcodes that make something out of what is on the stack.
  private mutating func build(_ code: UInt8) throws(FileFailure) {
    switch Character(UnicodeScalar(code)) {
    case ")": stack.append(.tuple(container([])))
    case "]": stack.append(.list(container([])))
    case "}": stack.append(.dictionary(container([])))
    case "t": stack.append(.tuple(container(try popToMark())))
    case "l": stack.append(.list(container(try popToMark())))
    case "d": stack.append(.dictionary(container(try popToMark())))
    case "\u{85}": stack.append(.tuple(container(try pop(1))))
    case "\u{86}": stack.append(.tuple(container(try pop(2))))
    case "\u{87}": stack.append(.tuple(container(try pop(3))))
    case "a": try extend(by: try pop(1))
    case "e": try extend(by: try popToMark())
    case "s": try extend(by: try pop(2))
    case "u": try extend(by: try popToMark())
    // An object's state: unknown objects keep it, dictionaries have nothing to do with it.
    case "b":
      let state = try pop()
      if case .object = try top() { try extend(by: [state]) }
    case "Q": stack.append(try storage(try pop()))
    case "R", "\u{81}":
      let arguments = try pop()
      stack.append(try called(try pop(), arguments))
    default:
      throw malformed("its pickle uses opcode \(code), which torch.save does not write")
    }
  }

  private mutating func container(_ elements: [PickleValue]) -> Int {
    containers.append(elements)
    return containers.count - 1
  }

  private mutating func extend(by elements: [PickleValue]) throws(FileFailure) {
    switch try top() {
    case .list(let index), .dictionary(let index), .object(_, let index):
      containers[index] += elements
    default: throw malformed("its pickle adds elements to something that has none")
    }
  }

  /// What calling a function or a class gives.
  private mutating func called(_ function: PickleValue, _ arguments: PickleValue)
    throws(FileFailure) -> PickleValue
  {
    guard case .global(let name) = function, case .tuple(let index) = arguments else {
      throw malformed("its pickle calls something that is not a function")
    }
    let values = containers[index]
    switch (name, values.count) {
    case ("collections.OrderedDict", 0): return .dictionary(container([]))
    case ("torch.Size", 1): return values[0]
    case ("torch._utils._rebuild_parameter", 1...): return values[0]
    case ("torch._utils._rebuild_tensor_v2", 4...):
      guard case .storage(let storage) = values[0], case .int(let offset) = values[1],
        let shape = integers(values[2]), let strides = integers(values[3])
      else { throw malformed("its pickle describes a tensor by something else than numbers") }
      return .tensor(
        PickledTensor(
          storage: storage.key, elementType: storage.type, offset: offset, shape: shape,
          strides: strides))
    // What it is made of is not copied: the same arguments may be used over and over.
    default: return .object(name, container([arguments]))
    }
  }

  /// `('storage', torch.FloatStorage, key, device, count)`.
  private func storage(_ identity: PickleValue) throws(FileFailure) -> PickleValue {
    guard case .tuple(let index) = identity, containers[index].count >= 3,
      case .text("storage") = containers[index][0], case .global(let kind) = containers[index][1],
      case .text(let key) = containers[index][2]
    else { throw malformed("its pickle refers to something that is not a storage") }
    guard let type = PickledElementType(rawValue: kind) else {
      throw malformed("a tensor is kept in \(kind), whose elements cannot be computed with here")
    }
    return .storage(PickledStorage(key: key, type: type))
  }

  /// The numbers of a tuple, of which a tensor has one per axis; more axes than any real tensor has
  /// are none.
  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let index) = value, containers[index].count <= PickledTensor.mostAxes else {
      return nil
    }
    let numbers = containers[index].compactMap {
      if case .int(let number) = $0 { number } else { nil }
    }
    return numbers.count == containers[index].count ? numbers : nil
  }
}

/// Bytes and the stack.
extension PickleReader {
  private func malformed(_ reason: String) -> FileFailure {
    FileFailure(.malformed, path: path, reason: reason)
  }

  private mutating func take(_ count: Int) throws(FileFailure) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else { throw malformed("its pickle is cut short") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func byte() throws(FileFailure) -> UInt8 {
    try take(1).first ?? 0
  }

  /// An unsigned little-endian number.
  private mutating func integer(_ width: Int) throws(FileFailure) -> Int {
    try take(width).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// A signed little-endian number of up to eight bytes, preceded by its length.
  private mutating func longInteger() throws(FileFailure) -> Int {
    let bytes = try take(Int(try byte()))
    guard bytes.count <= 8 else { throw malformed("its pickle has a number beyond 64 bits") }
    let isNegative = (bytes.last ?? 0) & 0x80 != 0
    return bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
  }

  private mutating func real() throws(FileFailure) -> Double {
    Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  private mutating func text(_ count: Int) throws(FileFailure) -> String {
    String(decoding: try take(count), as: UTF8.self)
  }

  private mutating func line() throws(FileFailure) -> String {
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw malformed("its pickle is cut short")
    }
    let found = try text(end - rest.startIndex)
    _ = try byte()
    return found
  }

  private func top() throws(FileFailure) -> PickleValue {
    guard let value = stack.last else { throw malformed("its pickle is damaged") }
    return value
  }

  private mutating func pop() throws(FileFailure) -> PickleValue {
    guard let value = stack.popLast() else { throw malformed("its pickle is damaged") }
    return value
  }

  private mutating func pop(_ count: Int) throws(FileFailure) -> [PickleValue] {
    guard count <= stack.count else { throw malformed("its pickle is damaged") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(FileFailure) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else {
      throw malformed("its pickle is damaged")
    }
    return try pop(stack.count - mark)
  }

  private func remembered(_ key: Int) throws(FileFailure) -> PickleValue {
    guard let value = memory[key] else { throw malformed("its pickle is damaged") }
    return value
  }
}
