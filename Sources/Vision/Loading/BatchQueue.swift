import Foundation
import Runs
import Torch

/// The batches that are ready or under way, and the threads that work on them.
///
/// Workers take a few images of the earliest unfinished batch at a time, so the batch that is
/// waited for is always the one everybody works on.
///
/// Sendable because everything that changes is only touched while ``condition`` is locked.
final class BatchQueue: @unchecked Sendable {
  /// Images a worker takes at a time: enough that taking them costs nothing.
  private static let portion = 4

  private let maker: BatchMaker
  private let limit: Int
  private let count: Int?
  private let condition = NSCondition()
  private var window: [BatchInProgress] = []
  private var nextStep = 0
  private var isClosed = false
  private var runningWorkers = 0
  private var working = LoaderReport()

  init(_ maker: BatchMaker, limit: Int, count: Int?) {
    self.maker = maker
    self.limit = limit
    self.count = count
  }

  var report: LoaderReport { condition.withLock { working } }

  func start(workers: Int) {
    condition.withLock { runningWorkers += workers }
    for number in 0..<workers {
      // The thread keeps the queue alive until it is closed, which the loader's end does.
      let thread = Thread { self.work() }
      thread.name = "swiftlet loader \(number)"
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// Ends the workers, each after the images it works on, and returns when they are gone: a thread
  /// that makes tensors while the program ends would meet an engine already taken apart.
  func close() {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
    window = []
    condition.broadcast()
    while runningWorkers > 0 { condition.wait() }
  }

  /// Returns the batch of a step and lets the workers go on with those after it.
  func batch(_ step: Int) throws -> ImageBatch {
    let watch = Stopwatch()
    condition.lock()
    defer { condition.unlock() }
    moveWindow(to: step)
    let current = window[0]
    condition.broadcast()
    while current.result == nil {
      // Whoever waits helps, but only with the batch waited for.
      if let portion = current.take(Self.portion) {
        complete(portion)
      } else {
        condition.wait()
      }
    }
    window.removeAll { $0 === current }
    working.batches += 1
    working.waitingSeconds += watch.seconds
    condition.broadcast()
    return try current.result?.get() ?? current.finished(maker)
  }

  /// Makes the batch of `step` the first one; steps that do not follow it are dropped.
  private func moveWindow(to step: Int) {
    if window.first?.step == step { return }
    if let index = window.firstIndex(where: { $0.step == step }) {
      window.removeFirst(index)
    } else {
      window = [newBatch(step)]
      nextStep = step + 1
    }
  }

  private func newBatch(_ step: Int) -> BatchInProgress {
    BatchInProgress(step: step, samples: maker.order.batch(step), maker: maker)
  }

  private func work() {
    condition.lock()
    defer { condition.unlock() }
    while !isClosed {
      if let portion = nextPortion() {
        complete(portion)
      } else {
        condition.wait()
      }
    }
    runningWorkers -= 1
    condition.broadcast()
  }

  /// Work on the earliest batch that has some, or on a new one where there is room.
  private func nextPortion() -> BatchInProgress.Portion? {
    for batch in window {
      if let portion = batch.take(Self.portion) { return portion }
    }
    guard window.count < limit, nextStep < count ?? .max else { return nil }
    let batch = newBatch(nextStep)
    nextStep += 1
    window.append(batch)
    return batch.take(Self.portion)
  }

  /// Does a portion of work without the lock, which is held before and after.
  private func complete(_ portion: BatchInProgress.Portion) {
    condition.unlock()
    let watch = Stopwatch()
    let outcome = portion.batch.make(portion.places, maker)
    condition.lock()
    working.workingSeconds += watch.seconds
    portion.batch.record(outcome, places: portion.places)
    for damage in outcome.damaged {
      working.skipped[damage.sample] = damage.reason
      working.replacements += 1
    }
    guard portion.batch.remaining == 0 else { return }
    condition.unlock()
    let result = Result { try portion.batch.finished(maker) }
    condition.lock()
    portion.batch.result = result
    condition.broadcast()
  }
}

/// A batch whose inputs are being made.
///
/// Sendable because each place is written by the one worker that took it, and the rest is only
/// touched while the queue is locked.
final class BatchInProgress: @unchecked Sendable {
  /// Some places of a batch.
  struct Portion {
    var batch: BatchInProgress
    var places: Range<Int>
  }

  /// What became of a portion.
  struct Outcome {
    var samples: [Int] = []
    var damaged: [BatchMaker.Damage] = []
    var failure: (any Error)?
  }

  let step: Int
  /// Places that nobody has finished yet.
  private(set) var remaining: Int
  /// The batch or why there is none, as soon as every place is finished.
  var result: Result<ImageBatch, any Error>?
  private var samples: [Int]
  private let wanted: [Int]
  private var taken = 0
  private var failure: (place: Int, error: any Error)?
  private let images: Tensor
  /// The memory of ``images``, which lives as long as they do and is known to nobody else yet.
  private let values: UnsafeMutableBufferPointer<Float>

  init(step: Int, samples: [Int], maker: BatchMaker) {
    self.step = step
    self.samples = samples
    wanted = samples
    remaining = samples.count
    let preparation = maker.preparation
    var memory = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    images = Tensor(
      shape: [samples.count, preparation.channels, preparation.height, preparation.width],
      of: Float.self
    ) { memory = $0 }
    values = memory
  }

  /// Takes places nobody works on yet.
  func take(_ limit: Int) -> Portion? {
    guard taken < wanted.count else { return nil }
    let places = taken..<min(taken + limit, wanted.count)
    taken = places.upperBound
    return Portion(batch: self, places: places)
  }

  /// Makes the inputs of some places; needs no lock.
  func make(_ places: Range<Int>, _ maker: BatchMaker) -> Outcome {
    let size = maker.preparation.inputSize
    var outcome = Outcome()
    do {
      for place in places {
        let made = try maker.make(
          wanted[place], position: step * maker.settings.batchSize + place,
          into: UnsafeMutableBufferPointer(
            rebasing: values[place * size..<(place + 1) * size]))
        outcome.samples.append(made.sample)
        outcome.damaged += made.damaged
      }
    } catch {
      outcome.failure = error
    }
    return outcome
  }

  /// Notes what became of some places.
  func record(_ outcome: Outcome, places: Range<Int>) {
    remaining -= places.count
    if let error = outcome.failure {
      // The first in order, whichever worker comes first.
      if places.lowerBound < failure?.place ?? .max { failure = (places.lowerBound, error) }
    } else {
      samples.replaceSubrange(places, with: outcome.samples)
    }
  }

  /// Puts the batch together, every place of it made.
  func finished(_ maker: BatchMaker) throws -> ImageBatch {
    if let failure { throw failure.error }
    return maker.finish(step: step, samples: samples, images: images, values: values)
  }
}
