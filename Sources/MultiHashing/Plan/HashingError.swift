import Runs

/// Why a network cannot be hashed as asked.
public enum HashingError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// The budget does not pay for the smallest pool beside what is not hashed.
  case budgetTooSmall(budget: Int, unit: String, minimum: Int)
  /// The policy chooses nothing.
  case nothingChosen(policy: String)
  /// The policy names a tensor that the network does not have.
  case missingTensor(name: String, nearest: String?)
  /// The policy names a tensor that is not learned.
  case frozenTensor(name: String)
  /// The policy names a tensor of another element type than real numbers.
  case notReal(name: String, type: String)
  /// The capacity asked for is below the number of weights.
  case capacityTooSmall(capacity: Int, weights: Int)
  /// Numbers of a file are not finite.
  case nonFinite(path: String, tensors: [String])
  /// A modifier of the file is not known to this program.
  case unknownModifier(name: String)
  /// No narrower form of the network fits the budget or is known.
  case noNarrowForm(network: String, reason: String)

  /// The one sentence shown to the user.
  public var description: String {
    switch self {
    case .budgetTooSmall(let budget, let unit, let minimum):
      "the budget of \(budget) \(unit) is too small: what is not hashed and the smallest pool come to "
        + "\(minimum); ask for at least that, or hash more tensors"
    case .nothingChosen(let policy):
      "the policy \(policy) chooses no tensor of the network; `swiftlet compress show` lists them"
    case .missingTensor(let name, let nearest):
      "the network has no tensor \"\(name)\""
        + (nearest.map { "; did you mean \"\($0)\"?" } ?? "; `swiftlet compress show` lists them")
    case .frozenTensor(let name):
      "the tensor \"\(name)\" is not learned, so it cannot be hashed; leave it out"
    case .notReal(let name, let type):
      "the tensor \"\(name)\" has elements of type \(type), only real numbers can be hashed; leave "
        + "it out"
    case .capacityTooSmall(let capacity, let weights):
      "a pool of capacity \(capacity) does not hold \(weights) weights; raise hashing.capacity or "
        + "choose the store cyclic or padding"
    case .nonFinite(let path, let tensors):
      "\(path): \(tensors.joined(separator: ", ")) hold numbers that are not finite; the file is "
        + "damaged or its training diverged"
    case .unknownModifier(let name):
      "the modifier \"\(name)\" was made by the program that wrote the network; pass it when reading"
    case .noNarrowForm(let network, let reason):
      "no narrower form of \(network): \(reason)"
    }
  }

  /// 65, bad input.
  public var exitCode: ExitCode { .badInput }
}
