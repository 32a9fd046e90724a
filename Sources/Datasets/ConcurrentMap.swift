import Dispatch
import Synchronization

/// Computes `body(0), body(1), ...` on up to `workers` threads and returns the results in order.
///
/// - Throws: The first failure in order of the index.
func concurrentMap<Value: Sendable, Failure: Error>(
  _ count: Int, workers: Int, _ body: @Sendable (Int) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  let results = Mutex<[Int: Result<Value, Failure>]>([:])
  let next = Atomic<Int>(0)
  @Sendable func work(_ worker: Int) {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      let result = Result { () throws(Failure) in try body(index) }
      results.withLock { $0[index] = result }
    }
  }
  if min(workers, count) > 1 {
    DispatchQueue.concurrentPerform(iterations: min(workers, count), execute: work)
  } else {
    work(0)
  }
  let computed = results.withLock { $0 }
  var values: [Value] = []
  for index in 0..<count {
    if let result = computed[index] { values.append(try result.get()) }
  }
  return values
}
