import Runs

/// How large a hashed network may be.
///
/// ```yaml
/// budget: {fraction: 0.25}                # of all learned numbers of the network
/// budget: {fraction: 0.25, of: pool}      # of the pool's capacity, as in the released code
/// budget: {variables: 46000}              # learned numbers, norms and scales included
/// budget: {bytes: 200000}                 # of the compressed file, to the byte
/// ```
///
/// A pool grows in steps (twice the side of its virtual matrix, for structured multi-hashing), so a
/// budget is an upper bound unless rounded up.
public struct SizeBudget: RecipePart {
  /// What a fraction is taken of.
  public enum Whole: String, Sendable, Codable, CaseIterable {
    /// All learned numbers of the network; what is not hashed counts.
    case network
    /// The pool's capacity; what is not hashed does not count.
    case pool
  }

  /// How the last step of a pool is rounded.
  public enum Rounding: String, Sendable, Codable, CaseIterable {
    /// Down, as in the released code, so that a budget is kept.
    case down
    /// Up, as the paper writes it.
    case up
  }

  /// A part of the whole; it counts where neither of the other two is given.
  public var fraction = 0.25
  /// What the fraction is taken of.
  public var of = Whole.network
  /// How many numbers are learned in all.
  public var variables: Int?
  /// Bytes of the compressed file.
  public var bytes: Int?
  /// How the last step is rounded; byte budgets are always kept.
  public var rounding = Rounding.down

  /// A quarter of the network.
  public init() {}

  /// A fraction of the network or of the pool.
  public init(fraction: Double, of whole: Whole = .network) {
    self.fraction = fraction
    of = whole
  }

  /// A number of learned numbers.
  public init(variables: Int) { self.variables = variables }

  /// A number of bytes.
  public init(bytes: Int) { self.bytes = bytes }

  /// Refuses budgets that are not positive, or given twice.
  public func check() throws(InvalidSetting) {
    if !(fraction > 0 && fraction <= 1) {
      throw InvalidSetting("fraction", "must be above 0 and at most 1, got \(fraction)")
    }
    for (key, value) in [("variables", variables), ("bytes", bytes)] {
      if let value, value < 1 { throw InvalidSetting(key, "must be at least 1, got \(value)") }
    }
    if variables != nil, bytes != nil {
      throw InvalidSetting("bytes", "and variables are both given; keep one of them")
    }
  }
}
