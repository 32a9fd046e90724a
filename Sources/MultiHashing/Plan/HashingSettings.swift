import Runs
import Torch

/// How a network is hashed: every knob but the training's.
///
/// The defaults are structured multi-hashing with a learnable scale per tensor.
public struct HashingSettings: RecipePart {
  /// The kinds of pool.
  public enum Pool: String, Sendable, Codable, CaseIterable {
    /// ``MatrixPool``.
    case matrix
    /// ``KroneckerPool``.
    case kronecker
    /// ``HashPool``.
    case hash
    /// A ``MatrixPool`` with a row per output, so that every layer has low rank; one per tensor only.
    case lowRank
  }

  /// What shares a pool.
  public enum Scope: String, Sendable, Codable, CaseIterable {
    /// All hashed tensors.
    case network
    /// Each tensor has its own, of the same part of its size, as in HashedNets.
    case tensor
  }

  /// The pools whose elements are combined; one is the usual case, several hash pools are the paper's
  /// 2X and 10X hashes.
  public var pools: [Pool] = [.matrix]
  /// How they are combined.
  public var reduction = Reduction.sum
  /// What shares a pool.
  public var scope = Scope.network
  /// Which variable an element of a hash pool is.
  public var map = HashMap.Kind.random
  /// Whether elements of hash pools have signs.
  public var signs = false
  /// The law of the first variables.
  public var law = InitialLaw.normal
  /// In which order weights are carved.
  public var convention = KernelConvention.native
  /// What happens behind the end of the pool.
  public var store = IndexStore.basic
  /// The least capacity of the pool; the number of hashed weights when absent.
  public var capacity: Int?
  /// Whether a virtual matrix is widened until no layer's rows line up with it, which would make that
  /// layer low-rank by itself.
  public var avoidsAlignment = false
  /// What is done with carved tensors.
  public var modifiers: [WeightModifier] = [.fanOutLearned]
  /// Where the constants of modifiers act.
  public var constants = ConstantPlace.weights
  /// Which tensors are hashed.
  public var policy = HashingPolicy()
  /// How large the result may be.
  public var budget = SizeBudget()

  /// Structured multi-hashing at a quarter of the size.
  public init() {}

  /// The structure of the paper's CIFAR runs: Kronecker products for the kernels, fixed scales.
  public static var kronecker: HashingSettings {
    var settings = HashingSettings()
    settings.pools = [.kronecker]
    settings.modifiers = [.fanOut]
    settings.policy = .convolutions
    return settings
  }

  /// `count` independent hash functions, summed.
  public static func hashes(_ count: Int) -> HashingSettings {
    var settings = HashingSettings()
    settings.pools = [Pool](repeating: .hash, count: count)
    return settings
  }

  /// HashedNets: a hash with signs for every layer, whose variables begin at the size of weights.
  ///
  /// - Paper: Chen et al. (2015), section 4.
  public static var hashedNets: HashingSettings {
    var settings = hashes(1)
    settings.scope = .tensor
    settings.signs = true
    settings.modifiers = [.fanOut]
    settings.constants = .variables
    return settings
  }

  /// Refuses combinations that mean nothing.
  public func check() throws(InvalidSetting) {
    if pools.isEmpty { throw InvalidSetting("pools", "must name at least one pool") }
    if pools.contains(.lowRank), scope != .tensor {
      throw InvalidSetting("pools", "lowRank needs the scope tensor, got \(scope.rawValue)")
    }
    if pools.contains(.hash), map == .tiled, store == .padding {
      throw InvalidSetting(
        "store", "must be basic or cyclic with tiled hash pools, which have no end to pad")
    }
    if let capacity, capacity < 1 {
      throw InvalidSetting("capacity", "must be at least 1, got \(capacity)")
    }
    if capacity != nil, scope == .tensor {
      throw InvalidSetting("capacity", "is for the scope network, where one pool holds all weights")
    }
    if constants == .variables, scope != .tensor {
      throw InvalidSetting(
        "constants",
        "can be variables only with the scope tensor, where no pool serves several tensors")
    }
    if constants == .variables, !modifiers.passConstants {
      throw InvalidSetting("constants", "must be weights with binary and custom modifiers")
    }
    if modifiers.count(where: \.isLearned) > 1 {
      throw InvalidSetting("modifiers", "have more than one learned scale; keep one")
    }
  }
}
