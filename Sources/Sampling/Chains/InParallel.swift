import Dispatch
import Foundation
import Synchronization

/// Computes `body(0), body(1), ...` on up to `threads` threads and returns the results in order.
///
/// - Throws: The first failure in order of the index, after all work under way has ended; work not
///   yet begun is left out.
func inParallel<Value: Sendable>(
  _ count: Int, threads: Int?, _ body: @Sendable (Int) throws -> Value
) throws -> [Value] {
  let workers = min(count, threads ?? ProcessInfo.processInfo.activeProcessorCount)
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let next = Atomic<Int>(0)
  let hasFailed = Atomic<Bool>(false)
  @Sendable func work(_ worker: Int) {
    while !hasFailed.load(ordering: .relaxed) {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      let result = Result { try body(index) }
      if case .failure = result { hasFailed.store(true, ordering: .relaxed) }
      results.withLock { $0[index] = result }
    }
  }
  if workers > 1 {
    DispatchQueue.concurrentPerform(iterations: workers, execute: work)
  } else {
    work(0)
  }
  let computed = results.withLock { $0 }
  return try computed.sorted { $0.key < $1.key }.map { try $0.value.get() }
}
