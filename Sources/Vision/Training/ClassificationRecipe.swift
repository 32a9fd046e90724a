import Images
import Learning
import Runs
import Torch

/// Every knob of training a classifier of images, with the CIFAR recipe of the residual network paper
/// as defaults.
///
/// - Paper: He et al., *Deep Residual Learning for Image Recognition* (2016), section 4.2.
public struct ClassificationRecipe: Recipe {
  /// The command's name.
  public static let name = "classify"

  /// Where images come from.
  public struct Data: Codable, Sendable, Equatable {
    /// The images to learn from: a data set's name, a folder of class folders, or a tar archive.
    public var training = "cifar10"
    /// The images to judge by; absent to hold back a part of the training images.
    public var validation: String?
    /// The part of the training images of each class that is held back.
    public var validationShare = 0.1
    /// Seed of the choice of held-back images.
    public var splitSeed: UInt64 = 2022
    /// Side of the network's input, in pixels.
    public var side = 32
    /// Side of the shorter edge before the middle is cut out for judging; absent for no cut: the
    /// image is stretched to the side.
    public var shorterSide: Int?
    /// How pixels are scaled.
    public var scaling = Scaling.cifar10
    /// Threads that decode and vary images.
    public var workers = 2
  }

  /// How pixels are scaled.
  public enum Scaling: String, Codable, Sendable, CaseIterable {
    /// The statistics of ImageNet.
    case imageNet
    /// The statistics of CIFAR-10.
    case cifar10
    /// From -1 to 1.
    case symmetric
    /// From 0 to 1.
    case unit

    /// Mean and deviation.
    public var normalization: ImageNormalization {
      switch self {
      case .imageNet: .imageNet
      case .cifar10: .cifar10
      case .symmetric: .symmetric
      case .unit: .unit
      }
    }
  }

  /// The network that is trained.
  public struct Network: Codable, Sendable, Equatable {
    /// Its name; `swiftlet model list` prints all.
    public var name = "resnet20_cifar"
    /// A file of weights to begin with; absent for drawn ones. A head for other classes is drawn.
    public var weights: String?
    /// The probability of dropout before the head; absent for the network's own.
    public var dropout: Double?
    /// How likely the last residual block is left out, earlier ones in proportion; absent for the
    /// network's own.
    public var stochasticDepth: Double?
  }

  /// How training images are varied.
  public struct Augmentation: Codable, Sendable, Equatable {
    /// How the part is chosen that becomes the input.
    public var framing = ImagePreparation.Framing.randomPadded
    /// Pixels added on every side by `randomPadded`.
    public var padding = 4
    /// The smallest part of the area that `randomResized` takes.
    public var smallestArea = 0.08
    /// The probability of exchanging left and right.
    public var flipProbability = 0.5
    /// How many operations of RandAugment each image undergoes.
    public var randAugmentOperations = 0
    /// Their strength, from 0 to 30.
    public var randAugmentMagnitude = 9
    /// The probability that a random rectangle is erased.
    public var erasingProbability = 0.0
    /// Cutout: the side of a square that is always erased, in pixels; absent for none.
    public var cutout: Int?
    /// The α of mixup; 0 for none.
    public var mixup = 0.0
    /// The α of CutMix; 0 for none.
    public var cutmix = 0.0
    /// The share of the target that is spread evenly over all classes.
    public var labelSmoothing = 0.0
  }

  /// How training goes.
  public struct Training: Codable, Sendable, Equatable {
    /// Images in a step.
    public var batchSize = 128
    /// Steps; absent for no limit.
    public var steps: Int? = 64_000
    /// Minutes; absent for no limit.
    public var minutes: Double?
    /// The optimizer and its schedule.
    public var optimizer = ClassificationRecipe.cifarOptimizer
    /// The type in which convolutions and products are computed.
    public var precision = Precision.float32
    /// Steps between two evaluations.
    public var evaluationInterval = 2_000
    /// Steps between two checkpoints.
    public var checkpointInterval = 2_000
    /// Steps between two records of the training loss.
    public var logInterval = 100
  }

  /// Types in which convolutions and products are computed; parameters are always `float32`.
  public enum Precision: String, Codable, Sendable, CaseIterable {
    /// Everything in `float32`.
    case float32
    /// Autocasting to `bfloat16`, for processors and GPUs that have it.
    case bfloat16

    /// The type to cast to.
    var elementType: ElementType? { self == .float32 ? nil : .bfloat16 }
  }

  /// Where images come from.
  public var data = Data()
  /// The network that is trained.
  public var network = Network()
  /// How training images are varied.
  public var augmentation = Augmentation()
  /// How training goes.
  public var training = Training()
  /// Seed of weights, batches and everything else.
  public var seed: UInt64 = 1

