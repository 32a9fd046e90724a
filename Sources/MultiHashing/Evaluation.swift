import Dispatch
import Learning
import Randomness
import Torch
import Vision

/// What a compressed network takes in memory and time, written out and on the fly.
public struct CompressionCosts: Sendable, Encodable {
  /// What weights take on the fly.
  public var memory: OnTheFlyNetwork<Backbone>.Memory
  /// The most resident memory of the process while running on the fly, in bytes, where it is known.
  public var peakOnTheFly: Int?
  /// The same with weights written out.
  public var peakWhole: Int?
  /// Seconds to write the network out and make it ready for use.
  public var expansionSeconds: Double
  /// Seconds for one input with weights written out and ready for use, a median.
  public var wholeSeconds: Double
  /// Seconds for one input on the fly, a median.
  public var onTheFlySeconds: Double
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
    let start = DispatchTime.now().uptimeNanoseconds
    let whole = withoutGradients { hashed.network().fused() }
    expansionSeconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    let second = withoutGradients { whole(image) }
    peakWhole = PeakMemory.resident
    largestDifference =
      (first - second).abs().reshaped(1, -1).max(along: 1).scalar()
      / max(second.abs().reshaped(1, -1).max(along: 1).scalar(), 1e-30)
    (wholeSeconds, onTheFlySeconds) = Self.medians(
      { _ = withoutGradients { whole(image) } }, { _ = small.run { $0.forward(image, &$1) } },
      repeats: repeats)
  }

  private static func medians(
    _ first: () -> Void, _ second: () -> Void, repeats: Int
  ) -> (Double, Double) {
    func seconds(_ body: () -> Void) -> Double {
      let start = DispatchTime.now().uptimeNanoseconds
      body()
      return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }
    var times: ([Double], [Double]) = ([], [])
    for _ in 0..<max(repeats, 1) {
      times.0.append(seconds(first))
      times.1.append(seconds(second))
    }
    return (times.0.sorted()[times.0.count / 2], times.1.sorted()[times.1.count / 2])
  }
}
