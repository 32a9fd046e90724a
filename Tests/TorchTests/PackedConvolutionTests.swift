import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Every kernel for networks in use against libtorch's plain operators in double precision.
@Suite struct PackedConvolutionTests {
  struct Case: Sendable {
    var inputs: Int
    var outputs: Int
    var window = 1
    var stride = 1
    var padding = Padding.valid
    var groups = 1
    var height = 9
    var width = 11
    var batch = 2
    var isPacked = true
  }

  private static let cases = [
    // Pointwise: one vector, a tail that repeats, several pairs, strides, pixels 4 KiB apart.
    Case(inputs: 3, outputs: 16), Case(inputs: 7, outputs: 17), Case(inputs: 24, outputs: 40),
    Case(inputs: 5, outputs: 131, stride: 2), Case(inputs: 33, outputs: 64, stride: 3),
    Case(inputs: 1024, outputs: 72, height: 3, width: 5), Case(inputs: 1, outputs: 16, batch: 1),
    Case(inputs: 16, outputs: 32, stride: 2, padding: .same, height: 8, width: 8),
    // Depthwise: every window and stride, tiles of eight, seven and one, uneven borders.
    Case(inputs: 16, outputs: 16, window: 3, padding: .border(1), groups: 16),
    Case(inputs: 24, outputs: 24, window: 5, padding: .border(2), groups: 24, width: 16),
    Case(inputs: 40, outputs: 40, window: 7, padding: .border(3), groups: 40, height: 4, width: 4),
    Case(inputs: 19, outputs: 19, window: 3, stride: 2, padding: .border(1), groups: 19),
    Case(inputs: 32, outputs: 32, window: 5, stride: 2, padding: .same, groups: 32, height: 14),
    Case(
      inputs: 17, outputs: 17, window: 7, stride: 2, padding: .same, groups: 17, height: 28,
      width: 28),
    Case(inputs: 16, outputs: 16, window: 3, groups: 16, height: 3, width: 3),
    Case(inputs: 20, outputs: 20, window: 5, padding: .border(4), groups: 20, height: 2, width: 7),
    // Dense windows: even and uneven borders, a border around a 1x1 window, two and more tiles.
    Case(inputs: 3, outputs: 18, window: 7, stride: 2, padding: .border(3), width: 31),
    Case(inputs: 6, outputs: 20, window: 3, padding: .border(1)),
    Case(inputs: 6, outputs: 20, window: 3, stride: 2, padding: .same, height: 8, width: 10),
    Case(inputs: 4, outputs: 50, padding: .border(1)),
    Case(inputs: 2, outputs: 64, window: 2, stride: 3, height: 8, width: 47),
    // Not made for: few channels, even or wide windows, long strides, other groups.
    Case(inputs: 7, outputs: 7, window: 3, padding: .border(1), groups: 7, isPacked: false),
    Case(inputs: 9, outputs: 7, isPacked: false),
    Case(inputs: 16, outputs: 16, window: 9, padding: .border(4), groups: 16, isPacked: false),
    Case(inputs: 16, outputs: 16, window: 2, groups: 16, isPacked: false),
    Case(inputs: 16, outputs: 16, window: 3, stride: 3, groups: 16, isPacked: false),
    Case(inputs: 8, outputs: 32, window: 3, padding: .border(1), groups: 4, isPacked: false),
    Case(inputs: 16, outputs: 32, window: 3, padding: .border(1), groups: 16, isPacked: false),
  ]

  private struct Drawn {
    var input, weight, bias: Tensor
    var residual: Tensor

    init(_ item: Case, _ type: ElementType = .float64) {
      var random = RandomSource(seed: 5)
      func draw(_ shape: [Int]) -> Tensor { Tensor(normal: shape, using: &random, .float64) }
      input = draw([item.batch, item.inputs, item.height, item.width])
      let fan = Double(item.inputs / item.groups * item.window * item.window)
      weight =
        draw([item.outputs, item.inputs / item.groups, item.window, item.window])
        / fan.squareRoot()
      bias = draw([item.outputs])
      residual = draw(
        input.convolved(
          with: weight, stride: item.stride, padding: item.padding, groups: item.groups
        ).shape)
    }
  }

  private func plain(
    _ item: Case, _ drawn: Drawn, adds: Bool, _ activation: FusedActivation
  ) -> Tensor {
    let output = drawn.input.convolved(
      with: drawn.weight, bias: drawn.bias, stride: item.stride, padding: item.padding,
      groups: item.groups)
    return applied(activation, to: adds ? output + drawn.residual : output)
  }

  private func applied(_ activation: FusedActivation, to x: Tensor) -> Tensor {
    switch activation {
    case .none: x
    case .relu: x.relu()
    case .relu6: x.clamped(to: 0...6)
    case .silu: x / (1 + (-x).exp())
    case .hardSwish: x * (x + 3).clamped(to: 0...6) / 6
    case .sigmoid: 1 / (1 + (-x).exp())
    }
  }

  private func packed(
    _ item: Case, _ drawn: Drawn, _ activation: FusedActivation, _ type: ElementType = .float32
  ) -> PackedConvolution {
    PackedConvolution(
      weight: drawn.weight.cast(to: type), bias: drawn.bias.cast(to: type), stride: item.stride,
      padding: item.padding, groups: item.groups, activation: activation)
  }

