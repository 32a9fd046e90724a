import Learning
import Torch

/// Named tensors as a model: a network known by its names and shapes alone.
///
/// What can be said of a network by its tree (hashing it, writing it, expanding it) needs nothing else,
/// so a file of any network can be read without its code.
public struct TensorTree: Model {
  /// A tensor with its name.
  public struct Leaf: Sendable {
    /// The full name.
    public var name: String
    /// Whether it is learned.
    public var role: TensorRole
    /// The values.
    public var tensor: Tensor

    /// Names a tensor.
    public init(name: String, role: TensorRole = .parameter, tensor: Tensor) {
      self.name = name
      self.role = role
      self.tensor = tensor
    }
  }

  /// The tensors in visiting order.
  public var leaves: [Leaf]

  /// Puts tensors together.
  public init(_ leaves: [Leaf]) { self.leaves = leaves }

  /// The tree of a network.
  public init(of network: some Model) {
    leaves = []
    var copy = network
    copy.forEachTensor { name, role, tensor in
      leaves.append(Leaf(name: name, role: role, tensor: tensor))
    }
  }

  /// Presents the tensors under their full names.
  public mutating func visit(_ walk: inout Walk) {
    for index in leaves.indices {
      let name = leaves[index].name
      switch leaves[index].role {
      case .parameter: walk.parameter(name, &leaves[index].tensor)
      case .buffer: walk.buffer(name, &leaves[index].tensor)
      }
    }
  }

  /// The tensors by name.
  public var byName: [String: Tensor] {
    Dictionary(leaves.map { ($0.name, $0.tensor) }) { first, _ in first }
  }
}
