import Runs
import Torch

/// Why tensors do not fit a model, or a file is not the checkpoint that was expected.
public enum CheckpointError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// A tensor whose shape or type is not the model's.
  public struct Misfit: Sendable, Equatable {
    /// The name.
    public var name: String
    /// What was found, such as `float32[3, 4]`.
    public var found: String
    /// What the model has.
    public var expected: String
  }

  /// The names or shapes are not those of the model.
  case mismatch(origin: String, missing: [String], unexpected: [String], misfits: [Misfit])
  /// The file lacks a part or says something else than expected; the reason is one clause.
  case unsuitable(origin: String, reason: String)

  /// The one sentence shown to the user; long lists of names are cut.
  public var description: String {
    switch self {
    case .mismatch(let origin, let missing, let unexpected, let misfits):
      var parts: [String] = []
      if !missing.isEmpty { parts.append("missing are \(listed(missing))") }
      if !unexpected.isEmpty { parts.append("unexpected are \(listed(unexpected))") }
      if !misfits.isEmpty {
        let shapes = misfits.map { "\($0.name) \($0.found) (expected \($0.expected))" }
        parts.append("of the wrong shape are \(listed(shapes))")
      }
      return "\(origin): the tensors are not those of the model: \(parts.joined(separator: "; "))"
        + "; was it made with the same settings?"
    case .unsuitable(let origin, let reason): return "\(origin): \(reason)"
    }
  }

  /// 65, bad input.
  public var exitCode: ExitCode { .badInput }
}

/// Names for a message, the first eight of many.
func listed(_ names: [String]) -> String {
  let shown = names.prefix(8).joined(separator: ", ")
  return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
}

/// Replaces the tensors of a model by those of the same names.
///
/// Floating-point tensors are converted to the model's type and all are moved to its device. On
/// failure the model is unchanged.
///
/// - Parameters:
///   - model: The model to change.
///   - tensors: Tensors by name, such as those of a public checkpoint.
///   - naming: Whose names `tensors` have.
///   - strict: Whether every tensor of the model must be there and no other.
///   - origin: Where the tensors come from, for the message of an error.
/// - Throws: ``CheckpointError`` naming all missing, unexpected and wrongly shaped tensors at once.
public func loadParameters<M: Model>(
  into model: inout M, from tensors: [String: Tensor], naming: Naming = .standard,
  strict: Bool = true, origin: String = "checkpoint"
) throws(CheckpointError) {
  var missing: [String] = []
  var misfits: [CheckpointError.Misfit] = []
  var loaded = model
  var unused = Set(tensors.keys)
  loaded.forEachTensor(naming) { name, _, tensor in
    unused.remove(name)
    guard let found = tensors[name] else {
      missing.append(name)
      return
    }
    guard let fitting = fitted(found, to: tensor) else {
      misfits.append(
        CheckpointError.Misfit(name: name, found: found.kind, expected: tensor.kind))
      return
    }
    tensor = fitting
  }
  guard misfits.isEmpty, !strict || (missing.isEmpty && unused.isEmpty) else {
    throw .mismatch(
      origin: origin, missing: strict ? missing : [], unexpected: strict ? unused.sorted() : [],
      misfits: misfits)
  }
  model = loaded
}

private func fitted(_ tensor: Tensor, to expected: Tensor) -> Tensor? {
  let sameFamily =
    tensor.elementType == expected.elementType
    || (tensor.elementType.isFloatingPoint && expected.elementType.isFloatingPoint)
  guard sameFamily, tensor.shape == expected.shape else { return nil }
  return tensor.detached().cast(to: expected.elementType).moved(to: expected.device)
}

extension Tensor {
  fileprivate var kind: String { "\(elementType)\(shape)" }
}
