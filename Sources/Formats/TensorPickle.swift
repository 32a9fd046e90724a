import Files
import Foundation

/// The elements of a tensor in a `torch.save` file; the raw value is the name of their storage's
/// class.
public enum PickledElementType: String, Sendable, CaseIterable {
  /// Truth values.
  case bool = "torch.BoolStorage"
  /// Unsigned bytes.
  case uint8 = "torch.ByteStorage"
  /// Signed bytes.
  case int8 = "torch.CharStorage"
  /// Signed 16-bit integers.
  case int16 = "torch.ShortStorage"
  /// Signed 32-bit integers.
  case int32 = "torch.IntStorage"
  /// Signed 64-bit integers.
  case int64 = "torch.LongStorage"
  /// IEEE half precision.
  case float16 = "torch.HalfStorage"
  /// The upper half of single precision.
  case bfloat16 = "torch.BFloat16Storage"
  /// IEEE single precision.
  case float32 = "torch.FloatStorage"
  /// IEEE double precision.
  case float64 = "torch.DoubleStorage"
  /// Pairs of single precision.
  case complex64 = "torch.ComplexFloatStorage"
  /// Pairs of double precision.
  case complex128 = "torch.ComplexDoubleStorage"
}

/// A tensor as a `torch.save` file describes it.
public struct PickledTensor: Sendable, Hashable {
  /// Which stretch of memory of the file it lies in.
  public var storage: String
  /// What its elements are.
  public var elementType: PickledElementType
  /// The place of its first element.
  public var offset: Int
  /// The extent of every axis.
  public var shape: [Int]
  /// The distance of neighbors along every axis.
  public var strides: [Int]

  /// More axes than any tensor that can be computed with has.
  static let mostAxes = 64
  /// More elements than any tensor that repeats its memory has.
  static let mostElements = 1 << 40

  /// Whether the tensor makes sense over a storage of so many elements: every element lies in it.
  public func fits(elementCount: Int) -> Bool {
    guard shape.count == strides.count, shape.count <= Self.mostAxes, offset >= 0,
      (shape + strides).allSatisfy({ $0 >= 0 })
    else { return false }
    if shape.contains(0) { return offset <= elementCount }
    var last = offset
    var count = 1
    for (extent, stride) in zip(shape, strides) {
      let (span, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (end, overflowToo) = last.addingReportingOverflow(span)
      let (product, overflowAgain) = count.multipliedReportingOverflow(by: extent)
      if overflow || overflowToo || overflowAgain || product > Self.mostElements { return false }
      (last, count) = (end, product)
    }
    return last < elementCount
  }
}

/// The tensors of a `torch.save` file's pickle, without their memory.
public enum TensorPickle {
  /// Finds the tensors in nested dictionaries, lists and tuples.
  ///
  /// Names are keys and positions joined by dots, in the file's order; what is not a tensor is passed
  /// over. Nothing in the pickle is run.
  ///
  /// - Parameters:
  ///   - bytes: The pickle, `data.pkl` of the archive.
  ///   - path: The archive's path, for messages.
  /// - Returns: Names and tensors, in the file's order.
  /// - Throws: `FileFailure` of kind `malformed` for a damaged pickle, and for tensors inside objects
  ///   of Python classes.
  public static func tensors(in bytes: Data, path: String) throws(FileFailure) -> [(
    name: String, tensor: PickledTensor
  )] {
    let pickle = try PickleReader.read(bytes, path: path)
    var gathering = TensorGathering(path: path, containers: pickle.containers)
    try gathering.collect(pickle.root, named: "", depth: 0)
    return gathering.found
  }
}

/// Finds the tensors in nested dictionaries, lists and tuples.
private struct TensorGathering {
  /// More values, deeper nesting and longer names than any sensible file has: a hostile one repeats
  /// itself.
  static let mostValues = 1 << 20
  static let deepest = 64
  static let longestName = 1 << 10

  let path: String
  let containers: [[PickleValue]]
  var found: [(name: String, tensor: PickledTensor)] = []
  private var visited = 0

  init(path: String, containers: [[PickleValue]]) {
    self.path = path
    self.containers = containers
  }

  mutating func collect(_ value: PickleValue, named name: String, depth: Int) throws(FileFailure) {
    visited += 1
    guard visited < Self.mostValues, depth < Self.deepest else {
      throw malformed("its values are nested too deep, or are too many, to be real")
    }
    switch value {
    case .tensor(let tensor): found.append((name, tensor))
    case .dictionary(let index):
      let pairs = containers[index]
      for place in stride(from: 1, to: pairs.count, by: 2) {
        let key = try joined(name, pairs[place - 1])
        try collect(pairs[place], named: key, depth: depth + 1)
      }
    case .list(let index), .tuple(let index): try collect(containers[index], name, depth)
    case .object(let type, let index):
      let before = found.count
      try collect(containers[index], name, depth)
      if found.count > before || depth == 0 {
        throw malformed(
          "holds an object of the Python class \(type.prefix(100)); write it again with "
            + "torch.save(model.state_dict(), path)")
      }
    default: break
    }
  }

  private mutating func collect(_ elements: [PickleValue], _ name: String, _ depth: Int)
    throws(FileFailure)
  {
    for (index, element) in elements.enumerated() {
      try collect(element, named: joined(name, .int(index)), depth: depth + 1)
    }
  }

  private func joined(_ name: String, _ key: PickleValue) throws(FileFailure) -> String {
    let word =
      switch key {
      case .text(let text): text
      case .int(let number): "\(number)"
      default: "?"
      }
    let result = name.isEmpty ? word : "\(name).\(word)"
    guard result.utf8.count <= Self.longestName else {
      throw malformed("the name \(result.prefix(60))... is too long to be real")
    }
    return result
  }

  private func malformed(_ reason: String) -> FileFailure {
    FileFailure(.malformed, path: path, reason: reason)
  }
}
