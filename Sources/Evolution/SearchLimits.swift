/// What ends any search: a value that is good enough, or a budget.
public struct SearchLimits: Codable, Sendable, Equatable {
  /// The value that is good enough; `nil` to go on.
  public var target: Double?
  /// The number of evaluations after which no generation begins; `nil` for any.
  public var evaluations: Int?
  /// The number of generations; `nil` for any.
  public var generations: Int?

  /// Creates limits; without arguments there are none.
  public init(target: Double? = nil, evaluations: Int? = nil, generations: Int? = nil) {
    self.target = target
    self.evaluations = evaluations
    self.generations = generations
  }

  func validate() throws(EvolutionError) {
    if let target { try require(!target.isNaN, "target", target, "a number") }
    if let evaluations {
      try require(evaluations > 0, "evaluations", evaluations, "at least 1")
    }
    if let generations {
      try require(generations > 0, "generations", generations, "at least 1")
    }
  }

  /// The limits that a search has reached.
  func reached(best: EvaluatedPoint?, evaluations: Int, generation: Int) -> [StopReason] {
    var reasons: [StopReason] = []
    if let target, let best, best.value <= target { reasons.append(.target) }
    if let limit = self.evaluations, evaluations >= limit { reasons.append(.evaluationBudget) }
    if let limit = generations, generation >= limit { reasons.append(.generationBudget) }
    return reasons
  }
}
