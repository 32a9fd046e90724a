import Torch

/// Steps divided by the root of a running mean of the squared gradient.
///
/// Two conventions are in use and train differently, most of all with a large `epsilon`:
/// - PyTorch's: `b ← momentum b + g / (√v + epsilon)`, `p ← p - learningRate b`, `v` from 0;
/// - TensorFlow's: `b ← momentum b + learningRate g / √(v + epsilon)`, `p ← p - b`, `v` from 1.
///
/// - Paper: Tieleman and Hinton, *Lecture 6.5* (2012).
public struct RMSProp: Optimizer {
  /// The decay of the squared gradient's mean `v`.
  public var decay: Double
  /// How much of the earlier direction is kept; 0 for none.
  public var momentum: Double
  /// Keeps the divisor away from zero.
  public var epsilon: Double
  /// Whether the convention is TensorFlow's.
  public var isTensorFlowStyle: Bool
  /// Added to the gradient, times the parameter.
  public var weightDecay: WeightDecay

  /// Creates the rule.
  public init(
    decay: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-8,
    isTensorFlowStyle: Bool = false, weightDecay: WeightDecay = .none
  ) {
    self.decay = decay
    self.momentum = momentum
    self.epsilon = epsilon
    self.isTensorFlowStyle = isTensorFlowStyle
    self.weightDecay = weightDecay
  }

  /// Remembers the squared gradient's mean and, if there is a momentum, the direction.
  public func initialState(for parameters: NamedTensors) -> OptimizerState {
    var state = OptimizerState(["square"], for: parameters, startingAt: isTensorFlowStyle ? 1 : 0)
    if momentum != 0 {
      state.moments += OptimizerState(["momentum"], for: parameters).moments
    }
    return state
  }

  /// Takes one step.
  public func update<M: Model>(
    _ model: inout M, with gradient: NamedTensors, learningRate: Double,
    state: inout OptimizerState
  ) {
    state.update(&model, with: gradient, decay: weightDecay) { lists, factor in
      if factor != 0 { add(&lists.gradients, lists.parameters, scaledBy: factor) }
      let gradients = lists.gradients
      scale(&lists.moments[0], by: decay)
      addProducts(&lists.moments[0], gradients, gradients, scaledBy: 1 - decay)
      let divisors = divisors(lists.moments[0])
      guard momentum != 0 else {
        addQuotients(&lists.parameters, gradients, divisors, scaledBy: -learningRate)
        return
      }
      scale(&lists.moments[1], by: momentum)
      addQuotients(
        &lists.moments[1], gradients, divisors, scaledBy: isTensorFlowStyle ? learningRate : 1)
      add(
        &lists.parameters, lists.moments[1], scaledBy: isTensorFlowStyle ? -1 : -learningRate)
    }
  }

  private func divisors(_ squares: [Tensor]) -> [Tensor] {
    guard isTensorFlowStyle else {
      var roots = squareRoots(of: squares)
      add(&roots, epsilon)
      return roots
    }
    var shifted = squares
    add(&shifted, epsilon)
    return squareRoots(of: shifted)
  }
}
