import Learning
import Torch

/// Which variable a virtual element of a ``HashPool`` is.
public struct HashMap: Sendable, Hashable, Codable {
  /// The kinds of map.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// `i mod size`, as the released code does.
    case tiled
    /// A pseudo-random function of `i` and the seed.
    case random
  }

  /// The kind of map.
  public var kind: Kind
  /// What tells one random map from another.
  public var seed: UInt64
  /// Whether every element also has a pseudo-random sign, as in HashedNets.
  public var hasSigns: Bool

  /// Creates a map.
  public init(_ kind: Kind, seed: UInt64 = 0, hasSigns: Bool = false) {
    self.kind = kind
    self.seed = seed
    self.hasSigns = hasSigns
  }

  /// The variable of an element among `size`.
  public func index(of element: Int, size: Int) -> Int {
    guard kind == .random else { return element % size }
    // The upper half of the word, scaled instead of divided.
    return Int((word(element) >> 32 &* UInt64(size)) >> 32)
  }

  /// Minus one or one.
  public func sign(of element: Int) -> Float {
    hasSigns && word(element) & 1 == 1 ? -1 : 1
  }

  /// SplitMix64's finalizer, which passes the usual tests of hash functions.
  private func word(_ element: Int) -> UInt64 {
    var word = seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(element) &+ 0x632B_E59B_D9B4_E019
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// A list of variables, each shared by many elements: one hash function.
///
/// - Shapes: ``values`` is `[size]`.
/// - Paper: "simple hash" in section 3.1; with signs and one pool per layer, Chen et al. (2015),
///   *Compressing Neural Networks with the Hashing Trick*.
public struct HashPool: WeightPool {
  /// The variables.
  public var values: Tensor
  /// Which variable an element is.
  public let map: HashMap
  /// How many virtual elements there are.
  public let capacity: Int
  private var table: Table?

  /// The map written down, where it is not a repetition.
  private struct Table {
    var indices: Tensor
    var signs: Tensor?

    init(_ map: HashMap, size: Int, _ range: Range<Int>) {
      indices = Tensor(range.map { map.index(of: $0, size: size) })
      signs = map.hasSigns ? Tensor(range.map(map.sign)) : nil
    }

    func elements(of values: Tensor) -> Tensor {
      let chosen = values.gathering(indices.moved(to: values.device))
      guard let signs else { return chosen }
      return chosen * signs.moved(to: values.device).cast(to: values.elementType)
    }
  }

  /// Creates a pool from its variables.
  ///
  /// - Precondition: There is at least one variable.
  public init(values: Tensor, map: HashMap, capacity: Int) {
    precondition(values.rank == 1 && values.count > 0, "variables of shape \(values.shape)")
    self.values = values
    self.map = map
    self.capacity = capacity
    if map.kind == .random || map.hasSigns {
      table = Table(map, size: values.count, 0..<capacity)
    }
  }

  /// Presents `values`.
  public mutating func visit(_ walk: inout Walk) { walk.parameter("values", &values) }

  /// All elements.
  public func flat() -> Tensor {
    if let table { return table.elements(of: values) }
    let repeats = (capacity + values.count - 1) / values.count
    return values.tiled([repeats]).narrowed(along: 0, from: 0, count: capacity)
  }

  /// Some elements; the map is worked out for these alone.
  public func elements(_ range: Range<Int>) -> Tensor {
    Table(map, size: values.count, range).elements(of: values)
  }

  /// Moves the map.
  public mutating func moveTables(to device: Device) {
    guard var moved = table else { return }
    moved.indices = moved.indices.moved(to: device)
    moved.signs = moved.signs?.moved(to: device)
    table = moved
  }
}
