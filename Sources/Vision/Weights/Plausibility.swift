import Images
import Learning

// Shapes read from files may be anything: these checks keep a damaged or hostile one from building a
// network that cannot be, or one of whose layers would not fit into memory.

extension BackboneArchitecture {
  /// Whether a network of this shape can be built.
  var isPlausible: Bool {
    switch self {
    case .residual(let shape): shape.isPlausible
    case .mobile(let shape): shape.isPlausible
    case .transformer(let shape): shape.isPlausible
    case .isometric(let shape):
      inRange([shape.factor], 1...64) && inRange([shape.depth], 1...1024)
        && inRange([shape.width], 4...8192)
    case .nasNet(let shape):
      inRange([shape.stemWidth, shape.width], 4...2048) && shape.width % 4 == 0
        && inRange([shape.cellsPerGroup], 1...64) && isProbability(shape.dropout)
    case .perceptron(let shape):
      inRange([shape.side], 1...1024) && inRange(shape.widths, 1...65_536)
        && (1...64).contains(shape.widths.count) && isProbability(shape.dropout)
    }
  }
}

extension ResNetArchitecture {
  fileprivate var isPlausible: Bool {
    !widths.isEmpty && widths.count == blockCounts.count && widths.count <= 16
      && inRange(widths, 1...8192) && inRange(blockCounts, 1...1024)
      && zip(widths, widths.dropFirst()).allSatisfy { $0 <= $1 }
  }
}

extension MobileArchitecture {
  fileprivate var isPlausible: Bool {
    inRange([stemWidth, headWidth], 1...16_384) && stages.count <= 64
      && isProbability(dropout) && isProbability(stochasticDepth) && norm.epsilon > 0
      && stages.allSatisfy { stage in
        inRange([stage.width], 1...16_384) && inRange([stage.expansion, stage.repeats], 1...64)
          && inRange([stage.window, stage.stride], 1...31) && (0...1).contains(stage.squeeze)
      }
  }
}

extension VisionTransformerArchitecture {
  fileprivate var isPlausible: Bool {
    inRange([width, innerWidth, imageHeight, imageWidth], 1...16_384)
      && inRange([depth, heads, patchSize], 1...1024) && imageHeight % patchSize == 0
      && imageWidth % patchSize == 0 && gridHeight * gridWidth <= 65_536
      && width % heads == 0 && epsilon > 0
  }
}

extension ImagePreparation {
  /// Whether an image can be prepared so.
  var isPlausible: Bool {
    let deviations = normalization.deviation
    return channels == 3 && inRange([height, width, shorterSide], 1...16_384)
      && [1, channels].contains(normalization.mean.count)
      && [1, channels].contains(deviations.count) && deviations.allSatisfy { $0 > 0 }
  }
}

private func inRange(_ values: [Int], _ range: ClosedRange<Int>) -> Bool {
  values.allSatisfy(range.contains)
}

private func isProbability(_ value: Double) -> Bool { (0..<1).contains(value) }
