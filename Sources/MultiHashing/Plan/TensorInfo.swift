import Learning
import Torch

/// What a tensor of a network is for, told from its shape and its neighbors' names.
public enum TensorKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// A kernel of four axes.
  case convolution
  /// A matrix.
  case dense
  /// A vector beside a kernel or a matrix.
  case bias
  /// Scale or offset of a normalization.
  case norm
  /// Tokens, positions and whatever else is learned.
  case other
  /// State that is not learned.
  case buffer
}

/// Name, kind and shape of a network's tensor.
public struct TensorInfo: Sendable, Hashable {
  /// The name in the network.
  public var name: String
  /// What it is for.
  public var kind: TensorKind
  /// Its shape.
  public var shape: [Int]
  /// What its elements are.
  public var elementType: ElementType

  /// How many elements it has.
  public var count: Int { shape.reduce(1, *) }
  /// Whether it is learned.
  public var isLearned: Bool { kind != .buffer }

  /// The tensors of a network in visiting order, which is the order of carving.
  public static func all(of network: some Model) -> [TensorInfo] {
    var found: [(TensorRole, TensorInfo)] = []
    var ranks: [String: Int] = [:]
    var copy = network
    copy.forEachTensor { name, role, tensor in
      ranks[name] = tensor.rank
      let info = TensorInfo(
        name: name, kind: .buffer, shape: tensor.shape, elementType: tensor.elementType)
      found.append((role, info))
    }
    return found.map { role, info in
      guard role == .parameter else { return info }
      var info = info
      info.kind = kind(info, ranks)
      return info
    }
  }

  private static func kind(_ info: TensorInfo, _ ranks: [String: Int]) -> TensorKind {
    switch info.shape.count {
    case 4: return .convolution
    case 2: return .dense
    case 1:
      // A norm's offset stands beside a scale, a layer's bias beside a weight of more axes.
      guard info.name.hasSuffix("bias") else {
        return info.name.hasSuffix("weight") ? .norm : .other
      }
      let weight = info.name.dropLast(4) + "weight"
      return ranks[String(weight), default: 2] > 1 ? .bias : .norm
    default: return .other
    }
  }
}
