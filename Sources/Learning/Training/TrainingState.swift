import Randomness
import Torch

/// Everything that training changes; a checkpoint is this value written down.
public struct TrainingState<M: Model>: Sendable {
  /// The model after the last step.
  public var model: M
  /// The moving average of the model, if one is kept.
  public var average: M?
  /// What the optimizer remembers.
  public var optimizerState: OptimizerState
  /// Steps finished since the beginning of the run.
  public var step = 0
  /// The randomness of the run; every step derives a stream of its own, so this never advances.
  public var random: RandomSource
  /// The kernel of linear layers' products, which the last digits of all results depend on; the
  /// trainer sets the engine to it.
  public var productKernel = Engine.productKernel
  /// Working time in seconds, all sittings together.
  public var seconds = 0.0
  /// The last evaluation.
  public var lastEvaluation: Evaluation?
  /// The best evaluation by the trainer's metric.
  public var bestEvaluation: Evaluation?

  /// Creates the state of a run that begins.
  public init(_ model: M, optimizer: OptimizerRecipe, random: RandomSource) {
    self.model = model
    average = optimizer.averageDecay == nil ? nil : model
    optimizerState = optimizer.makeOptimizer().initialState(for: model.parameters)
    self.random = random
  }

  /// The model to use: the average if there is one.
  public var bestModel: M { average ?? model }
}

/// What an evaluation found.
public struct Evaluation: Sendable, Hashable, Codable {
  /// Steps finished before.
  public var step: Int
  /// The numbers by name.
  public var values: [String: Double]

  /// Creates an evaluation.
  public init(step: Int, values: [String: Double]) {
    self.step = step
    self.values = values
  }
}

/// The number that says which evaluation is the best.
public struct BestMetric: Sendable, Hashable {
  /// Its name in the evaluation.
  public var name: String
  /// Whether larger is better.
  public var isLargerBetter: Bool

  /// The largest value is the best.
  public static func largest(_ name: String) -> BestMetric {
    BestMetric(name: name, isLargerBetter: true)
  }

  /// The smallest value is the best.
  public static func smallest(_ name: String) -> BestMetric {
    BestMetric(name: name, isLargerBetter: false)
  }

  /// Whether `new` is better than `old`; what is missing or not a number is never better.
  func isBetter(_ new: Evaluation, than old: Evaluation?) -> Bool {
    guard let value = new.values[name], !value.isNaN else { return false }
    guard let earlier = old?.values[name], !earlier.isNaN else { return true }
    return isLargerBetter ? value > earlier : value < earlier
  }
}
