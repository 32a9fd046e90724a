import Randomness

/// How the images of an episode are varied; support and queries alike, for training only.
///
/// Each variation but the quarter turns happens with its own probability, decided once per class
/// (or once per episode), so all images of a class change in the same way and a turned character
/// is a new class. They are applied in the order of the properties.
///
/// - Paper: released code of Zhmoginov et al., *HyperTransformer* (2022), `datasets.py`. Differs
///   in one point: where a rotation or a reduction uncovers ground it takes the mean of the
///   image's border, not 0, which would be a black frame around images on white.
public struct EpisodeAugmentation: Sendable, Hashable, Codable {
  /// Whether every class varies for itself, or the whole episode alike.
  public var perClass = true
  /// Whether images are turned by 0 to 3 quarters, equally likely.
  public var quarterTurns = false
  /// The probability of a rotation by up to ``rotationLimit`` either way.
  public var rotationProbability = 0.0
  /// The largest rotation, in degrees.
  public var rotationLimit = 30.0
  /// The probability of moving the image around its edges by up to 0.3 of each side either way.
  public var rollProbability = 0.0
  /// The probability of reduction to 0.7 to 1 of the size, centered.
  public var reductionProbability = 0.0
  /// The probability of `tanh((v - m) a) / a + m` with `v = value / 128 - 1`, `m` its mean and `a`
  /// from 0.5 to 2.5, stretched to 0 ... 255.
  public var contrastProbability = 0.0
  /// The probability of averaging 3 x 3 pixels, stretched to 0 ... 255.
  public var smoothingProbability = 0.0
  /// The probability of `255 - value`.
  public var negationProbability = 0.0
  /// Variations of color photographs, or `nil` for none.
  public var color: ColorAugmentation?

  /// Creates an augmentation that changes nothing.
  public init() {}

  /// No change, as in every evaluation.
  public static let none = EpisodeAugmentation()

  /// The Omniglot recipe: quarter turns per class.
  public static let omniglot: EpisodeAugmentation = {
    var augmentation = EpisodeAugmentation()
    augmentation.quarterTurns = true
    return augmentation
  }()

  /// What was decided for the images of one class.
  struct Variation: Sendable {
    var quarterTurns = 0
    var radians: Double?
    var roll: (rows: Double, columns: Double)?
    var scale: Double?
    var contrast: Double?
    var isSmoothed = false
    var isNegated = false

    /// Whether only quarter turns are asked for, which need no arithmetic.
    var isPlain: Bool {
      radians == nil && roll == nil && scale == nil && contrast == nil && !isSmoothed && !isNegated
    }
  }

  /// Decides for every class of an episode.
  func variations(classes: Int, using random: inout RandomSource) -> [Variation] {
    guard perClass else {
      return [Variation](repeating: variation(using: &random), count: classes)
    }
    return (0..<classes).map { _ in variation(using: &random) }
  }

  /// Why the images of a set cannot be varied like this, or `nil`.
  func obstacle(in set: ImageSet) -> String? {
    let probabilities = [
      rotationProbability, rollProbability, reductionProbability, contrastProbability,
      smoothingProbability, negationProbability,
    ]
    if let wrong = probabilities.first(where: { !(0...1).contains($0) }) {
      return "probability \(wrong) is not between 0 and 1"
    }
    if quarterTurns, set.height != set.width {
      return "quarter turns need square images, data set \"\(set.name)\" has "
        + "\(set.height) x \(set.width); resize it or turn them off"
    }
    if color != nil, set.channels != 3 {
      return "color augmentation needs 3 channels, data set \"\(set.name)\" has \(set.channels)"
    }
    return nil
  }

  private func variation(using random: inout RandomSource) -> Variation {
    var variation = Variation()
    if quarterTurns { variation.quarterTurns = random.index(below: 4) }
    if happens(rotationProbability, &random) {
      variation.radians = random.uniform(in: -1...1) * rotationLimit * .pi / 180
    }
    if happens(rollProbability, &random) {
      variation.roll = (random.uniform(in: -0.3...0.3), random.uniform(in: -0.3...0.3))
    }
    if happens(reductionProbability, &random) { variation.scale = random.uniform(in: 0.7...1) }
    if happens(contrastProbability, &random) { variation.contrast = random.uniform(in: 0.5...2.5) }
    variation.isSmoothed = happens(smoothingProbability, &random)
    variation.isNegated = happens(negationProbability, &random)
    return variation
  }

  private func happens(_ probability: Double, _ random: inout RandomSource) -> Bool {
    probability > 0 && random.uniform() < probability
  }
}
