import Learning
import Randomness
import Torch

/// A multilayer perceptron, taught by gradients, to compare learning rules with.
struct Perceptron: Model {
  var layers: [Linear]
  var activation: Activation

  /// Creates a network whose weights have the deviation `scale`, or follow PyTorch's rule.
  init(sizes: [Int], activation: Activation, scale: Double?, using random: inout RandomSource) {
    self.activation = activation
    layers = []
    for (inputs, outputs) in zip(sizes, sizes.dropFirst()) {
      var layer = Linear(inputs: inputs, outputs: outputs, using: &random)
      if let scale {
        layer.weight = Tensor(
          normal: [outputs, inputs], standardDeviation: scale, using: &random)
        layer.bias = Tensor(normal: [outputs], standardDeviation: scale, using: &random)
      }
      layers.append(layer)
    }
  }

  mutating func visit(_ walk: inout Walk) { walk.children("layers", &layers) }

  func outputs(_ inputs: Tensor) -> Tensor {
    var value = inputs
    for (index, layer) in layers.enumerated() {
      value = index == 0 ? layer(value) : layer(activation(value))
    }
    return value
  }
}

/// An optimizer at one learning rate and one kind of initial weights.
public struct Baseline: Sendable, Hashable, Codable {
  /// The optimizers.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Stochastic gradient descent.
    case sgd = "SGD"
    /// The same with momentum 0.9.
    case momentum = "momentum 0.9"
    /// Adam.
    case adam = "Adam"
  }

  /// The optimizer.
  public var kind: Kind
  /// The learning rate.
  public var learningRate: Double
  /// Whether weights begin as the rule's do, instead of by PyTorch's rule.
  public var startsLikeRule: Bool

  /// Creates a setting.
  public init(kind: Kind, learningRate: Double, startsLikeRule: Bool) {
    self.kind = kind
    self.learningRate = learningRate
    self.startsLikeRule = startsLikeRule
  }

  /// Such as `Adam 0.03`.
  public var name: String { "\(kind.rawValue) \(learningRate)" }

  /// Every optimizer at learning rates over four decades, from both kinds of initial weights.
  ///
  /// - Paper: section 4.2 searches SGD with and without momentum over four decades.
  public static var sweep: [Baseline] {
    let rates: [(Kind, [Double])] = [
      (.sgd, [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]),
      (.momentum, [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]),
      (.adam, [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]),
    ]
    return rates.flatMap { kind, rates in
      rates.flatMap { rate in
        [true, false].map { Baseline(kind: kind, learningRate: rate, startsLikeRule: $0) }
      }
    }
  }

  /// The optimizer as a rule of `Learning`.
  private var optimizer: any Optimizer {
    switch kind {
    case .sgd: SGD()
    case .momentum: SGD(momentum: 0.9)
    case .adam: Adam()
    }
  }

  /// The learning curve of networks of the judge's sizes on its batches, under the cross-entropy.
  public func curve(
    on task: JudgedTask, by judge: RuleJudge, activation: Activation, at marks: [Int]
  ) -> LearningCurve {
    let marks = Array(Set(marks)).sorted()
    let last = marks.last ?? 0
    var found = marks.map { _ in [Double]() }
    for run in judge.runs(of: task, updates: max(last, 1)) {
      var random = run.synapses
      var network = Perceptron(
        sizes: [run.episode.inputCount] + judge.hidden + [run.episode.outputCount],
        activation: activation, scale: startsLikeRule ? judge.initialization.scale : nil,
        using: &random
      ).moved(to: judge.device)
      var state = optimizer.initialState(for: network.parameters)
      for step in 0...last {
        if let place = marks.firstIndex(of: step) {
          found[place] += judge.accuracy(run.questions) { network.outputs($0) }
        }
        guard step < last else { break }
        let (inputs, targets) = run.episode.batch(step)
        let gradient = valueAndGradient(at: &network) { network in
          MetaObjective()(network.outputs(inputs), expected: targets).mean()
        }.gradient
        optimizer.update(&network, with: gradient, learningRate: learningRate, state: &state)
      }
    }
    return LearningCurve(
      name: name, updates: marks, accuracy: found.map { MeanInterval(of: $0) })
  }
}

/// What tuned optimizers reach.
public struct BaselineSweep: Sendable, Codable {
  /// The curve of every setting tried.
  public var curves: [LearningCurve]
  /// The settings, in the order of the curves.
  public var settings: [Baseline]

  /// Runs all settings.
  public init(
    _ settings: [Baseline] = Baseline.sweep, on task: JudgedTask, by judge: RuleJudge,
    activation: Activation, at marks: [Int], progress: (Int) -> Void = { _ in }
  ) {
    self.settings = settings
    curves = []
    for (index, setting) in settings.enumerated() {
      curves.append(setting.curve(on: task, by: judge, activation: activation, at: marks))
      progress(index + 1)
    }
  }

  /// The best of a kind after a number of updates.
  public func best(_ kind: Baseline.Kind, after updates: Int) -> LearningCurve? {
    zip(settings, curves).filter { $0.0.kind == kind }.map(\.1)
      .max { ($0.mean(after: updates) ?? 0) < ($1.mean(after: updates) ?? 0) }
  }

  /// For every number of updates the accuracy of the setting of a kind that is best just there: what no
  /// single setting reaches everywhere.
  public func envelope(_ kind: Baseline.Kind) -> LearningCurve? {
    let members = zip(settings, curves).filter { $0.0.kind == kind }.map(\.1)
    guard let first = members.first else { return nil }
    let best = first.updates.indices.map { place in
      members.map { $0.accuracy[place] }.max { $0.mean < $1.mean } ?? first.accuracy[place]
    }
    return LearningCurve(
      name: "\(kind.rawValue), best rate for each column", updates: first.updates, accuracy: best)
  }
}
