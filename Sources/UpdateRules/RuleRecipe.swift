import Learning
import Runs

/// Every knob of training a learning rule, with the paper's MNIST setting as defaults.
public struct RuleRecipe: Recipe {
  /// The command's name.
  public static let name = "rule"

  /// The outer loops.
  public enum Outer: String, Sendable, Codable, CaseIterable {
    /// Adam on the gradient through the unrolled learning.
    case adam
    /// CMA-ES on accuracy, which needs no gradient.
    case cma
  }

  /// What the genome is at the beginning.
  public struct Start: Codable, Sendable, Equatable {
    /// The kinds of beginning.
    public enum Kind: String, Sendable, Codable, CaseIterable {
      /// Normal entries.
      case random
      /// Gradient descent, two states.
      case backpropagation
    }

    /// The kind.
    public var kind = Kind.random
    /// States of a neuron.
    public var states = 4
    /// The deviation of random entries.
    public var deviation = 0.5
    /// The first learning rate.
    public var update = 0.05
    /// Whether every layer of synapses has numbers of its own.
    public var isPerLayer = false
    /// Steps with numbers of their own; 1 when all share them.
    public var steps = 1
    /// Whether genomes trained side by side have the same scalars.
    public var sharesScalars = false
    /// Whether synapses have numbers of their own after the forward sweep.
    public var hasForwardSynapse = false
  }

  /// A learning run inside the outer loop.
  public struct Inner: Codable, Sendable, Equatable {
    /// Examples per batch.
    public var batch = 128
    /// Steps of learning before the query; the released code's unroll is one more.
    public var updates = 10
    /// Learning runs of each task side by side.
    public var replicas = 1
    /// Whether one batch is used in all steps of a run.
    public var repeatsFirstBatch = false
  }

  /// How learning runs grow longer during training.
  public struct Curriculum: Codable, Sendable, Equatable {
    /// Outer steps after which runs grow; absent for runs of one length.
    public var every: Int?
    /// By how many updates.
    public var by = 5
    /// The longest run, in updates.
    public var upTo = 50
    /// Whether the best genome replaces all others when runs grow.
    public var synchronizes = true
  }

  /// The gradient's outer loop.
  public struct Gradient: Codable, Sendable, Equatable {
    /// What is made small.
    public var objective = MetaObjective()
    /// The optimizer; `clipNorm` is left to `clip`.
    public var optimizer = OptimizerRecipe(.adam, learningRate: 5e-4)
    /// The largest norm of one genome's gradient.
    public var clip = 10.0
    /// Genomes trained side by side, the best of which is kept.
    public var species = 8
  }

  /// The search's outer loop.
  public struct Search: Codable, Sendable, Equatable {
    /// Genomes per generation.
    public var population = 80
    /// The first deviation, in natural steps of the coordinates.
    public var stepSize = 0.5
    /// Batches that a learned network is judged by.
    public var queryBatches = 20
    /// Learning runs per task and genome.
    public var episodes = 1
    /// Threads that judge genomes at the same time.
    public var workers = 1
    /// Genomes that a thread judges together, as species: all of them suit a GPU, one a processor.
    public var together = 1
  }

  /// How long training goes and what is written when.
  public struct Training: Codable, Sendable, Equatable {
    /// Meta-steps, or generations; absent for no limit.
    public var steps: Int? = 90_000
    /// Minutes; absent for no limit.
    public var minutes: Double?
    /// Steps between two evaluations on the validation tasks.
    public var evaluationInterval = 1000
    /// Steps between two checkpoints; a search writes one in every generation.
    public var checkpointInterval = 1000
    /// Steps between two records of the training loss.
    public var logInterval = 50
  }

  /// How rules are judged.
  public struct Judging: Codable, Sendable, Equatable {
    /// Learning runs per task, each with synapses and batches of its own.
    public var runs = 4
    /// Steps of learning; absent for those of training.
    public var updates: Int?
    /// Batches of test examples.
    public var queryBatches = 8
  }

  /// What is learned from.
  public var tasks = ["mnist", "mnist:0-4", "mnist:5-9"]
  /// What chooses between genomes' stages and is reported beside; may be empty.
  public var validation: [String] = []
  /// How data is prepared.
  public var data = RuleDataOptions()
  /// Hidden layers of the networks trained with; several are taken in turn.
  public var networks = [[256, 128]]
  /// What a rule does.
  public var options = RuleOptions()
  /// How new synapses are drawn.
  public var initialization = SynapseInitialization()
  /// What the genome is at the beginning.
  public var genome = Start()
  /// A learning run.
  public var inner = Inner()
  /// The outer loop.
  public var outer = Outer.adam
  /// The gradient's outer loop.
  public var gradient = Gradient()
  /// The search's outer loop.
  public var search = Search()
  /// How learning runs grow longer.
  public var curriculum = Curriculum()
  /// How long training goes.
  public var training = Training()
  /// How rules are judged.
  public var evaluation = Judging()
  /// Seed of everything random.
  public var seed: UInt64 = 1

  /// The paper's MNIST setting.
  public init() {}

  /// Updates in a learning run at an outer step.
  public func updates(at step: Int) -> Int {
    guard let every = curriculum.every else { return inner.updates }
    return max(inner.updates, min(inner.updates + curriculum.by * (step / every), curriculum.upTo))
  }

  /// Refuses numbers that make no sense.
  public func check() throws(InvalidSetting) {
    func require(_ key: String, _ isAllowed: Bool, _ rule: String) throws(InvalidSetting) {
      if !isAllowed { throw InvalidSetting(key, rule) }
    }
    for (key, value, least) in counts {
      try require(key, value >= least, "must be at least \(least), got \(value)")
    }
    try require("tasks", !tasks.isEmpty, "must name at least one task")
    try require(
      "networks", !networks.isEmpty && networks.joined().allSatisfy { $0 > 0 },
      "must hold lists of positive layer widths, got \(networks)")
    try require(
      "training.steps", training.steps != nil || training.minutes != nil,
      "and training.minutes are both absent; set one of them")
    try require(
      "gradient.clip", gradient.clip > 0, "must be above 0, got \(gradient.clip)")
    try require(
      "genome.states", genome.kind == .random || genome.states == 2,
      "must be 2 for a beginning at gradient descent, got \(genome.states)")
    try require(
      "genome.isPerLayer", !genome.isPerLayer || Set(networks.map(\.count)).count == 1,
      "needs networks of one depth")
    try options.check()
    try data.check()
    try initialization.check()
    try gradient.optimizer.check()
  }

  /// Whole numbers with the least that makes sense.
  private var counts: [(key: String, value: Int, least: Int)] {
    [
      ("genome.states", genome.states, 2), ("genome.steps", genome.steps, 1),
      ("inner.batch", inner.batch, 1), ("inner.updates", inner.updates, 1),
      ("inner.replicas", inner.replicas, 1), ("gradient.species", gradient.species, 1),
      ("search.population", search.population, 2), ("search.queryBatches", search.queryBatches, 1),
      ("search.episodes", search.episodes, 1), ("search.workers", search.workers, 1),
      ("search.together", search.together, 1),
      ("curriculum.every", curriculum.every ?? 1, 1), ("curriculum.by", curriculum.by, 0),
      ("training.evaluationInterval", training.evaluationInterval, 1),
      ("training.checkpointInterval", training.checkpointInterval, 1),
      ("training.logInterval", training.logInterval, 1), ("evaluation.runs", evaluation.runs, 1),
      ("evaluation.updates", evaluation.updates ?? 1, 1),
      ("evaluation.queryBatches", evaluation.queryBatches, 1),
    ]
  }
}
