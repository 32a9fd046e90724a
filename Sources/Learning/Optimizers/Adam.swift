import Torch

/// Steps scaled by running means of the gradient and of its square.
///
/// - Paper: Kingma and Ba, *Adam: A Method for Stochastic Optimization* (2015), algorithm 1.
public struct Adam: Optimizer {
  /// The decay of the gradient's mean.
  public var beta1: Double
  /// The decay of the squared gradient's mean.
  public var beta2: Double
  /// Added to the root of the squared gradient's mean.
  public var epsilon: Double
  /// Added to the gradient, times the parameter; see ``AdamW`` for the other way.
  public var weightDecay: WeightDecay

  /// Creates the rule.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: WeightDecay = .none
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Remembers both means.
  public func initialState(for parameters: NamedTensors) -> OptimizerState {
    OptimizerState(["first", "second"], for: parameters)
  }

  /// Takes one step.
  public func update<M: Model>(
    _ model: inout M, with gradient: NamedTensors, learningRate: Double,
    state: inout OptimizerState
  ) {
    state.updateAdam(
      &model, with: gradient, learningRate: learningRate, rule: self, decoupled: false)
  }
}

/// Adam whose weight decay shrinks the parameters themselves, by `learningRate * weightDecay`.
///
/// - Paper: Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (2019), algorithm 2.
public struct AdamW: Optimizer {
  /// The settings shared with Adam.
  public var adam: Adam

  /// Creates the rule.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: WeightDecay = WeightDecay(0.01)
  ) {
    adam = Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
  }

  /// Remembers both means.
  public func initialState(for parameters: NamedTensors) -> OptimizerState {
    adam.initialState(for: parameters)
  }

  /// Takes one step.
  public func update<M: Model>(
    _ model: inout M, with gradient: NamedTensors, learningRate: Double,
    state: inout OptimizerState
  ) {
    state.updateAdam(
      &model, with: gradient, learningRate: learningRate, rule: adam, decoupled: true)
  }
}

extension OptimizerState {
  fileprivate mutating func updateAdam<M: Model>(
    _ model: inout M, with gradient: NamedTensors, learningRate: Double, rule: Adam,
    decoupled: Bool
  ) {
    if counters.count != gradient.count {
      counters = gradient.tensors.map { Tensor(Double(step), on: $0.device) }
    }
    update(&model, with: gradient, decay: rule.weightDecay) { lists, factor in
      var first: [Tensor] = []
      var second: [Tensor] = []
      swap(&first, &lists.moments[0])
      swap(&second, &lists.moments[1])
      fusedAdam(
        &lists.parameters, gradients: lists.gradients, firstMoments: &first,
        secondMoments: &second, steps: &lists.counters, learningRate: learningRate,
        beta1: rule.beta1, beta2: rule.beta2, epsilon: rule.epsilon, weightDecay: factor,
        decoupled: decoupled)
      swap(&first, &lists.moments[0])
      swap(&second, &lists.moments[1])
    }
  }
}
