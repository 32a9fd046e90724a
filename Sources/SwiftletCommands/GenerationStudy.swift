import Datasets
import Foundation
import HyperTransformer
import Images
import Learning
import Randomness
import Reports
import Torch

/// A look at how a generator writes: what its tokens attend to, which kernels come out, and how much
/// they differ from task to task.
struct GenerationStudy {
  private let generator: WeightGenerator
  private let network: GeneratedNetwork
  private let attention: [AttentionMap]
  /// The support labels of the first task.
  private let labels: [Int]

  /// Has networks written for some tasks.
  init(
    _ generator: WeightGenerator, _ classes: ImageSet, _ plan: EpisodePlan, tasks: Int = 16,
    seed: UInt64, device: Device
  ) throws {
    var random = RandomSource(seed: seed &+ 13)
    let sampler = try EpisodeSampler(classes, plan: plan)
    let batch = TrainingBatch(
      sampler.batch(of: tasks, using: &random), of: classes, ways: plan.ways, using: &random,
      on: device)
    self.generator = generator
    (network, attention) = generator.inspect(batch.support)
    labels = batch.support.labels[0].toDoubles().map { Int($0) }
  }

  /// Writes every task's weights and attention maps, named as in `WeightGenerator`.
  func write(to path: String) throws {
    let weights = network.writtenWeights
    var tensors = zip(weights.names, weights.tensors).map { (name: $0, tensor: $1) }
    for map in attention {
      let kind = map.isMemory ? "memoryAttention" : "attention"
      tensors.append((name: "\(map.layer).\(kind).\(map.block)", tensor: map.weights))
    }
    try saveSafetensors(
      tensors.map { ($0.name, $0.tensor.moved(to: .cpu).rowMajor()) },
      metadata: ["kind": "few-shot study"], to: path)
  }

  /// The study as a section of a page.
  var blocks: [Block] {
    var blocks: [Block] = [
      .paragraph(
        "How much the weights differ between \(network.episodeCount) unseen tasks: the root mean "
          + "squared distance from their mean, as a part of the mean's length."),
      .table(
        Table(
          columns: [.init("layer"), .init("variation, %", .trailing)],
          rows: network.variations.map { variation in
            [.init(variation.layer), .init(100 * variation.relative, decimals: 1)]
          })),
    ]
    if let figure = attentionFigure { blocks.append(figure) }
    if let pictures = kernelPictures { blocks.append(.pictures(pictures)) }
    return blocks
  }

  /// What the dense layer's slices attend to in the last block, all heads together.
  private var attentionFigure: Block? {
    guard let map = attention.last(where: { $0.layer == "logits" }) else { return nil }
    let slices = generator.architecture.classCount
    let order = labels.indices.sorted { labels[$0] < labels[$1] }
    var weights = map.weights[0].mean(along: 0)  // [queries, keys]
    guard map.isMemory || weights.extent(1) == slices + labels.count else { return nil }
    if !map.isMemory { weights = weights.narrowed(along: 1, from: slices, count: labels.count) }
    let values = (0..<slices).map { slice in
      let row = weights[slice].toDoubles()
      return order.map { row[$0] }
    }
    let name = { (label: Int) in label < slices ? letter(label) : "?" }
    return .figure(
      Figure(
        HeatMap(
          values, rows: (0..<slices).map(letter), columns: order.map { name(labels[$0]) },
          rowTitle: "weights of class", columnTitle: "support picture of class"),
        caption: "How much the dense layer's weights of each class attend to the support pictures "
          + "of one task, last block, mean over heads. A diagonal means that a class is made from "
          + "its own pictures; its negative, that it is made from the others'."))
  }

  /// The first generated layer's filters of a few tasks, side by side; none where only the dense layer
  /// is generated.
  private var kernelPictures: PictureGrid? {
    let weights = network.writtenWeights
    guard let index = weights.names.firstIndex(where: { $0.hasSuffix(".kernel") }) else {
      return nil
    }
    let kernels = weights.tensors[index]  // [tasks, outputs, inputs, window, window]
    let filters = min(kernels.extent(1), 8)
    let rows = (0..<min(kernels.extent(0), 4)).map { task in
      PictureGrid.Row(
        "Task \(task + 1)",
        (0..<filters).map { filter in
          Picture(
            png: png(kernels[task, filter, 0]),
            alternative: "filter \(filter + 1) of task \(task + 1)")
        })
    }
    return PictureGrid(
      rows,
      caption: "Filters of the first generated layer (first input channel), one row per task, one "
        + "column per filter; black is the smallest and white the largest weight of each.",
      pictureWidth: 48)
  }

  private func png(_ kernel: Tensor) -> Data {
    let values = kernel.flattened().toDoubles()
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    let pixels = values.map { UInt8((255 * ($0 - least) / max(most - least, 1e-12)).rounded()) }
    let side = kernel.extent(0)
    return Image(height: side, width: side, channels: 1, pixels: pixels)
      .enlarged(by: max(1, 48 / side)).encodedPNG()
  }
}

/// The name of a class on a page: A, B, C, ...
func letter(_ label: Int) -> String {
  "\(Character(UnicodeScalar(UInt8(65 + label % 26))))"
}