  @Test(arguments: cases.indices, [false, true])
  func `a packed convolution is the plain one`(number: Int, adds: Bool) {
    let item = Self.cases[number]
    let drawn = Drawn(item)
    let residual = adds ? drawn.residual.cast(to: .float32) : nil
    for activation in [FusedActivation.none, .relu, .silu] {
      let found = packed(item, drawn, activation)(drawn.input.cast(to: .float32), adding: residual)
      let expected = plain(item, drawn, adds: adds, activation)
      #expect(found.shape == expected.shape)
      expectClose(found.toDoubles(), expected.toDoubles(), relative: 1e-5, absolute: 3e-6)
    }
  }

  @Test(arguments: FusedActivation.allCases)
  func `every activation is applied last, far from zero too`(activation: FusedActivation) {
    for item in [Self.cases[2], Self.cases[8], Self.cases[17]] {
      var drawn = Drawn(item)
      drawn.bias = drawn.bias * 30
      let found = packed(item, drawn, activation)(drawn.input.cast(to: .float32))
      let expected = plain(item, drawn, adds: false, activation)
      expectClose(found.toDoubles(), expected.toDoubles(), relative: 1e-5, absolute: 1e-5)
    }
  }

  @Test(arguments: cases.indices)
  func `what no kernel is made for is not packed`(number: Int) {
    let item = Self.cases[number]
    let layer = packed(item, Drawn(item), .relu)
    // On processors without vectors of eight nothing is.
    let isPossible = packed(Self.cases[0], Drawn(Self.cases[0]), .relu).isPacked
    #expect(layer.isPacked == (item.isPacked && isPossible))
  }

  @Test func `double precision and gradients take the plain operators`() {
    let item = Self.cases[9]
    let drawn = Drawn(item)
    let double = packed(item, drawn, .silu, .float64)
    #expect(!double.isPacked)
    expectClose(
      double(drawn.input).toDoubles(), plain(item, drawn, adds: false, .silu).toDoubles(),
      relative: 1e-12)
    let single = packed(item, drawn, .relu)
    let slope = gradient(at: drawn.input.cast(to: .float32)) { single($0).sum() }
    let expected = gradient(at: drawn.input) { plainOf(item, drawn, $0).sum() }
    expectClose(slope.toDoubles(), expected.toDoubles(), relative: 1e-4, absolute: 1e-5)
  }

  private func plainOf(_ item: Case, _ drawn: Drawn, _ input: Tensor) -> Tensor {
    var other = drawn
    other.input = input
    return plain(item, other, adds: false, .relu)
  }

  @Test func `channels-first and channels-last images give the same`() {
    for item in [Self.cases[1], Self.cases[11], Self.cases[16]] {
      let drawn = Drawn(item)
      let layer = packed(item, drawn, .relu)
      let input = drawn.input.cast(to: .float32)
      let turned = input.permuted(0, 2, 3, 1).rowMajor().permuted(0, 3, 1, 2)
      #expect(layer(input).toDoubles() == layer(turned).toDoubles())
    }
  }

  @Test func `the result does not depend on the other images of a batch`() {
    for item in [Self.cases[2], Self.cases[9], Self.cases[17]] {
      let drawn = Drawn(item)
      let layer = packed(item, drawn, .silu)
      let input = drawn.input.cast(to: .float32)
      let alone = layer(input.narrowed(along: 0, from: 1, count: 1))
      expectClose(
        alone.toDoubles(), layer(input).narrowed(along: 0, from: 1, count: 1).toDoubles(),
        absolute: 1e-6)
    }
  }

  @Test func `a value that is not a number stays one`() {
    for item in [Self.cases[2], Self.cases[9]] {
      var drawn = Drawn(item)
      drawn.bias = drawn.bias * Double.nan
      for activation in [FusedActivation.relu, .relu6, .silu] {
        let found = packed(item, drawn, activation)(drawn.input.cast(to: .float32))
        let count = found.toDoubles().count { $0.isNaN }
        #expect(count == found.count)
      }
    }
  }

  @Test(arguments: [(16, 4, 7), (40, 10, 5), (5, 1, 3), (1152, 48, 2)])
  func `gates from means are those of plain operators`(channels: Int, few: Int, side: Int) {
    var random = RandomSource(seed: 3)
    func draw(_ shape: [Int]) -> Tensor { Tensor(normal: shape, using: &random, .float64) }
    let input = draw([3, channels, side, side + 1])
    let (down, downBias) = (draw([few, channels, 1, 1]), draw([few]))
    let (up, upBias) = (draw([channels, few, 1, 1]), draw([channels]))
    let hidden = input.mean(along: 2, 3, keepingAxes: true).convolved(with: down, bias: downBias)
    let expected =
      input
      * applied(
        .sigmoid,
        to: applied(.silu, to: hidden)
          .convolved(with: up, bias: upBias))
    let single = input.cast(to: .float32)
    let turned = single.permuted(0, 2, 3, 1).rowMajor().permuted(0, 3, 1, 2)
    for images in [single, turned] {
      let found = images.squeezeExcited(
        reduceWeight: down.cast(to: .float32), reduceBias: downBias.cast(to: .float32),
        expandWeight: up.cast(to: .float32), expandBias: upBias.cast(to: .float32),
        activation: .silu)
      expectClose(found.toDoubles(), expected.toDoubles(), relative: 1e-4, absolute: 1e-5)
    }
  }
}
