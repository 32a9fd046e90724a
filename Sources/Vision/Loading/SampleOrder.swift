import Randomness
import Synchronization

/// Which images a batch consists of.
///
/// Shuffled, the images of the source come in a new order in every round through all of them, and
/// rounds follow each other without a gap, so a batch may hold the end of one and the beginning of
/// the next. In order, there is one round, and the last batch may be short.
final class SampleOrder: Sendable {
  private let samples: [Int]
  private let batchSize: Int
  private let seed: UInt64?
  private let rounds = Mutex<[Int: [Int]]>([:])

  /// Plans batches; without a seed they are in the order of the source.
  init(_ samples: [Int], batchSize: Int, seed: UInt64?) {
    self.samples = samples
    self.batchSize = batchSize
    self.seed = seed
  }

  /// The batches of one round, where there is only one.
  var count: Int? { seed == nil ? (samples.count + batchSize - 1) / batchSize : nil }

  /// The samples of a batch.
  func batch(_ step: Int) -> [Int] {
    guard let seed else {
      return Array(samples.dropFirst(step * batchSize).prefix(batchSize))
    }
    return (step * batchSize..<(step + 1) * batchSize).map { position in
      order(ofRound: position / samples.count, seed: seed)[position % samples.count]
    }
  }

  /// One image in place of another that is damaged.
  func replacement(using random: inout RandomSource) -> Int {
    samples[random.index(below: samples.count)]
  }

  private func order(ofRound round: Int, seed: UInt64) -> [Int] {
    rounds.withLock { known in
      if let order = known[round] { return order }
      var random = RandomSource(seed: seed &+ RandomSource.mixed(round))
      let order = samples.shuffled(using: &random)
      // Batches under way span at most a few rounds; older ones are made again if need be.
      if known.count > 8 { known.removeAll() }
      known[round] = order
      return order
    }
  }
}

extension RandomSource {
  /// A number spread over all 64 bits, different for neighboring ones.
  static func mixed(_ number: Int) -> UInt64 {
    var source = RandomSource(seed: UInt64(bitPattern: Int64(number)))
    return source.next()
  }
}
