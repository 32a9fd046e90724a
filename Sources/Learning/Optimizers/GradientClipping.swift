import Torch

extension NamedTensors {
  /// The Euclidean norm of all elements together.
  public func globalNorm() -> Double { Torch.globalNorm(of: tensors) }

  /// Scales all tensors down together so that their common norm is at most `limit`.
  ///
  /// - Paper: Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*
  ///   (2013), algorithm 1.
  /// - Returns: The norm before; tensors whose norm is not finite stay as they are.
  @discardableResult
  public mutating func clip(toGlobalNorm limit: Double) -> Double {
    let norm = globalNorm()
    if norm > limit, norm.isFinite { scale(&tensors, by: limit / norm) }
    return norm
  }

  /// Moves every element into `-limit ... limit`.
  public mutating func clip(toValue limit: Double) {
    tensors = tensors.map { $0.clamped(to: -limit...limit) }
  }
}
