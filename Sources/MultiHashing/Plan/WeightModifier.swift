import Runs
import Torch

/// What is done with a carved tensor before it becomes a weight; several are applied in their order.
///
/// The constants of a tensor are worked out once, when a network is planned.
///
/// - Paper: sections 3.3 and 3.4 and the modifiers of the released code, whose keys stand behind each
///   case.
public enum WeightModifier: Sendable, Hashable {
  /// Times `sqrt(2 / (area outputs))`, or `1 / sqrt(outputs)` for a matrix (FANOUT).
  case fanOut
  /// ``fanOut``, then ``learned`` (VAR_FANOUT): the learnable scale of the paper's table 3.
  case fanOutLearned
  /// Times `sqrt(2 / (area inputs))`, or `1 / sqrt(inputs)` for a matrix.
  case fanIn
  /// Times the standard deviation that the network's own tensor has when hashing begins.
  case own
  /// Times a trainable number that begins at 1 (VAR); at 0 for a bias in the native convention.
  case learned
  /// The larger of it and 0 (RELU): weights that are not negative.
  case relu
  /// Its sign, with the gradient of the identity (BIN): binary weights.
  case binary
  /// A function of the caller, by name.
  case custom(CustomModifier)
}

/// Where the constants of modifiers such as ``WeightModifier/fanOut`` act.
public enum ConstantPlace: String, Sendable, Hashable, Codable, CaseIterable {
  /// On every carved tensor, as in the paper: variables begin with elements of deviation 1, whatever
  /// they are for, so that one pool serves tensors of all sizes. With SGD a weight then moves by the rate
  /// times the square of its constant.
  case weights
  /// On the first variables alone, which are weights themselves from then on and learn at the rate of
  /// weights that are not hashed, as in HashedNets; each tensor needs a pool of its own.
  case variables
}

/// A modifier that a program brings along.
public struct CustomModifier: Sendable, Hashable {
  /// The name by which files know it.
  public var name: String
  /// From carved tensor to weight; differentiable.
  public var function: @Sendable (_ carved: Tensor) -> Tensor

  /// Names a function.
  public init(_ name: String, _ function: @escaping @Sendable (_ carved: Tensor) -> Tensor) {
    self.name = name
    self.function = function
  }

  /// Modifiers are the same if their names are.
  public static func == (left: CustomModifier, right: CustomModifier) -> Bool {
    left.name == right.name
  }

  /// Feeds the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension WeightModifier: Codable {
  private static let named: [(String, WeightModifier)] = [
    ("fanOut", .fanOut), ("fanOutLearned", .fanOutLearned), ("fanIn", .fanIn), ("own", .own),
    ("learned", .learned), ("relu", .relu), ("binary", .binary),
  ]
  private static let customPrefix = "custom:"

  /// The word for it in recipes and files.
  public var name: String {
    if case .custom(let modifier) = self { return Self.customPrefix + modifier.name }
    return Self.named.first { $0.1 == self }?.0 ?? ""
  }

  /// Reads a word; a custom modifier of that name stops the program when it is used, unless
  /// ``HashPlan/providing(_:)`` gave it its function.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let word = try container.decode(String.self)
    if let found = Self.named.first(where: { $0.0 == word }) {
      self = found.1
    } else if word.hasPrefix(Self.customPrefix) {
      let name = String(word.dropFirst(Self.customPrefix.count))
      self = .custom(
        CustomModifier(name) { _ in preconditionFailure("modifier \(name) has no function") })
    } else {
      let known = Self.named.map(\.0).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "modifier \"\(word)\" is not known; the modifiers are \(known)")
    }
  }

  /// Writes the word.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }

  /// Whether it brings a trainable number.
  var isLearned: Bool { self == .learned || self == .fanOutLearned }
}

extension [WeightModifier] {
  /// Whether one of them brings a trainable number.
  var areLearned: Bool { contains(where: \.isLearned) }

  /// The product of all constants for a tensor.
  ///
  /// - Parameters:
  ///   - info: The tensor.
  ///   - deviation: The standard deviation of the network's own tensor.
  ///   - convention: How outputs are counted.
  /// - Returns: 1 where no modifier has a constant.
  func constant(
    for info: TensorInfo, deviation: @autoclosure () -> Double, _ convention: KernelConvention
  ) -> Double {
    var product = 1.0
    for modifier in self {
      switch modifier {
      case .fanOut, .fanOutLearned: product *= convention.fanOutFactor(info.shape)
      case .fanIn: product *= convention.fanInFactor(info.shape)
      case .own: product *= deviation()
      case .learned, .relu, .binary, .custom: break
      }
    }
    return product
  }

  /// Applies all of them; the constants of all are one number, which counts where it must.
  ///
  /// - Parameters:
  ///   - carved: The carved tensor.
  ///   - constant: The product of the constants, unless it is part of the scale.
  ///   - scale: The learned scale.
  /// - Returns: The weight.
  func apply(_ carved: Tensor, constant: Double, scale: Tensor?) -> Tensor {
    var (result, pending) = (carved, constant)
    for modifier in self {
      switch modifier {
      case .fanOut, .fanIn, .own: continue
      case .learned, .fanOutLearned: result = scale.map { result * $0 } ?? result
      case .relu: result = result.relu()
      case .binary:
        let value = scaled(result, pending)
        (result, pending) = (value + (value.sign() - value).detached(), 1)
      case .custom(let custom):
        (result, pending) = (custom.function(scaled(result, pending)), 1)
      }
    }
    return scaled(result, pending)
  }

  /// Whether the constant may be part of the learned scale, so that a weight is multiplied once.
  var mergeConstants: Bool { areLearned && passConstants }

  /// Whether it is the same to multiply by a constant before or after them: not with signs and functions
  /// of a caller.
  var passConstants: Bool {
    allSatisfy { modifier in
      switch modifier {
      case .binary, .custom: false
      default: true
      }
    }
  }

  private func scaled(_ tensor: Tensor, _ factor: Double) -> Tensor {
    factor == 1 ? tensor : tensor * factor
  }
}
