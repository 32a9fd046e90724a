import Datasets
import Learning
import Runs

/// Every knob of few-shot training, with the released 20-way 1-shot Omniglot recipe as defaults.
public struct FewShotRecipe: Recipe {
  /// The command's name.
  public static let name = "few-shot"

  /// Where images come from.
  public struct Data: Codable, Sendable, Equatable {
    /// A data set's name or a folder, and classes of it: `omniglot`, `glyphs`, `path:0-99`.
    public var source = "omniglot"
    /// Side to which images are resized, in pixels.
    public var imageSize = 28
    /// Whether dark and light are exchanged.
    public var isInverted = false
    /// Seed of the shuffle that divides the classes into training, validation and test.
    public var splitSeed: UInt64 = 2022
  }

  /// The network that is written.
  public struct Network: Codable, Sendable, Equatable {
    /// Its shape.
    public var family = ConvNetFamily.maxPoolFourLayer
    /// Filters per layer.
    public var channels = 8
    /// Its activation function.
    public var nonlinearity = ConvNetArchitecture.Nonlinearity.relu
    /// Convolution, pooling, normalization, activation instead of the default order.
    public var normalizesBeforeActivation = false
  }

  /// How training goes.
  public struct Training: Codable, Sendable, Equatable {
    /// Episodes whose gradients are averaged in one step.
    public var episodesPerStep = 1
    /// Steps; absent for no limit.
    public var steps: Int? = 4_000_000
    /// Minutes; absent for no limit.
    public var minutes: Double?
    /// The optimizer and its schedule.
    public var optimizer = OptimizerRecipe(
      .sgd, learningRate: 0.02, schedule: Schedule(.exponential))
    /// Steps that only train the shared features and a classifier of the real classes.
    public var pretrainingSteps = 0
    /// The largest probability with which a labelled support image is ignored; drawn per episode.
    public var labelledRemoval = 0.0
    /// The same for unlabelled ones.
    public var unlabelledRemoval = 0.0
    /// Steps between two evaluations on the validation classes.
    public var evaluationInterval = 50_000
    /// Steps between two checkpoints.
    public var checkpointInterval = 50_000
    /// Steps between two records of the training loss.
    public var logInterval = 100
  }

  /// How the result is judged.
  public struct Judging: Codable, Sendable, Equatable {
    /// Tasks of an evaluation during training.
    public var validationTasks = 128
    /// Tasks of the evaluation command.
    public var tasks = 1024
    /// Query images per class.
    public var queriesPerClass = 5
    /// Whose statistics batch normalization uses.
    public var statistics = GeneratedNetwork.Statistics.batch
    /// The parts of the classes that evaluations during training judge; validation is among them
    /// always, because it chooses the best model.
    public var parts = [ClassPart.validation]
  }

  /// Where images come from.
  public var data = Data()
  /// What an episode is.
  public var episode = EpisodePlan(ways: 20, shots: 1, queriesPerClass: 3)
  /// How training images are varied.
  public var augmentation = EpisodeAugmentation.omniglot
  /// The network that is written.
  public var network = Network()
  /// How networks are found; the settings of other methods count for nothing.
  public var method = FewShotMethod.hyperTransformer
  /// The settings of `hyperTransformer`.
  public var generator = GeneratorConfiguration()
  /// The settings of `maml`.
  public var maml = MAMLConfiguration()
  /// What is made small.
  public var objective = Objective()
  /// How training goes.
  public var training = Training()
  /// How the result is judged.
  public var evaluation = Judging()
  /// Seed of weights, episodes and everything else.
  public var seed: UInt64 = 1

  /// The released recipe.
  public init() {}

  /// The network's architecture for images with the given number of channels.
  public func architecture(imageChannels: Int) -> ConvNetArchitecture {
    network.family.architecture(
      imageSize: data.imageSize, imageChannels: imageChannels, channels: network.channels,
      classCount: episode.ways, nonlinearity: network.nonlinearity,
      normalizesBeforeActivation: network.normalizesBeforeActivation)
  }

  /// Refuses numbers that make no sense.
  public func check() throws(InvalidSetting) {
    func require(_ key: String, _ isAllowed: Bool, _ rule: String) throws(InvalidSetting) {
      if !isAllowed { throw InvalidSetting(key, rule) }
    }
    for (key, value, least) in counts {
      try require(key, value >= least, "must be at least \(least), got \(value)")
    }
    try require(
      "training.steps", training.steps != nil || training.minutes != nil,
      "and training.minutes are both absent; set one of them")
    for (key, value) in [
      ("labelledRemoval", training.labelledRemoval),
      ("unlabelledRemoval", training.unlabelledRemoval),
    ] {
      try require(
        "training.\(key)", (0...1).contains(value), "must be between 0 and 1, got \(value)")
    }
    try require(
      "objective.labelSmoothing", (0..<1).contains(objective.labelSmoothing),
      "must be at least 0 and below 1, got \(objective.labelSmoothing)")
    try require(
      "maml.rate", maml.rate > 0 && maml.rate.isFinite, "must be above 0, got \(maml.rate)")
    guard method == .hyperTransformer else {
      do {
        return try architecture(imageChannels: 1).validate()
      } catch {
        throw InvalidSetting("network", "does not fit: \(error)")
      }
    }
    let hasShared = generator.shared.layers > 0
    try require(
      "training.pretrainingSteps", training.pretrainingSteps == 0 || hasShared,
      "needs shared features; set generator.shared.layers")
    try require(
      "objective.realClassWeight", objective.realClassWeight == 0 || hasShared,
      "needs shared features; set generator.shared.layers")
    do {
      try generator.validate(for: architecture(imageChannels: 1))
    } catch {
      throw InvalidSetting("generator", "does not fit: \(error)")
    }
  }

  /// Whole numbers with the least that makes sense.
  private var counts: [(key: String, value: Int, least: Int)] {
    [
      ("data.imageSize", data.imageSize, 1), ("episode.ways", episode.ways, 2),
      ("episode.shots", episode.shots, 1), ("episode.queriesPerClass", episode.queriesPerClass, 1),
      ("network.channels", network.channels, 1), ("maml.steps", maml.steps, 1),
      ("maml.perStepLossSteps", maml.perStepLossSteps, 0),
      ("objective.warmUpSteps", objective.warmUpSteps, 0),
      ("training.episodesPerStep", training.episodesPerStep, 1),
      ("training.pretrainingSteps", training.pretrainingSteps, 0),
      ("training.evaluationInterval", training.evaluationInterval, 1),
      ("training.checkpointInterval", training.checkpointInterval, 1),
      ("training.logInterval", training.logInterval, 1),
      ("evaluation.validationTasks", evaluation.validationTasks, 1),
      ("evaluation.tasks", evaluation.tasks, 1),
      ("evaluation.queriesPerClass", evaluation.queriesPerClass, 1),
    ]
  }
}
