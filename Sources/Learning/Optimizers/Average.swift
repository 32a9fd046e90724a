import Torch

/// An exponential moving average of a model's parameters: a model of its own, often a better one
/// than the last step's.
///
/// - Paper: Polyak and Juditsky (1992) in the exponential form; the decay starts low, as
///   `(1 + step) / (10 + step)`, so that the first values are soon forgotten (TensorFlow's rule).
public struct ExponentialMovingAverage: Sendable, Hashable {
  /// The share of the average that is kept in each step, once it has grown to it.
  public var decay: Double

  /// Creates the rule.
  public init(decay: Double) {
    precondition((0...1).contains(decay), "an average's decay lies in 0 ... 1, not \(decay)")
    self.decay = decay
  }

  /// Moves the parameters of `average` towards those of `model`; buffers are taken over.
  ///
  /// - Parameters:
  ///   - average: The average so far, changed in place.
  ///   - model: The model after a step.
  ///   - step: How many averages were taken before.
  public func update<M: Model>(_ average: inout M, towards model: M, step: Int) {
    let kept = min(decay, Double(1 + step) / Double(10 + step))
    let placeholder = Tensor(0)
    var averaged: [Tensor] = []
    var buffers = model.buffers.tensors.makeIterator()
    average.forEachTensor { _, role, tensor in
      if role == .buffer {
        if let current = buffers.next() { tensor = current }
      } else {
        averaged.append(placeholder)
        swap(&averaged[averaged.count - 1], &tensor)
      }
    }
    interpolate(&averaged, towards: model.parameters.tensors, weight: 1 - kept)
    average.replaceParameters(averaged)
  }
}
