import Dispatch
import Synchronization

/// What is known of a generation while threads evaluate it.
struct EvaluationOutcome<Strategy: EvolutionStrategy>: Sendable {
  /// The search with all values so far, for whoever wants to save it.
  var search: Minimization<Strategy>
  /// One value per candidate, `nil` where the evaluation did not begin or failed.
  var values: [Double?]
  var isOver = false
  var failure: (any Error)?
}

/// Evaluates groups of candidates on up to `workers` threads.
///
/// After a failure or a request to stop no further evaluation begins.
func evaluateInParallel<Strategy>(
  _ groups: [[Minimization<Strategy>.Candidate]], of search: Minimization<Strategy>,
  workers: Int, shouldStop: @Sendable () -> Bool,
  onEvaluation: @Sendable (Minimization<Strategy>) throws -> Void,
  objective: @Sendable ([Minimization<Strategy>.Candidate]) throws -> [Double]
) -> (values: [Double?], failure: (any Error)?) {
  let starts = groups.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
  let shared = Mutex(
    EvaluationOutcome(
      search: search, values: [Double?](repeating: nil, count: starts[groups.count])))
  inParallel(groups.count, workers: workers) { index in
    guard !shared.withLock({ $0.isOver }) else { return }
    if shouldStop() { return shared.withLock { $0.isOver = true } }
    do {
      let group = groups[index]
      let values = try objective(group)
      precondition(
        values.count == group.count, "\(values.count) values for \(group.count) candidates")
      try shared.withLock {
        for (offset, value) in values.enumerated() {
          $0.values[starts[index] + offset] = value
          $0.search.note(value, of: group[offset])
        }
        try onEvaluation($0.search)
      }
    } catch {
      shared.withLock {
        $0.isOver = true
        if $0.failure == nil { $0.failure = error }
      }
    }
  }
  return shared.withLock { ($0.values, $0.failure) }
}

/// Runs `body(0)`, `body(1)`, ... on up to `workers` threads.
private func inParallel(_ count: Int, workers: Int, _ body: @Sendable (Int) -> Void) {
  let next = Atomic<Int>(0)
  @Sendable func work(_ worker: Int) {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index)
    }
  }
  if min(workers, count) > 1 {
    DispatchQueue.concurrentPerform(iterations: min(workers, count), execute: work)
  } else {
    work(0)
  }
}
