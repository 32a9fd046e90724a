import Learning
import Runs

/// Which tensors of a network are hashed.
///
/// ```yaml
/// policy: {kinds: [convolution], except: conv1}
/// ```
///
/// Scales and offsets of normalizations are left alone by default because they disappear when a network
/// is made ready for use. Hashing biases is possible, too; see ``WeightModifier``.
public struct HashingPolicy: RecipePart {
  /// The kinds of tensor that may be hashed.
  public var kinds: [TensorKind] = [.convolution, .dense]
  /// A regular expression that the beginning of a name must match; all names when absent.
  public var pattern: String?
  /// A regular expression; names that it matches anywhere stay as they are.
  public var except: String?
  /// Exactly these tensors, whatever their kind, in place of the three rules above.
  public var names: [String]?

  /// Kernels and matrices.
  public init() {}

  /// Only kernels.
  public static var convolutions: HashingPolicy {
    var policy = HashingPolicy()
    policy.kinds = [.convolution]
    return policy
  }

  /// Everything but normalizations, as in the paper.
  public static var everything: HashingPolicy {
    var policy = HashingPolicy()
    policy.kinds = [.convolution, .dense, .bias]
    return policy
  }

  /// Refuses expressions that cannot be read.
  public func check() throws(InvalidSetting) {
    for (key, text) in [("pattern", pattern), ("except", except)] {
      guard let text else { continue }
      if (try? Regex(text)) == nil {
        throw InvalidSetting(key, "\"\(text)\" is not a regular expression")
      }
    }
    if kinds.contains(.buffer) {
      throw InvalidSetting("kinds", "cannot hold buffer, whose tensors are not learned")
    }
  }

  /// The chosen tensors in their order.
  ///
  /// - Throws: ``HashingError`` for names that are not there or not learned, and where nothing is
  ///   chosen.
  public func chosen(from tensors: [TensorInfo]) throws(HashingError) -> [TensorInfo] {
    let chosen: [TensorInfo]
    if let names {
      for name in names { try Self.check(name, in: tensors) }
      chosen = tensors.filter { names.contains($0.name) }
    } else {
      let (first, second) = (pattern.flatMap { try? Regex($0) }, except.flatMap { try? Regex($0) })
      chosen = tensors.filter { tensor in
        kinds.contains(tensor.kind) && tensor.elementType.isFloatingPoint
          && (first.map { tensor.name.prefixMatch(of: $0) != nil } ?? true)
          && (second.map { tensor.name.firstMatch(of: $0) == nil } ?? true)
      }
    }
    guard !chosen.isEmpty else { throw .nothingChosen(policy: summary) }
    return chosen
  }

  private static func check(_ name: String, in tensors: [TensorInfo]) throws(HashingError) {
    guard let tensor = tensors.first(where: { $0.name == name }) else {
      throw .missingTensor(name: name, nearest: nearest(to: name, among: tensors.map(\.name)))
    }
    if !tensor.isLearned { throw .frozenTensor(name: name) }
    if !tensor.elementType.isFloatingPoint {
      throw .notReal(name: name, type: "\(tensor.elementType)")
    }
  }

  private var summary: String {
    if let names { return "names \(names)" }
    var parts = ["kinds [\(kinds.map(\.rawValue).joined(separator: ", "))]"]
    if let pattern { parts.append("pattern \"\(pattern)\"") }
    if let except { parts.append("except \"\(except)\"") }
    return parts.joined(separator: ", ")
  }
}
