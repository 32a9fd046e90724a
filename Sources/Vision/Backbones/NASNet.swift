import Learning
import Randomness
import Torch

/// A NASNet-A network.
///
/// - Shapes: `[batch, 3, height, width]` becomes `[batch, classes]`; any size from 33 up.
/// - Paper: Zoph et al., *Learning Transferable Architectures for Scalable Image Recognition* (2018).
///
/// ```swift
/// let network = NASNet(.mobile, using: &random)
/// ```
public struct NASNet: ImageClassifier {
  /// The first convolution, 3x3 with stride 2 and no border, without an activation.
  public var stem: ConvNorm
  /// All cells in order of execution.
  public var cells: [NASNetCell]
  /// Dropout before the head.
  public var dropout: Dropout
  /// From features to logits.
  public var head: Linear
  /// The shape of the network.
  public let architecture: NASNetArchitecture
  /// What is presented for every cell.
  private let cellNames: [String]
  /// Which earlier output is the second input of every cell: the stem's is 0, the first cell's 1.
  private let previousOutputs: [Int]

  /// Creates a network with drawn weights, normal by outputs (He et al., 2015).
  public init(
    _ architecture: NASNetArchitecture, classCount: Int = 1000, using random: inout RandomSource
  ) {
    var weights = WeightSource(countsOneGroup: true, using: random)
    self.init(architecture, classCount: classCount, weights: &weights)
    random = weights.random
  }

  /// Creates a network with weights from a source.
  public init(
    _ architecture: NASNetArchitecture, classCount: Int, weights: inout WeightSource
  ) {
    self.architecture = architecture
    stem = ConvNorm(
      inputs: 3, outputs: architecture.stemWidth, window: 3, stride: 2, padding: .valid,
      norm: NormSettings(epsilon: 1e-3, momentum: 0.1), using: &weights)
    var building = Building(architecture)
    building.addAll(using: &weights)
    cells = building.cells
    cellNames = building.names
    previousOutputs = building.previousOutputs
    dropout = Dropout(architecture.dropout)
    head = Linear(
      inputs: building.widths[building.widths.count - 1], outputs: classCount,
      initializer: weights.linear, using: &weights.random)
  }

  /// Presents timm's names.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("conv0.conv", &stem.convolution)
    walk.child("conv0.bn", &stem.norm)
    for index in cells.indices { walk.child(cellNames[index], &cells[index]) }
    walk.child(headName(walk.naming), &head)
  }

  /// Runs the network.
  public mutating func forward(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    head.forward(dropout.forward(features(images, &pass), &pass), &pass)
  }

  /// The means of the last maps, `[batch, width]`.
  public mutating func features(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    var outputs = [stem.forward(images, &pass)]
    for index in cells.indices {
      outputs.append(
        cells[index].forward(
          outputs[index], previous: outputs[previousOutputs[index]], &pass))
    }
    return outputs[outputs.count - 1].relu().globalAveragePooled()
  }

  /// Presents the units in order of execution.
  public mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    body(&stem)
    for index in cells.indices { cells[index].forEachUnit(body) }
  }

  /// `last_linear`.
  public func headName(_ naming: Naming) -> String { "last_linear" }
}

/// Strings cells together: widths and resolutions decide how second inputs are made to fit.
private struct Building {
  let architecture: NASNetArchitecture
  var cells: [NASNetCell] = []
  var names: [String] = []
  var previousOutputs: [Int] = []
  /// Channels of every output, the stem's first.
  var widths: [Int]
  /// By how much the resolution of every output has been halved.
  var halvings = [0]

  init(_ architecture: NASNetArchitecture) {
    self.architecture = architecture
    widths = [architecture.stemWidth]
  }

  mutating func addAll(using weights: inout WeightSource) {
    let width = architecture.width
    add(.reduction, "cell_stem_0", width: width / 4, previous: 0, using: &weights)
    add(.reduction, "cell_stem_1", width: width / 2, previous: 0, using: &weights)
    for group in 0..<3 {
      if group > 0 {
        add(.reduction, "reduction_cell_\(group - 1)", width: width << group, using: &weights)
      }
      for index in 0..<architecture.cellsPerGroup {
        let followsReduction = group > 0 && index == 0
        let distance = followsReduction && architecture.skipsReductionInput ? 3 : 2
        add(
          .normal, "cell_\(group * architecture.cellsPerGroup + index)", width: width << group,
          previous: widths.count - distance, using: &weights)
      }
    }
  }

  // `previous` is the number of the second input; the output before the last when `nil`.
  private mutating func add(
    _ kind: NASNetCell.Kind, _ name: String, width: Int, previous: Int? = nil,
    using weights: inout WeightSource
  ) {
    let last = widths.count - 1
    let previous = previous ?? last - 1
    var fit = PreviousFit.unchanged
    // The first cell has one input only, which serves as both.
    let isFirst = previous == last
    if halvings[previous] != halvings[last] {
      fit = .reduction(inputs: widths[previous], outputs: width, using: &weights)
    } else if !isFirst {
      fit = .projection(inputs: widths[previous], outputs: width, using: &weights)
    }
    cells.append(
      NASNetCell(
        kind, inputs: widths[last], width: width, fit: fit,
        rawPrevious: isFirst ? widths[previous] : nil, countsBorder: architecture.countsBorder,
        using: &weights))
    names.append(name)
    previousOutputs.append(previous)
    widths.append((kind == .normal ? 6 : 4) * width)
    halvings.append(halvings[last] + (kind == .reduction ? 1 : 0))
  }
}
