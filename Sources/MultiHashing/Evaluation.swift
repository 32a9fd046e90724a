import Learning
import Randomness
import Torch
import Vision

/// What a compressed network takes in memory and time, written out and on the fly.
public struct CompressionCosts: Sendable, Encodable {
  /// Medians of repeated runs, in seconds.
  public struct Time: Sendable, Hashable, Codable {
    /// On the clock.
    public var seconds: Double
    /// Of the processor, all threads together; other programs on the machine hardly change it.
    public var processorSeconds: Double

    fileprivate init(_ runs: [Latency.Run]) {
      let latency = Latency(runs)
      (seconds, processorSeconds) = (latency.median, latency.processorMedian)
    }
  }

  /// What weights take on the fly.
  public var memory: OnTheFlyNetwork<Backbone>.Memory
  /// The most resident memory of the process while running on the fly, in bytes, where it is known.
  public var peakOnTheFly: Int?
  /// The same with weights written out.
  public var peakWhole: Int?
  /// Time to write the network out and make it ready for use.
  public var expansion: Time
  /// Time for one input with weights written out and ready for use.
  public var whole: Time
  /// Time for one input on the fly.
  public var onTheFly: Time
  /// The largest difference between both ways' logits, over the largest logit.
  public var largestDifference: Double

  /// Measures a network on one drawn image.
  ///
  /// The runs on the fly come first, because memory that was used once tends to stay with the process.
  ///
  /// - Parameters:
  ///   - hashed: The network.
  ///   - side: Side of the image.
  ///   - repeats: How many runs count; both ways take turns.
  public init(_ hashed: HashedNetwork<Backbone>, side: Int, repeats: Int = 9) {
    var random = RandomSource(seed: 1)
    let image = Tensor(normal: [1, 3, side, side], using: &random)
    let small = OnTheFlyNetwork(hashed) { network, pass in
      _ = network.forward(Tensor(zeros: [0, 3, side, side]), &pass)
    }
    memory = small.memory
    PeakMemory.reset()
    let first = small.run { $0.forward(image, &$1) }
    peakOnTheFly = PeakMemory.resident
    PeakMemory.reset()
    var written: Backbone?
    let run = Latency.Run { written = withoutGradients { hashed.network().fused() } }
    expansion = Time([run])
    let whole = written ?? hashed.network()
    let second = withoutGradients { whole(image) }
    peakWhole = PeakMemory.resident
    largestDifference =
      (first - second).abs().reshaped(1, -1).max(along: 1).scalar()
      / max(second.abs().reshaped(1, -1).max(along: 1).scalar(), 1e-30)
    var runs: (whole: [Latency.Run], onTheFly: [Latency.Run]) = ([], [])
    for _ in 0..<max(repeats, 1) {
      runs.whole.append(Latency.Run { _ = withoutGradients { whole(image) } })
      runs.onTheFly.append(Latency.Run { _ = small.run { $0.forward(image, &$1) } })
    }
    self.whole = Time(runs.whole)
    onTheFly = Time(runs.onTheFly)
  }
}
