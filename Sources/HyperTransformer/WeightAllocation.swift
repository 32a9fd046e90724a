import Torch

/// How the generated slices become a convolution kernel.
public enum WeightAllocation: String, Codable, Sendable, CaseIterable {
  /// One slice per filter: `kernel[ky][kx][ci]` in this order, then bias, scale, offset if generated.
  case output
  /// One slice per kernel position: `[ci][co]`.
  case spatial
}

/// The slices of one layer: how many, how long, and what they mean.
struct SliceLayout: Sendable, Hashable {
  /// Weight tokens.
  var count: Int
  /// Numbers used of each token's output.
  var length: Int

  /// For a convolutional layer; a generated bias and scale and offset lengthen `output` slices.
  init(
    _ geometry: ConvGeometry, _ allocation: WeightAllocation, generatesBias: Bool,
    generatesNormalization: Bool
  ) {
    let positions = geometry.layer.kernelSize * geometry.layer.kernelSize
    switch allocation {
    case .output:
      count = geometry.layer.channels
      length = geometry.filterSize + (generatesBias ? 1 : 0) + (generatesNormalization ? 2 : 0)
    case .spatial:
      count = positions
      length = geometry.inputChannels * geometry.layer.channels
    }
  }

  /// For a dense layer: one slice of weights and a bias per output.
  init(outputs: Int, features: Int) {
    count = outputs
    length = features + 1
  }
}

/// The weights of one convolutional layer for a batch of episodes, still in the generator's shape.
struct ConvWeights: Sendable {
  /// `[episodes, outputs, inputs, kernel, kernel]`.
  var kernel: Tensor
  /// `[episodes, outputs]`.
  var bias: Tensor?
  /// `[episodes, outputs]`, used as they come.
  var scale: Tensor?
  /// `[episodes, outputs]`.
  var offset: Tensor?
}

extension GeneratorConfiguration {
  /// Reads a convolutional layer's slices, `[episodes, count, length]`.
  func weights(of slices: Tensor, _ geometry: ConvGeometry) -> ConvWeights {
    allocation.weights(
      of: slices, geometry, generatesBias: generatesBias,
      generatesNormalization: generatesNormalization)
  }
}

extension WeightAllocation {
  /// Reads a layer's slices, `[episodes, count, length]`.
  func weights(
    of slices: Tensor, _ geometry: ConvGeometry, generatesBias: Bool, generatesNormalization: Bool
  ) -> ConvWeights {
    let side = geometry.layer.kernelSize
    let inputs = geometry.inputChannels
    switch self {
    case .spatial:
      let kernel = slices.reshaped(-1, side, side, inputs, geometry.layer.channels)
      return ConvWeights(kernel: kernel.permuted(0, 4, 3, 1, 2))
    case .output:
      let kernel = slices.narrowed(along: 2, from: 0, count: geometry.filterSize)
      var weights = ConvWeights(
        kernel: kernel.reshaped(-1, geometry.layer.channels, side, side, inputs)
          .permuted(0, 1, 4, 2, 3))
      var next = geometry.filterSize
      if generatesBias {
        weights.bias = slices.slice(at: next, along: 2)
        next += 1
      }
      if generatesNormalization {
        weights.scale = slices.slice(at: next, along: 2)
        weights.offset = slices.slice(at: next + 1, along: 2)
      }
      return weights
    }
  }
}