  /// The CIFAR recipe.
  public init() {}

  /// SGD with momentum; the rate falls by ten at 32,000 and 48,000 of 64,000 steps.
  private static var cifarOptimizer: OptimizerRecipe {
    var optimizer = OptimizerRecipe(.sgd, learningRate: 0.1, schedule: Schedule(.step))
    optimizer.schedule.rate = 0.1
    optimizer.momentum = 0.9
    optimizer.weightDecay = 1e-4
    return optimizer
  }

  /// Refuses numbers that make no sense.
  public func check() throws(InvalidSetting) {
    func require(_ key: String, _ isAllowed: Bool, _ rule: String) throws(InvalidSetting) {
      if !isAllowed { throw InvalidSetting(key, rule) }
    }
    for (key, value, least) in counts {
      try require(key, value >= least, "must be at least \(least), got \(value)")
    }
    for (key, value) in shares {
      try require(key, (0..<1).contains(value), "must be at least 0 and below 1, got \(value)")
    }
    try require(
      "augmentation.flipProbability", (0...1).contains(augmentation.flipProbability),
      "must be between 0 and 1, got \(augmentation.flipProbability)")
    try require(
      "augmentation.smallestArea",
      augmentation.smallestArea > 0 && augmentation.smallestArea <= 1,
      "must be above 0 and at most 1, got \(augmentation.smallestArea)")
    try require(
      "data.validationShare", data.validation != nil || data.validationShare > 0,
      "must be above 0 where data.validation is absent, got \(data.validationShare)")
    try require(
      "data.shorterSide", data.shorterSide ?? data.side >= data.side,
      "must be at least data.side \(data.side), got \(data.shorterSide ?? 0)")
    try require(
      "training.steps", training.steps != nil || training.minutes != nil,
      "and training.minutes are both absent; set one of them")
  }

  /// Whole numbers with the least that makes sense.
  private var counts: [(key: String, value: Int, least: Int)] {
    [
      ("data.side", data.side, 1), ("data.workers", data.workers, 0),
      ("augmentation.padding", augmentation.padding, 0),
      ("augmentation.randAugmentOperations", augmentation.randAugmentOperations, 0),
      ("augmentation.randAugmentMagnitude", augmentation.randAugmentMagnitude, 0),
      ("augmentation.cutout", augmentation.cutout ?? 1, 1),
      ("training.batchSize", training.batchSize, 1),
      ("training.evaluationInterval", training.evaluationInterval, 1),
      ("training.checkpointInterval", training.checkpointInterval, 1),
      ("training.logInterval", training.logInterval, 1),
    ]
  }

  private var shares: [(key: String, value: Double)] {
    [
      ("data.validationShare", data.validationShare),
      ("network.dropout", network.dropout ?? 0),
      ("network.stochasticDepth", network.stochasticDepth ?? 0),
      ("augmentation.erasingProbability", augmentation.erasingProbability),
      ("augmentation.labelSmoothing", augmentation.labelSmoothing),
      ("augmentation.mixup", augmentation.mixup / 100),
      ("augmentation.cutmix", augmentation.cutmix / 100),
    ]
  }
}

extension ClassificationRecipe {
  /// How training images are prepared.
  public var trainingPreparation: ImagePreparation {
    var preparation = plainPreparation
    preparation.framing = augmentation.framing
    preparation.padding = augmentation.padding
    preparation.area = augmentation.smallestArea...1
    preparation.flipProbability = augmentation.flipProbability
    if augmentation.randAugmentOperations > 0 {
      preparation.randAugment = RandAugment(
        operations: augmentation.randAugmentOperations,
        magnitude: augmentation.randAugmentMagnitude)
    }
    if let side = augmentation.cutout {
      preparation.erasing = .cutout(side: side)
    } else if augmentation.erasingProbability > 0 {
      var erasing = RandomErasing()
      erasing.probability = augmentation.erasingProbability
      preparation.erasing = erasing
    }
    return preparation
  }

  /// How images are prepared for judging.
  public var evaluationPreparation: ImagePreparation {
    var preparation = plainPreparation
    preparation.framing = data.shorterSide == nil ? .stretched : .centered
    return preparation
  }

  private var plainPreparation: ImagePreparation {
    var preparation = ImagePreparation()
    (preparation.height, preparation.width) = (data.side, data.side)
    preparation.shorterSide = data.shorterSide ?? data.side
    preparation.normalization = data.scaling.normalization
    return preparation
  }
}
