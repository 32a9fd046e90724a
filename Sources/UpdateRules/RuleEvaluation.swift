import Learning
import Randomness
import Torch

/// How well networks do while they learn, by the number of updates.
public struct LearningCurve: Sendable, Hashable, Codable {
  /// What learned, such as `mnist` or `SGD 0.1`.
  public var name: String
  /// Numbers of updates, in rising order.
  public var updates: [Int]
  /// Accuracy on test examples after so many updates, over networks and batches of their own.
  public var accuracy: [MeanInterval]

  /// The mean accuracy after a number of updates that was measured.
  public func mean(after count: Int) -> Double? {
    updates.firstIndex(of: count).map { accuracy[$0].mean }
  }
}

/// One task to judge by: what networks learn from and what they are asked.
public struct JudgedTask: Sendable {
  /// What they learn from.
  public var training: RuleTask
  /// What they are asked.
  public var test: RuleTask

  /// Creates a task; problems of the plane are their own test.
  public init(training: RuleTask, test: RuleTask? = nil) {
    self.training = training
    self.test = test ?? training
  }
}

/// Data for judging: the same batches and questions for every rule that is compared.
public struct JudgedRun: Sendable {
  /// Batches to learn from; its last one is not used.
  public var episode: RuleEpisode
  /// Questions, one batch after the other.
  public var questions: [(inputs: Tensor, targets: Tensor)]
  /// Where synapses come from.
  public var synapses: RandomSource
}

/// Judges rules by the accuracy of the networks they teach.
public struct RuleJudge: Sendable {
  /// What is judged by.
  public let tasks: [JudgedTask]
  /// Hidden layers of the networks.
  public let hidden: [Int]
  /// How new synapses are drawn.
  public let initialization: SynapseInitialization
  /// Learning runs per task.
  public let runs: Int
  /// Examples per batch.
  public let batch: Int
  /// Batches of questions.
  public let queryBatches: Int
  /// Whether a rule's smallest output is its answer, because it learned the opposite sign.
  public let isInverted: Bool
  /// The same seed draws the same runs.
  public let seed: UInt64
  /// Where tensors are.
  public let device: Device

  /// Prepares judging.
  public init(
    _ tasks: [JudgedTask], hidden: [Int],
    initialization: SynapseInitialization = SynapseInitialization(), runs: Int = 4,
    batch: Int = 128, queryBatches: Int = 8, isInverted: Bool = false, seed: UInt64 = 7,
    device: Device = .cpu
  ) {
    self.tasks = tasks
    self.hidden = hidden
    self.initialization = initialization
    self.runs = runs
    self.batch = batch
    self.queryBatches = queryBatches
    self.isInverted = isInverted
    self.seed = seed
    self.device = device
  }

  /// The data of a task's learning runs.
  ///
  /// Where an episode has classes of its own, the questions are about the same classes.
  public func runs(of task: JudgedTask, updates: Int) -> [JudgedRun] {
    var random = RandomSource(seed: seed)
    return (0..<runs).map { _ in
      var own = random.split()
      let synapses = own.split()
      let pair = RuleTask.drawRun(
        training: task.training, test: task.test, updates: updates, batch: batch,
        questions: queryBatches, using: &own)
      let asked = pair.questions.moved(to: device)
      return JudgedRun(
        episode: pair.learning.moved(to: device),
        questions: (0..<queryBatches).map { asked.batch($0) }, synapses: synapses)
    }
  }

  /// The learning curve of a rule on one task.
  ///
  /// - Parameters:
  ///   - rule: A rule; of several species, the first.
  ///   - task: Which task.
  ///   - marks: Numbers of updates after which to ask.
  /// - Returns: Accuracies; an output that is not finite counts as wrong.
  public func curve(
    of rule: UpdateRule, on task: JudgedTask, at marks: [Int]
  ) -> LearningCurve {
    curves(of: rule, on: task, at: marks)[0]
  }

  /// The learning curves of all species of a rule on one task: on the same batches, from the same
  /// synapses.
  ///
  /// - Parameters:
  ///   - rule: A rule.
  ///   - task: Which task.
  ///   - marks: Numbers of updates after which to ask.
  /// - Returns: Accuracies, one curve per species; an output that is not finite counts as wrong.
  public func curves(
    of rule: UpdateRule, on task: JudgedTask, at marks: [Int]
  ) -> [LearningCurve] {
    let marks = Array(Set(marks)).sorted()
    let last = marks.last ?? 0
    // By mark, run and species.
    var found = marks.map { _ in [[Double]]() }
    for run in runs(of: task, updates: max(last, 1)) {
      var synapses = run.synapses
      var network = withoutGradients {
        rule.makeNetwork(
          sizes: [run.episode.inputCount] + hidden + [run.episode.outputCount],
          initialization: initialization, using: &synapses)
      }
      for step in 0...last {
        if let place = marks.firstIndex(of: step) {
          found[place].append(
            accuracy(run.questions, isInverted: isInverted) {
              rule.outputs(of: network, inputs: $0)
            })
        }
        guard step < last else { break }
        let (inputs, targets) = run.episode.batch(step)
        withoutGradients { _ = rule.learn(&network, inputs: inputs, targets: targets) }
      }
    }
    return (0..<rule.genome.speciesCount).map { species in
      LearningCurve(
        name: task.training.name, updates: marks,
        accuracy: found.map { runs in MeanInterval(of: runs.map { $0[species] }) })
    }
  }

  /// The share of questions that each species answers rightly.
  func accuracy(
    _ questions: [(inputs: Tensor, targets: Tensor)], isInverted: Bool = false,
    _ answer: (Tensor) -> Tensor
  ) -> [Double] {
    withoutGradients {
      let shares = questions.map {
        answer($0.inputs).ruleAccuracy(expected: $0.targets, isInverted: isInverted)
      }
      return Tensor(stacking: shares).mean(along: 0, 2).toDoubles()
    }
  }

  /// Accuracy on every task after a number of updates, and their mean as `accuracy`.
  public func report(on rule: UpdateRule, updates: Int) throws -> [String: Double] {
    var result: [String: Double] = [:]
    for task in tasks {
      let curve = curve(of: rule, on: task, at: [updates])
      result["accuracy-\(task.training.name)"] = curve.accuracy[0].mean
    }
    if !result.isEmpty {
      result["accuracy"] = result.values.reduce(0, +) / Double(result.count)
    }
    return result
  }
}

extension RuleTask {
  /// A run to learn from and questions to ask, about the same classes and shapes.
  static func drawRun(
    training: RuleTask, test: RuleTask, updates: Int, batch: Int, questions: Int,
    using random: inout RandomSource
  ) -> (learning: RuleEpisode, questions: RuleEpisode) {
    if test.hasEpisodesOfItsOwn {
      // One batch more, because an episode ends with a query of its own, here not asked.
      let whole = test.draw(
        replicas: 1, updates: updates, batch: batch, questions: questions + 1, using: &random)
      return (whole.part(0..<(updates + 1)), whole.part(updates..<(updates + questions + 1)))
    }
    return (
      training.draw(replicas: 1, updates: updates, batch: batch, using: &random),
      test.draw(replicas: 1, updates: questions, batch: batch, using: &random)
    )
  }
}

extension RuleEpisode {
  /// Some of the batches.
  func part(_ range: Range<Int>) -> RuleEpisode {
    func cut(_ tensor: Tensor) -> Tensor {
      tensor.narrowed(along: 1, from: range.lowerBound, count: range.count).rowMajor()
    }
    return RuleEpisode(names: names, inputs: cut(inputs), targets: cut(targets))
  }
}
