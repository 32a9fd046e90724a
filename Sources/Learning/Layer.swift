import Randomness
import Torch

/// What a network is run for.
public enum Mode: Sendable, Hashable {
  /// Batch statistics are used and kept, dropout is on.
  case training
  /// Kept statistics are used, dropout is off.
  case inference
}

/// What one run through a network may depend on besides its input: the mode and the randomness.
public struct Pass: Sendable {
  /// What the network is run for.
  public var mode: Mode
  /// Where dropout masks come from.
  public var random: RandomSource
  /// What the layers did so far, if somebody wants to know.
  public var trace: Trace?
  /// Makes the weight of a convolution or linear layer when the layer runs, for networks whose weights
  /// are not all kept in memory: given the layer's own tensor, it returns the one to compute with.
  public var weightSupply: (@Sendable (Tensor) -> Tensor)?

  /// Creates a training pass.
  public static func training(using random: RandomSource) -> Pass {
    Pass(mode: .training, random: random)
  }

  /// A pass without any randomness.
  public static let inference = Pass(mode: .inference, random: RandomSource(seed: 0))
}

/// A model that maps a tensor to a tensor.
public protocol Layer: Model {
  /// Runs the layer; in training, running statistics may change and random numbers may be used.
  mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor
}

extension Layer {
  /// Runs the layer for inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    var copy = self
    var pass = Pass.inference
    return copy.forward(input, &pass)
  }
}
