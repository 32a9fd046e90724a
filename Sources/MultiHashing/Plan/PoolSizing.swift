import Torch

/// Turns a number of variables into pools of a kind.
struct PoolSizing {
  let settings: HashingSettings

  /// The pool for weights of one scope.
  ///
  /// - Parameters:
  ///   - capacity: How many elements it has at least.
  ///   - variables: How many variables it may have; a fraction counts where it is rounded up.
  ///   - rows: The outputs of a layer, for low rank.
  ///   - seed: What tells the hash functions of one scope from those of another.
  /// - Returns: `nil` where the variables do not suffice.
  func shape(capacity: Int, variables: Double, rows: Int, seed: UInt64) -> PoolShape? {
    let share = variables / Double(settings.pools.count)
    var shapes: [PoolShape] = []
    for (number, kind) in settings.pools.enumerated() {
      guard
        let shape = one(
          kind, capacity: capacity, variables: share, rows: rows,
          seed: seed + UInt64(number))
      else { return nil }
      shapes.append(shape)
    }
    return shapes.count == 1
      ? shapes[0] : .combination(pools: shapes, reduction: settings.reduction)
  }

  /// The fewest variables that make the pools, each of which has the same share.
  func minimum(capacity: Int, rows: Int) -> Int {
    settings.pools.count
      * (settings.pools.map { step($0, capacity: capacity, rows: rows) }.max() ?? 1)
  }

  private func one(
    _ kind: HashingSettings.Pool, capacity: Int, variables: Double, rows: Int, seed: UInt64
  ) -> PoolShape? {
    let step = step(kind, capacity: capacity, rows: rows)
    // Just below a whole number counts as that number: a share of a whole may be rounded.
    let steps = variables / Double(step)
    let rank = Int(
      settings.budget.rounding == .up
        ? (steps - 1e-9).rounded(.up) : (steps + 1e-9).rounded(.down))
    guard rank > 0 else { return nil }
    switch kind {
    case .matrix:
      let side = side(capacity)
      return .matrix(rows: side, columns: side, rank: rank)
    case .lowRank: return .matrix(rows: rows, columns: capacity / rows, rank: rank)
    case .kronecker:
      return .kronecker(side: ceilingRoot(capacity, degree: 4), rank: rank)
    case .hash:
      let map = HashMap(settings.map, seed: seed, hasSigns: settings.signs)
      return .hash(map: map, capacity: capacity, size: min(rank, capacity))
    }
  }

  /// How many variables a pool grows by.
  private func step(_ kind: HashingSettings.Pool, capacity: Int, rows: Int) -> Int {
    switch kind {
    case .matrix: return 2 * side(capacity)
    case .lowRank: return rows + capacity / rows
    case .kronecker:
      let side = ceilingRoot(capacity, degree: 4)
      return 2 * side * side
    case .hash: return 1
    }
  }

  private func side(_ capacity: Int) -> Int { ceilingRoot(capacity, degree: 2) }
}
