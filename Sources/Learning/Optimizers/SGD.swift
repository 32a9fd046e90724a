import Torch

/// Stochastic gradient descent, plain or with momentum.
///
/// With momentum `m ← momentum m + (1 - dampening) g` (`m ← g` in the first step), and the
/// parameters move along `-m`, or with Nesterov's look-ahead along `-(g + momentum m)`.
///
/// - Paper: Sutskever et al., *On the importance of initialization and momentum* (2013), in PyTorch's
///   form, where the learning rate multiplies the momentum.
public struct SGD: Optimizer {
  /// How much of the earlier direction is kept; 0 for none.
  public var momentum: Double
  /// How much of the gradient is left out of the momentum.
  public var dampening: Double
  /// Whether to look ahead along the momentum.
  public var isNesterov: Bool
  /// Added to the gradient, times the parameter.
  public var weightDecay: WeightDecay

  /// Creates the rule.
  ///
  /// - Precondition: Nesterov's look-ahead goes with a momentum and without dampening.
  public init(
    momentum: Double = 0, dampening: Double = 0, isNesterov: Bool = false,
    weightDecay: WeightDecay = .none
  ) {
    precondition(
      !isNesterov || (momentum > 0 && dampening == 0),
      "Nesterov's look-ahead needs a momentum and no dampening")
    self.momentum = momentum
    self.dampening = dampening
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
  }

  /// Remembers momenta if there is a momentum.
  public func initialState(for parameters: NamedTensors) -> OptimizerState {
    OptimizerState(momentum == 0 ? [] : ["momentum"], for: parameters)
  }

  /// Takes one step.
  public func update<M: Model>(
    _ model: inout M, with gradient: NamedTensors, learningRate: Double,
    state: inout OptimizerState
  ) {
    let isFirstStep = state.step == 0
    state.update(&model, with: gradient, decay: weightDecay) { lists, factor in
      var momenta: [Tensor] = []
      if momentum != 0 { swap(&momenta, &lists.moments[0]) }
      fusedSGD(
        &lists.parameters, gradients: lists.gradients, momenta: &momenta,
        learningRate: learningRate, momentum: momentum, dampening: dampening,
        nesterov: isNesterov, weightDecay: factor, isFirstStep: isFirstStep)
      if momentum != 0 { swap(&momenta, &lists.moments[0]) }
    }
  }
}
