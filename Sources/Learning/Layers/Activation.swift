import Torch

/// A nonlinearity chosen by a recipe; written `relu`, `leakyRelu(0.1)` and so on.
public enum Activation: Sendable, Hashable {
  /// `max(x, 0)`.
  case relu
  /// `x` right of zero, `slope * x` left of it.
  case leakyRelu(slope: Double)
  /// `min(max(x, 0), 6)`.
  case relu6
  /// Gaussian error linear unit, exact.
  case gelu
  /// Gaussian error linear unit by way of a hyperbolic tangent, as JAX computes it.
  case geluTanh
  /// `x * sigmoid(x)`, also called swish.
  case silu
  /// `x * relu6(x + 3) / 6`.
  case hardSwish
  /// Hyperbolic tangent.
  case tanh
  /// `1 / (1 + exp(-x))`.
  case sigmoid
  /// No nonlinearity.
  case identity

  /// Applies it to every element.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    switch self {
    case .relu: input.relu()
    case .leakyRelu(let slope): input.leakyRelu(slope: slope)
    case .relu6: input.relu6()
    case .gelu: input.gelu()
    case .geluTanh: input.gelu(tanhApproximation: true)
    case .silu: input.silu()
    case .hardSwish: input.hardSwish()
    case .tanh: input.tanh()
    case .sigmoid: input.sigmoid()
    case .identity: input
    }
  }
}

extension Activation: LosslessStringConvertible, Codable {
  private static let plain: [String: Activation] = [
    "relu": .relu, "leakyRelu": .leakyRelu(slope: 0.01), "relu6": .relu6, "gelu": .gelu,
    "geluTanh": .geluTanh, "silu": .silu, "hardSwish": .hardSwish, "tanh": .tanh,
    "sigmoid": .sigmoid, "identity": .identity,
  ]

  /// Reads a name; `leakyRelu` alone has the slope 0.01.
  ///
  /// - Returns: `nil` for anything else.
  public init?(_ description: String) {
    if let known = Self.plain[description] {
      self = known
      return
    }
    let start = "leakyRelu("
    guard description.hasPrefix(start), description.hasSuffix(")"),
      let slope = Double(description.dropFirst(start.count).dropLast())
    else { return nil }
    self = .leakyRelu(slope: slope)
  }

  /// The name that ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .relu: "relu"
    case .leakyRelu(let slope): "leakyRelu(\(slope))"
    case .relu6: "relu6"
    case .gelu: "gelu"
    case .geluTanh: "geluTanh"
    case .silu: "silu"
    case .hardSwish: "hardSwish"
    case .tanh: "tanh"
    case .sigmoid: "sigmoid"
    case .identity: "identity"
    }
  }

  /// Reads the name from one string.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let activation = Activation(name) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "must be relu, leakyRelu(0.1), relu6, gelu, geluTanh, silu, hardSwish, "
          + "tanh, sigmoid or identity, got \(name)")
    }
    self = activation
  }

  /// Writes the name as one string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
