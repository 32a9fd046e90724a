import Learning
import Torch

/// How a generator sees the network it wrote for the task before.
///
/// - Paper: Vladymyrov, Zhmoginov and Sandler, *Continual HyperTransformer* (2024): where weight tokens
///   have empty room for the answer, they get the slices of the step before.
public enum Carry: String, Codable, Sendable, CaseIterable {
  /// Not at all: every task is learned alone.
  case none
  /// The slices as they are (the paper).
  case plain
  /// The slices times one learned number per layer, which begins at 0: at first the generator behaves
  /// as with `none`.
  case gated
}

/// The slices of a written network, as the next step's weight tokens hold them.
public struct WeightSlices: Model {
  /// Per convolutional layer, `[sequences, slices, length]`; `nil` where weights are trained.
  var layers: [Tensor?]
  /// The dense layer's, `[sequences, outputs, features + 1]`.
  var head: Tensor

  /// The same numbers without their history: no gradient passes.
  func detached() -> WeightSlices { mapped { $0.detached() } }

  /// Presents the slices as `layers.0`, ..., `logits`.
  public mutating func visit(_ walk: inout Walk) {
    for index in layers.indices { walk.parameter("layers.\(index)", &layers[index]) }
    walk.parameter("logits", &head)
  }
}

extension WeightGenerator {
  /// What every layer's slices of the step before are multiplied by, in the order of the layers, the
  /// dense one last; empty where nothing is learned about it.
  public var carryGates: [Double] {
    (layers.compactMap { $0 } + [head]).compactMap { $0.tokens.carryGate?.scalar() }
  }
}

extension WeightGenerator.Generation {
  /// What the next step may see of this one.
  var written: WeightSlices { WeightSlices(layers: slices, head: headSlices) }
}
