extension CMAES {
  /// All rules that ask to stop now.
  func findStopReasons(_ sorted: [Double]) -> [StopReason] {
    let rules = configuration.stopping
    var reasons = configuration.limits.reached(
      best: best, evaluations: evaluations, generation: generation)
    let span = 10 + (30 * dimension + population - 1) / population
    let recent = state.history.bests.suffix(span)
    if recent.count == span, recent.allSatisfy({ $0 == worstValue }) {
      reasons.append(.noFiniteValue)
    } else if recent.count == span, let low = recent.min(), let high = recent.max(),
      max(high, sorted[sorted.count - 1]) - min(low, sorted[0]) < rules.functionTolerance
    {
      reasons.append(.toleranceFunction)
    }
    let window = max(120 + 30 * dimension / population, min(20_000, generation / 5))
    if rules.checksStagnation, generation % max(1, window / 20) == 0,
      state.history.isStagnant(window: window)
    {
      reasons.append(.stagnation)
    }
    return reasons + findDegeneration()
  }

  /// The rules about the distribution alone.
  private func findDegeneration() -> [StopReason] {
    let rules = configuration.stopping
    var reasons: [StopReason] = []
    let deviations = standardDeviations
    let narrow = rules.stepTolerance * state.initialStepSize
    let isNarrow = zip(deviations, state.covariancePath).allSatisfy { deviation, path in
      deviation < narrow && state.stepSize * abs(path) < narrow
    }
    if isNarrow { reasons.append(.toleranceStep) }
    let (shortest, longest) = state.covariance.lengths
    if !state.stepSize.isFinite
      || state.stepSize * longest > rules.divergence * state.initialStepSize
    {
      reasons.append(.diverged)
    }
    let ratio = longest / shortest
    if state.covariance.isBroken || ratio * ratio > rules.conditionNumber {
      reasons.append(.conditionNumber)
    }
    let axis = state.generation % dimension
    let isTooShort = state.center.indices.allSatisfy { index in
      let value = state.center[index]
      return value + 0.1 * state.stepSize * state.covariance.axis(axis, at: index) == value
    }
    if isTooShort {
      reasons.append(.noEffectAlongAxis)
    }
    if zip(state.center, deviations).contains(where: { $0 + 0.2 * $1 == $0 }) {
      reasons.append(.noEffectInCoordinate)
    }
    return reasons
  }
}
