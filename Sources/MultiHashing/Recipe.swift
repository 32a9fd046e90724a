import Learning
import Runs
import Vision

/// Every knob of training a compressed image classifier; what it shares with
/// `ClassificationRecipe` has the same names.
public struct CompressionRecipe: Recipe {
  /// The command's name.
  public static let name = "compress"

  /// How the network is made small.
  public enum Method: String, Codable, Sendable, CaseIterable {
    /// Its weights are carved from pools, see ``HashingSettings``.
    case hashed
    /// All widths are multiplied until the network fits the same budget: the usual rival.
    case narrow
    /// Not at all: the network that others are compared with.
    case dense
  }

  /// Where pools begin.
  public enum Start: String, Codable, Sendable, CaseIterable {
    /// At drawn variables.
    case drawn
    /// At the weights of the file `network.weights`, fitted by singular values.
    case fitted
  }

  /// How the network is made small.
  public var method = Method.hashed
  /// How it is hashed; a narrow network takes the budget from here.
  public var hashing = HashingSettings()
  /// In which type the compressed file holds variables.
  public var storage = Storage.float32
  /// Where pools begin.
  public var start = Start.drawn
  /// Times half the sum of the squares of all hashed weights is added to the loss; the optimizer's
  /// weight decay acts on the variables.
  public var weightPenalty = 0.0
  /// The gradient of learned scales is multiplied by this, which with SGD is a rate of their own: one
  /// scale moves all weights of its tensor, so the rate that suits variables is too large for it
  /// (Documentation/Results/MultiHashing.md). Adam's steps do not depend on it.
  public var scaleRate = 0.1
  /// Where images come from.
  public var data = ClassificationRecipe().data
  /// The network.
  public var network = ClassificationRecipe().network
  /// How training images are varied.
  public var augmentation = ClassificationRecipe().augmentation
  /// How training goes.
  public var training = ClassificationRecipe().training
  /// Seed of variables, batches and everything else.
  public var seed: UInt64 = 1

  /// ResNet-32 on CIFAR-10 at a quarter of its size, by the recipe of residual networks.
  public init() { network.name = "resnet32_cifar" }

  /// The part that dense training shares.
  public var classification: ClassificationRecipe {
    var recipe = ClassificationRecipe()
    recipe.data = data
    recipe.network = network
    recipe.augmentation = augmentation
    recipe.training = training
    recipe.seed = seed
    return recipe
  }

  /// Refuses numbers that make no sense.
  public func check() throws(InvalidSetting) {
    try classification.check()
    guard weightPenalty >= 0, weightPenalty.isFinite else {
      throw InvalidSetting("weightPenalty", "must be at least 0, got \(weightPenalty)")
    }
    guard scaleRate >= 0, scaleRate.isFinite else {
      throw InvalidSetting("scaleRate", "must be at least 0, got \(scaleRate)")
    }
    if start == .fitted, network.weights == nil {
      throw InvalidSetting("start", "fitted needs network.weights, the trained network to fit")
    }
    if start == .fitted, hashing.pools.count > 1 {
      throw InvalidSetting(
        "start", "fitted needs a single kind of pool, got \(hashing.pools.count)")
    }
  }
}
