import Dispatch
import Foundation
import Synchronization

/// Prepares batches on a thread of its own, so that the next one is ready when a step ends.
///
/// One thread for the whole run instead of a queue's changing ones: the engine keeps a team of
/// helpers for every thread that computes.
final class BatchWorker<Batch: Sendable>: Sendable {
  private struct Order {
    var step: Int?
    var result: Result<Batch, any Error>?
    var isClosed = false
  }

  private let make: @Sendable (Int) throws -> Batch
  private let order = Mutex(Order())
  private let ordered = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)

  init(_ make: @escaping @Sendable (Int) throws -> Batch) {
    self.make = make
    let thread = Thread { self.work() }
    thread.name = "swiftlet batches"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Returns the batch of `step`, waiting for it if need be, and starts on that of `next`.
  func batch(for step: Int, thenPreparing next: Int?) throws -> Batch {
    if order.withLock({ $0.step }) != step {
      drain()
      request(step)
    }
    let result = drain()
    if let next { request(next) }
    guard let result else { return try make(step) }
    return try result.get()
  }

  /// Waits for work in progress and ends the thread.
  func close() {
    drain()
    order.withLock { $0.isClosed = true }
    ordered.signal()
    finished.wait()
  }

  private func request(_ step: Int) {
    order.withLock { $0.step = step }
    ordered.signal()
  }

  @discardableResult
  private func drain() -> Result<Batch, any Error>? {
    guard order.withLock({ $0.step }) != nil else { return nil }
    finished.wait()
    return order.withLock { order in
      defer {
        order.step = nil
        order.result = nil
      }
      return order.result
    }
  }

  private func work() {
    while true {
      ordered.wait()
      let (step, isClosed) = order.withLock { ($0.step, $0.isClosed) }
      if let step, !isClosed {
        let result = Result { try make(step) }
        order.withLock { $0.result = result }
      }
      finished.signal()
      if isClosed { return }
    }
  }
}
