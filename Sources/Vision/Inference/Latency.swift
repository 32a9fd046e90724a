import Foundation
import Learning
import Torch

/// How long a network takes for one input, from repeated runs.
public struct Latency: Sendable, Hashable, Codable {
  /// The median of the runs' times, in seconds.
  public var median: Double
  /// The fastest run.
  public var fastest: Double
  /// A quarter of the runs took no longer.
  public var lowerQuartile: Double
  /// A quarter of the runs took at least as long.
  public var upperQuartile: Double
  /// The median of the processor time of all threads, which other programs on the machine hardly
  /// change; with one thread it is what an idle machine would take.
  public var processorMedian: Double

  /// Summarizes runs.
  public init(_ runs: [Run]) {
    let times = runs.map(\.seconds).sorted()
    let processor = runs.map(\.processorSeconds).sorted()
    func part(_ values: [Double], _ share: Double) -> Double {
      values.isEmpty ? .nan : values[min(Int(Double(values.count) * share), values.count - 1)]
    }
    median = part(times, 0.5)
    fastest = part(times, 0)
    lowerQuartile = part(times, 0.25)
    upperQuartile = part(times, 0.75)
    processorMedian = part(processor, 0.5)
  }

  /// One run's time, on the clock and of the processor.
  public struct Run: Sendable {
    /// On the clock.
    public var seconds: Double
    /// Of the processor, all threads together.
    public var processorSeconds: Double

    /// Times a call.
    public init(_ body: () -> Void) {
      let start = (DispatchTime.now().uptimeNanoseconds, clock())
      body()
      processorSeconds = Double(clock() - start.1) / Double(CLOCKS_PER_SEC)
      seconds = Double(DispatchTime.now().uptimeNanoseconds - start.0) / 1e9
    }
  }

  /// Times several networks with one input, taking turns because clocks drift.
  ///
  /// - Parameters:
  ///   - networks: The networks; the first runs of each do not count.
  ///   - input: What they are run with, in inference.
  ///   - repeats: How many runs of each count.
  /// - Returns: One latency per network.
  public static func measure(_ networks: [any ImageClassifier], input: Tensor, repeats: Int)
    -> [Latency]
  {
    var networks = networks
    var runs = [[Run]](repeating: [], count: networks.count)
    withoutGradients {
      for repetition in -2..<max(repeats, 1) {
        for index in networks.indices {
          var pass = Pass.inference
          let run = Run {
            _ = networks[index].forward(input, &pass)
            input.device.synchronize()
          }
          if repetition >= 0 { runs[index].append(run) }
        }
      }
    }
    return runs.map(Latency.init)
  }
}

/// One layer's share of a network's time.
public struct LayerLatency: Sendable, Hashable, Codable {
  /// The layer's name in the network.
  public var name: String
  /// `dense`, `pointwise` or `depthwise` for convolutions, otherwise the kind of layer.
  public var kind: String
  /// The shape of the result.
  public var outputShape: [Int]
  /// Products of weights and inputs.
  public var multiplyAdds: Int
  /// Bytes of the weights, the result, and the result of the layer before.
  public var bytes: Int
  /// The fastest time in seconds, norms and activations that follow included.
  public var seconds: Double

  /// Times the layers of a network.
  ///
  /// - Parameters:
  ///   - network: The network, run in inference.
  ///   - input: What it is run with.
  ///   - repeats: How many runs count.
  /// - Returns: The layers in order of execution.
  public static func measure(_ network: any ImageClassifier, input: Tensor, repeats: Int)
    -> [LayerLatency]
  {
    var network = network
    var traces: [Trace] = []
    withoutGradients {
      for repetition in -2..<max(repeats, 1) {
        var pass = Pass.inference
        pass.trace = Trace(isTimed: true)
        _ = network.forward(input, &pass)
        if repetition >= 0, let trace = pass.trace { traces.append(trace) }
      }
    }
    guard let first = traces.first else { return [] }
    let names = first.layerNames(in: network)
    var before = input.count
    return first.steps.indices.map { index in
      let step = first.steps[index]
      let times = traces.map { $0.steps[index].seconds }
      let size = step.outputShape.reduce(1, *)
      defer { before = size }
      return LayerLatency(
        name: names[index] ?? step.kind, kind: step.detailedKind, outputShape: step.outputShape,
        multiplyAdds: step.multiplyAdds,
        bytes: 4 * (before + size + step.weightShape.reduce(1, *)),
        seconds: times.min() ?? .nan)
    }
  }
}

extension Trace.Step {
  /// The kind, convolutions told apart by their windows and groups.
  fileprivate var detailedKind: String {
    guard kind == "convolution", weightShape.count == 4 else { return kind }
    if weightShape[2] == 1, weightShape[3] == 1 { return "pointwise" }
    return weightShape[1] == 1 ? "depthwise" : "dense"
  }
}
