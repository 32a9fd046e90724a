import ArgumentParser
import Foundation
import Learning
import Randomness
import Reports
import Runs
import Torch
import Vision

/// Times a network, plain and made ready for use.
struct ModelLatency: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency",
    abstract: "Time a network on one input, plain and fused.",
    discussion: """
      The fused form has batch norms folded into convolutions, weights packed for this machine, and \
      activations and residuals applied on the way. Both take turns, so a busy machine slows both. \
      Processor time is what an idle machine would take with one thread.
      """)

  @Argument(help: "A network's name, as `swiftlet model list` prints it, or a file of weights.")
  var model: String

  @Option(help: "Side of the input, in pixels (default: the network's own).")
  var size: Int?

  @Option(help: "Images in the input.")
  var batch = 1

  @Option(help: "Runs that count.")
  var repeats = 30

  @Flag(help: "Print a table of all layers, too.")
  var layers = false

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if let size, size < 1 { throw ValidationError("--size must be at least 1, got \(size)") }
    if batch < 1 { throw ValidationError("--batch must be at least 1, got \(batch)") }
    if repeats < 1 { throw ValidationError("--repeats must be at least 1, got \(repeats)") }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let opened = try opened()
      let side = size ?? opened.side
      var random = RandomSource(seed: 1)
      let input = Tensor(normal: [batch, 3, side, side], using: &random).moved(to: device)
      let result = measured(opened.network.moved(to: device), input)
      console.result(result, text: result.text)
    }
  }

  private func measured(_ network: Backbone, _ input: Tensor) -> Result {
    let fused = network.fused()
    let times = Latency.measure([network, fused], input: input, repeats: repeats)
    return Result(
      model: model, size: input.extent(2), batch: batch, threads: Engine.threadCount,
      repeats: repeats, plain: times[0], fused: times[1],
      layers: layers ? LayerLatency.measure(fused, input: input, repeats: repeats) : nil)
  }

  private struct Result: Encodable {
    var model: String
    var size: Int
    var batch: Int
    var threads: Int
    var repeats: Int
    var plain: Latency
    var fused: Latency
    var layers: [LayerLatency]?

    var text: String {
      let rows = [("plain", plain), ("fused", fused)].map { name, latency in
        [.init(name)]
          + [
            latency.median, latency.lowerQuartile, latency.upperQuartile, latency.fastest,
            latency.processorMedian,
          ].map { Table.Cell(1e3 * $0, decimals: 2) }
      }
      let summary = Table(
        columns: [.init("milliseconds")]
          + ["median", "lower quartile", "upper quartile", "fastest", "processor time"]
          .map { .init($0, .trailing) },
        rows: rows)
      let head =
        "\(model), \(batch) x 3 x \(size) x \(size), \(threads) threads, \(repeats) runs of each"
      let ratio = String(format: "fused is %.2f times as fast", plain.median / fused.median)
      return
        ([head, summary.text(.terminal), ratio]
        + (layers.map { [table(of: $0).text(.terminal)] } ?? []))
        .joined(separator: "\n")
    }

    private func table(of layers: [LayerLatency]) -> Table {
      Table(
        columns: [.init("layer"), .init("kind"), .init("result")]
          + ["million multiply-adds", "microseconds", "GFLOP/s"].map { .init($0, .trailing) },
        rows: layers.map { layer in
          [
            .init(layer.name), .init(layer.kind),
            .init(layer.outputShape.map(String.init).joined(separator: " x ")),
            .init(Double(layer.multiplyAdds) / 1e6, decimals: 2),
            .init(layer.seconds * 1e6, decimals: 0),
            .init(2 * Double(layer.multiplyAdds) / layer.seconds / 1e9, decimals: 1),
          ]
        })
    }
  }
}

extension ModelLatency {
  /// The network of a file, or a drawn one of a name, and the side of its input.
  private func opened() throws -> (network: Backbone, side: Int) {
    if FileManager.default.fileExists(atPath: model) {
      let file = try ImageModel(readingFrom: model)
      return (file.network, file.preparation.height)
    }
    let known = try ModelCatalog.model(named: model)
    var random = RandomSource(seed: 1)
    return (
      Backbone(known.architecture, classCount: known.classCount, using: &random),
      known.preparation.height
    )
  }
}
