private enum Ops {
  static let crossEntropy = Operator("aten::cross_entropy_loss")
  static let nll = Operator("aten::nll_loss_nd")
  static let bce = Operator("aten::binary_cross_entropy_with_logits")
  static let absolute = Operator("aten::l1_loss")
  static let mse = Operator("aten::mse_loss")
  static let huber = Operator("aten::smooth_l1_loss")
  static let kl = Operator("aten::kl_div")
}

/// How per-example losses become one.
public enum LossReduction: Int, Sendable {
  /// One loss per example.
  case none = 0
  /// Their mean.
  case mean = 1
  /// Their sum.
  case sum = 2
}

/// Losses. The receiver is what the network predicted.
extension Tensor {
  /// Cross-entropy of logits `[batch, classes, ...]` against `int64` classes `[batch, ...]` or class
  /// probabilities of the logits' shape, with the target mixed with the uniform distribution by
  /// `labelSmoothing`.
  ///
  /// Examples of the `ignored` class cost nothing and do not count in the mean; with `classWeights`
  /// (`[classes]`) an example counts as much as its class.
  public func softmaxCrossEntropy(
    expected: Tensor, classWeights: Tensor? = nil, labelSmoothing: Double = 0,
    ignoring ignored: Int = -100, reduction: LossReduction = .mean
  ) -> Tensor {
    Ops.crossEntropy(
      .tensor(self), .tensor(expected), .optional(classWeights), .int(reduction.rawValue),
      .int(ignored), .real(labelSmoothing))
  }

  /// The same loss of log-probabilities `[batch, classes, ...]` (``logSoftmax(along:)``) against
  /// `int64` classes `[batch, ...]`.
  public func negativeLogLikelihood(
    expected: Tensor, ignoring ignored: Int = -100, reduction: LossReduction = .mean
  ) -> Tensor {
    Ops.nll(
      .tensor(self), .tensor(expected), .none, .int(reduction.rawValue), .int(ignored))
  }

  /// Cross-entropy of independent logits against targets in `0 ... 1`.
  public func sigmoidCrossEntropy(expected: Tensor, reduction: LossReduction = .mean) -> Tensor {
    Ops.bce(.tensor(self), .tensor(expected), .none, .none, .int(reduction.rawValue))
  }

  /// Absolute error.
  public func absoluteError(expected: Tensor, reduction: LossReduction = .mean) -> Tensor {
    Ops.absolute(.tensor(self), .tensor(expected), .int(reduction.rawValue))
  }

  /// Squared error.
  public func squaredError(expected: Tensor, reduction: LossReduction = .mean) -> Tensor {
    Ops.mse(.tensor(self), .tensor(expected), .int(reduction.rawValue))
  }

  /// Squared error near zero and absolute error beyond `beta`.
  public func smoothAbsoluteError(
    expected: Tensor, beta: Double = 1, reduction: LossReduction = .mean
  ) -> Tensor {
    Ops.huber(.tensor(self), .tensor(expected), .int(reduction.rawValue), .real(beta))
  }

  /// Kullback-Leibler divergence from these log-probabilities to `expected` log-probabilities,
  /// summed over the last axis and averaged over the others.
  public func klDivergence(expectedLog expected: Tensor) -> Tensor {
    Ops.kl(.tensor(self), .tensor(expected), .int(0), .bool(true)).sum(along: -1).mean()
  }
}
