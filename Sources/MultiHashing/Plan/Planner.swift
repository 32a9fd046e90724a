import Learning
import Torch

/// Works out a ``HashPlan``.
struct Planner {
  let settings: HashingSettings
  let tensors: [TensorInfo]
  let chosen: [TensorInfo]
  private let constants: [Double]
  private let sizing: PoolSizing

  init(_ network: some Model, _ settings: HashingSettings) throws(HashingError) {
    self.settings = settings
    tensors = TensorInfo.all(of: network)
    chosen = try settings.policy.chosen(from: tensors)
    sizing = PoolSizing(settings: settings)
    let values = settings.modifiers.contains(.own) ? network.parameters : NamedTensors()
    constants = chosen.map { info in
      Self.constant(settings, info) { values[info.name].map(Self.deviation) ?? 1 }
    }
    let weights = chosen.reduce(0) { $0 + $1.count }
    if let capacity = settings.capacity, capacity < weights, settings.store == .basic {
      throw .capacityTooSmall(capacity: capacity, weights: weights)
    }
  }

  /// A bias that is carved at unit scale would begin far from 0, where biases begin.
  private static func constant(
    _ settings: HashingSettings, _ info: TensorInfo, _ deviation: () -> Double
  ) -> Double {
    let value = settings.modifiers.constant(
      for: info, deviation: deviation(), settings.convention)
    let isUnscaledBias =
      info.kind == .bias && settings.convention == .native && !settings.modifiers.areLearned
      && !settings.modifiers.contains(.own)
    return isUnscaledBias ? 0.01 * value : value
  }

  private static func deviation(_ tensor: Tensor) -> Double {
    let values = tensor.cast(to: .float64)
    return (values * values).mean().scalar().squareRoot()
  }

  var weightCount: Int { chosen.reduce(0) { $0 + $1.count } }

  /// All numbers the dense network learns.
  var learnedCount: Int { tensors.filter(\.isLearned).reduce(0) { $0 + $1.count } }

  /// What is learned beside the pools: whatever is not hashed, and scales.
  var denseCount: Int {
    learnedCount - weightCount + (settings.modifiers.areLearned ? chosen.count : 0)
  }

  /// The elements the pool must have at least.
  var capacity: Int {
    let least = settings.capacity ?? weightCount
    guard settings.avoidsAlignment, settings.pools.contains(.matrix), settings.scope == .network
    else { return least }
    var side = ceilingRoot(least, degree: 2)
    while chosen.contains(where: { settings.convention.isAligned($0, columns: side) }) { side += 1 }
    return side * side
  }

  /// The plan for so many learned numbers in all.
  func plan(learned: Int) throws(HashingError) -> HashPlan {
    try plan(poolVariables: Double(learned - denseCount), asked: learned)
  }

  /// The plan for so many variables of pools.
  ///
  /// - Parameters:
  ///   - count: The variables.
  ///   - asked: The budget of which they are what is left over, for the message of an error.
  /// - Returns: The plan.
  /// - Throws: ``HashingError/budgetTooSmall(budget:unit:minimum:)``.
  func plan(poolVariables count: Double, asked: Int?) throws(HashingError) -> HashPlan {
    guard let plan = attempt(count) else {
      throw .budgetTooSmall(
        budget: asked ?? Int(count), unit: asked == nil ? "variables in the pool" : "variables",
        minimum: minimum + (asked == nil ? 0 : denseCount))
    }
    return plan
  }

  /// The largest plan whose file keeps a budget.
  func plan(bytes: Int, _ file: FileContext) throws(HashingError) -> HashPlan {
    func size(_ plan: HashPlan) -> Int { file.byteCount(plan, tensors) }
    guard let smallest = attempt(Double(minimum)), size(smallest) <= bytes else {
      throw .budgetTooSmall(
        budget: bytes, unit: "bytes", minimum: attempt(Double(minimum)).map(size) ?? bytes + 1)
    }
    var (best, low, high) = (smallest, minimum, max(minimum + 1, 2 * weightCount))
    while high - low > 1 {
      let middle = (low + high) / 2
      if let plan = attempt(Double(middle)), size(plan) <= bytes {
        (best, low) = (plan, middle)
      } else {
        high = middle
      }
    }
    return best
  }

  /// The fewest variables of all pools together.
  private var minimum: Int {
    switch settings.scope {
    case .network: sizing.minimum(capacity: capacity, rows: 1)
    case .tensor: chosen.reduce(0) { $0 + leastVariables($1) }
    }
  }

  private func leastVariables(_ info: TensorInfo) -> Int {
    sizing.minimum(capacity: info.count, rows: info.shape.first ?? 1)
  }

  private func attempt(_ variables: Double) -> HashPlan? {
    guard let parts = settings.scope == .network ? shared(variables) : separate(variables) else {
      return nil
    }
    return HashPlan(
      parts: parts, convention: settings.convention, store: settings.store,
      modifiers: settings.modifiers, constants: settings.constants)
  }

  private func shared(_ variables: Double) -> [HashPlan.Part]? {
    sizing.shape(capacity: capacity, variables: variables, rows: 1, seed: 0).map { shape in
      [HashPlan.Part(shape: shape, slots: slots(Array(chosen.indices)))]
    }
  }

  /// Every tensor gets the same part of its size, or its smallest pool where that is more; the part is
  /// the largest that the variables allow.
  private func separate(_ variables: Double) -> [HashPlan.Part]? {
    guard Double(minimum) <= variables + 1e-9 else { return nil }
    let plain = variables / Double(weightCount)
    guard settings.budget.rounding == .down else { return separate(part: plain) }
    var (low, high) = (0.0, plain)
    for _ in 0..<40 {
      let middle = (low + high) / 2
      let count = separate(part: middle)?.reduce(0) { $0 + $1.shape.variableCount } ?? .max
      if Double(count) <= variables + 1e-9 { low = middle } else { high = middle }
    }
    // Where the part itself fits, halving stops just below it.
    let whole = separate(part: plain)
    let count = whole?.reduce(0) { $0 + $1.shape.variableCount } ?? .max
    return Double(count) <= variables + 1e-9 ? whole : separate(part: low)
  }

  private func separate(part: Double) -> [HashPlan.Part]? {
    var parts: [HashPlan.Part] = []
    for (index, info) in chosen.enumerated() {
      let variables = max(part * Double(info.count), Double(leastVariables(info)))
      guard
        let shape = sizing.shape(
          capacity: info.count, variables: variables, rows: info.shape.first ?? 1,
          seed: UInt64(1000 * (index + 1)))
      else { return nil }
      parts.append(HashPlan.Part(shape: shape, slots: slots([index])))
    }
    return parts
  }

  private func slots(_ indices: [Int]) -> [HashPlan.Slot] {
    HashPlan.slots(indices.map { chosen[$0] }, indices.map { constants[$0] })
  }
}
