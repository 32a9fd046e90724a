import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Where every number of a slice goes; the slices here say their own slice and place.
@Suite struct WeightAllocationTests {
  static let geometry = ConvGeometry(
    layer: .init(channels: 4, kernelSize: 3), inputSide: 8, inputChannels: 2)

  @Test func `an output slice is one filter, inputs fastest`() {
    let layout = SliceLayout(
      Self.geometry, .output, generatesBias: false, generatesNormalization: false)
    #expect(layout.count == 4 && layout.length == 18)
    let kernel = WeightAllocation.output.weights(
      of: counting(layout), Self.geometry, generatesBias: false, generatesNormalization: false
    ).kernel
    #expect(kernel.shape == [1, 4, 2, 3, 3])
    forEachWeight { filter, input, row, column in
      let place = (row * 3 + column) * 2 + input
      #expect(kernel[0, filter, input, row, column].scalar() == Double(1000 * filter + place))
    }
  }

  @Test func `a spatial slice is one kernel position, outputs fastest`() {
    let layout = SliceLayout(
      Self.geometry, .spatial, generatesBias: false, generatesNormalization: false)
    #expect(layout.count == 9 && layout.length == 8)
    let kernel = WeightAllocation.spatial.weights(
      of: counting(layout), Self.geometry, generatesBias: false, generatesNormalization: false
    ).kernel
    #expect(kernel.shape == [1, 4, 2, 3, 3])
    forEachWeight { filter, input, row, column in
      let expected = 1000 * (row * 3 + column) + input * 4 + filter
      #expect(kernel[0, filter, input, row, column].scalar() == Double(expected))
    }
  }

  @Test(arguments: [(true, false), (false, true), (true, true)])
  func `bias, scale and offset follow the kernel`(_ hasBias: Bool, _ hasNorm: Bool) {
    let layout = SliceLayout(
      Self.geometry, .output, generatesBias: hasBias, generatesNormalization: hasNorm)
    let weights = WeightAllocation.output.weights(
      of: counting(layout), Self.geometry, generatesBias: hasBias, generatesNormalization: hasNorm)
    func column(_ place: Int) -> [Double] { (0..<4).map { Double(1000 * $0 + place) } }
    #expect(layout.length == 18 + (hasBias ? 1 : 0) + (hasNorm ? 2 : 0))
    #expect(weights.bias?.toDoubles() == (hasBias ? column(18) : nil))
    let next = hasBias ? 19 : 18
    #expect(weights.scale?.toDoubles() == (hasNorm ? column(next) : nil))
    #expect(weights.offset?.toDoubles() == (hasNorm ? column(next + 1) : nil))
  }

  @Test func `a dense slice is one output's weights, then its bias`() {
    let layout = SliceLayout(outputs: 3, features: 5)
    #expect(layout.count == 3 && layout.length == 6)
    let dense = DenseWeights(slices: counting(layout))
    for output in 0..<3 {
      let place = Double(1000 * output)
      #expect(
        dense.weight.slice(at: output, along: 2).toDoubles() == (0..<5).map { place + Double($0) })
      #expect(dense.bias[0, 0, output].scalar() == place + 5)
    }
  }

  @Test func `scaled by features, a dense layer's outputs start near deviation 1`() {
    var random = RandomSource(seed: 1)
    let features = 4096
    let slices = Tensor(normal: [1, 8, features + 1], using: &random)
    let whole = DenseWeights(slices: slices)
    let scaled = DenseWeights(slices: slices, scale: .features)
    #expect(scaled.bias == whole.bias)
    #expect(((scaled.weight * 64 - whole.weight).abs().max()).scalar() < 1e-6)
    let inputs = Tensor(normal: [1, 500, features], using: &random)
    let outputs = scaled(inputs) - scaled.bias
    // 4,000 values around a deviation of 1, so a standard error near 1 %.
    #expect(abs((outputs * outputs).mean().scalar().squareRoot() - 1) < 0.05)
  }

  @Test func `the dense layer reads maps by height, width, channel`() {
    let network = Tiny.network()
    let maps = Tensor((0..<12).map(Double.init), shape: [1, 3, 2, 2])
    let features = GeneratedNetwork.features(maps, network, 1)
    #expect(features.flattened().toDoubles() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
  }

  /// `1000 x slice + place`.
  private func counting(_ layout: SliceLayout) -> Tensor {
    let rows = (0..<layout.count).map { slice in
      (0..<layout.length).map { Double(1000 * slice + $0) }
    }
    return Tensor([rows])
  }

  private func forEachWeight(
    _ body: (_ filter: Int, _ input: Int, _ row: Int, _ column: Int) -> Void
  ) {
    for filter in 0..<4 {
      for input in 0..<2 {
        for position in 0..<9 { body(filter, input, position / 3, position % 3) }
      }
    }
  }
}
