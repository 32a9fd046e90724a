import Datasets
import Learning
import Runs

/// Every knob of continual training; the defaults are class-incremental sequences of five 5-way 1-shot
/// tasks with the released HyperTransformer's generator.
public struct ContinualRecipe: Recipe {
  /// The command's name.
  public static let name = "continual"

  /// Where images come from.
  public struct Data: Codable, Sendable, Equatable {
    /// Data sets or folders whose tasks take turns within a sequence: `omniglot`, `glyphs`,
    /// `path:0-99`.
    public var sources = ["omniglot"]
    /// Side to which images are resized, in pixels.
    public var imageSize = 28
    /// Whether dark and light are exchanged.
    public var isInverted = false
    /// Seed of the shuffle that divides the classes into training, validation and test.
    public var splitSeed: UInt64 = 2022
  }

  /// How training goes.
  public struct Training: Codable, Sendable, Equatable {
    /// Sequences whose gradients are averaged in one step.
    public var sequencesPerStep = 1
    /// Steps; absent for no limit.
    public var steps: Int? = 4_000_000
    /// Minutes; absent for no limit.
    public var minutes: Double?
    /// The optimizer and its schedule.
    public var optimizer: OptimizerRecipe = {
      var optimizer = OptimizerRecipe(.sgd, learningRate: 0.02, schedule: Schedule(.exponential))
      optimizer.clipNorm = 5
      return optimizer
    }()
    /// Steps between two evaluations on the validation classes.
    public var evaluationInterval = 50_000
    /// Steps between two checkpoints.
    public var checkpointInterval = 50_000
    /// Steps between two records of the training loss.
    public var logInterval = 100
  }

  /// How the result is judged.
  public struct Judging: Codable, Sendable, Equatable {
    /// Sequences of an evaluation during training.
    public var validationSequences = 64
    /// Sequences of the evaluation command.
    public var sequences = 500
    /// Query images per class.
    public var queriesPerClass = 5
    /// Whose statistics batch normalization uses.
    public var statistics = GeneratedNetwork.Statistics.batch
  }

  /// Where images come from.
  public var data = Data()
  /// What a sequence is.
  public var sequence = SequencePlan()
  /// How training images are varied.
  public var augmentation = EpisodeAugmentation.omniglot
  /// The convolutional layers of the networks.
  public var network = FewShotRecipe.Network()
  /// Numbers in an embedding; the networks' outputs.
  public var embedding = 32
  /// What ends the networks; `classes` in mini-batches only.
  public var head = ContinualHead.prototypes
  /// How networks are found.
  public var method = ContinualMethod.hyperTransformer
  /// How `hyperTransformer` sees the network it wrote before.
  public var carry = Carry.gated
  /// Whether `prototypical` ends in a trained dense layer like the written networks; otherwise the
  /// embedding is what the convolutions give.
  public var prototypicalDense = false
  /// The settings of `hyperTransformer` and `merged`.
  public var generator = GeneratorConfiguration()
  /// What is made small.
  public var objective = ContinualObjective()
  /// How training goes.
  public var training = Training()
  /// How the result is judged.
  public var evaluation = Judging()
  /// The largest number of prototypes a learner's state may hold.
  public var maximumPrototypes = 1000
  /// Seed of weights, sequences and everything else.
  public var seed: UInt64 = 1

  /// The defaults.
  public init() {}

  /// The networks' architecture for images with the given number of channels.
  public func architecture(imageChannels: Int) -> ConvNetArchitecture {
    var result = network.family.architecture(
      imageSize: data.imageSize, imageChannels: imageChannels, channels: network.channels,
      classCount: head == .classes ? sequence.ways : embedding,
      nonlinearity: network.nonlinearity,
      normalizesBeforeActivation: network.normalizesBeforeActivation)
    if method == .prototypical, !prototypicalDense { result.classCount = result.featureCount }
    return result
  }

  /// How many labels support images may have.
  var labelCount: Int {
    method == .merged ? sequence.knownClasses(afterStep: sequence.tasks - 1) : sequence.ways
  }

  /// The carry of the recipe's method.
  var effectiveCarry: Carry { method == .hyperTransformer ? carry : .none }

  /// The sequences of evaluations: as in training, with the evaluation's number of queries.
  public var evaluationPlan: SequencePlan {
    var plan = sequence
    plan.queriesPerClass = evaluation.queriesPerClass
    return plan
  }

  /// Refuses numbers that make no sense.
  public func check() throws(InvalidSetting) {
    func require(_ key: String, _ isAllowed: Bool, _ rule: String) throws(InvalidSetting) {
      if !isAllowed { throw InvalidSetting(key, rule) }
    }
    for (key, value, least) in counts {
      try require(key, value >= least, "must be at least \(least), got \(value)")
    }
    try require("data.sources", !data.sources.isEmpty, "is empty; name at least one data set")
    try require(
      "training.steps", training.steps != nil || training.minutes != nil,
      "and training.minutes are both absent; set one of them")
    try require(
      "objective.labelSmoothing", (0..<1).contains(objective.labelSmoothing),
      "must be at least 0 and below 1, got \(objective.labelSmoothing)")
    try require(
      "head", head == .prototypes || sequence.scenario == .miniBatch,
      "\"classes\" needs the same classes in all tasks; set sequence.scenario=miniBatch")
    try require(
      "head", head == .prototypes || method != .prototypical,
      "\"classes\" does not fit a prototypical network; set head=prototypes")
    try require(
      "data.sources", data.sources.count == 1 || sequence.scenario != .miniBatch,
      "has \(data.sources.count) data sets; pieces of one task come from one")
    try require(
      "generator.warmUpHeads", generator.warmUpHeads == .none,
      "must be none: embeddings have no auxiliary classifiers")
    do {
      let architecture = architecture(imageChannels: 1)
      guard method != .prototypical else { return try architecture.validate() }
      try generator.validate(for: architecture, carrying: effectiveCarry)
    } catch {
      throw InvalidSetting("generator", "does not fit: \(error)")
    }
  }

  /// Whole numbers with the least that makes sense.
  private var counts: [(key: String, value: Int, least: Int)] {
    [
      ("data.imageSize", data.imageSize, 1), ("sequence.tasks", sequence.tasks, 1),
      ("sequence.ways", sequence.ways, 1), ("sequence.shots", sequence.shots, 1),
      ("sequence.queriesPerClass", sequence.queriesPerClass, 1),
      ("network.channels", network.channels, 1), ("embedding", embedding, 1),
      ("objective.truncation", objective.truncation ?? 1, 1),
      ("objective.judgedTasks", objective.judgedTasks ?? 1, 1),
      ("training.sequencesPerStep", training.sequencesPerStep, 1),
      ("training.evaluationInterval", training.evaluationInterval, 1),
      ("training.checkpointInterval", training.checkpointInterval, 1),
      ("training.logInterval", training.logInterval, 1),
      ("evaluation.validationSequences", evaluation.validationSequences, 1),
      ("evaluation.sequences", evaluation.sequences, 1),
      ("evaluation.queriesPerClass", evaluation.queriesPerClass, 1),
      ("maximumPrototypes", maximumPrototypes, 1),
    ]
  }
}
