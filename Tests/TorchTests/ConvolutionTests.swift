import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// A plain picture: `[batch, channels, height, width]` in nested loops.
private struct Picture {
  var shape: [Int]
  var elements: [Double]

  init(_ tensor: Tensor) {
    shape = tensor.shape
    elements = tensor.toDoubles()
  }

  init(zeros shape: [Int]) {
    self.shape = shape
    elements = [Double](repeating: 0, count: shape.reduce(1, *))
  }

  /// Zero outside.
  subscript(b: Int, c: Int, y: Int, x: Int) -> Double {
    get { contains(y, x) ? elements[offset(b, c, y, x)] : 0 }
    set { if contains(y, x) { elements[offset(b, c, y, x)] = newValue } }
  }

  func contains(_ y: Int, _ x: Int) -> Bool {
    (0..<shape[2]).contains(y) && (0..<shape[3]).contains(x)
  }

  private func offset(_ b: Int, _ c: Int, _ y: Int, _ x: Int) -> Int {
    ((b * shape[1] + c) * shape[2] + y) * shape[3] + x
  }
}

/// Calls `body` for all positions of a shape with four axes.
private func forEach(_ shape: [Int], _ body: (Int, Int, Int, Int) -> Void) {
  for a in 0..<shape[0] {
    for b in 0..<shape[1] {
      for c in 0..<shape[2] {
        for d in 0..<shape[3] { body(a, b, c, d) }
      }
    }
  }
}

/// How one convolution is made.
private struct Setting: Sendable {
  var kernel = [3, 3]
  var stride = 1
  var border = 0
  var dilation = 1
  var groups = 1
  var extra = 0
}

@Suite struct ConvolutionTests {
  private static let settings = [
    Setting(), Setting(kernel: [1, 1]), Setting(stride: 2, border: 1), Setting(dilation: 2),
    Setting(kernel: [2, 3], stride: 2), Setting(border: 2, groups: 2), Setting(groups: 4),
    Setting(kernel: [3, 2], stride: 3, border: 1, dilation: 2, groups: 2),
  ]

  private func draw(_ shape: [Int], _ seed: UInt64) -> Tensor {
    var random = RandomSource(seed: seed)
    return Tensor(normal: shape, using: &random, .float64)
  }

  @Test(arguments: settings.indices) func `convolution is nested loops`(number: Int) {
    let setting = Self.settings[number]
    let input = draw([2, 4, 7, 6], 1)
    let weight = draw([8, 4 / setting.groups] + setting.kernel, 2)
    let bias = draw([8], 3)
    let found = input.convolved(
      with: weight, bias: bias, stride: setting.stride, padding: .border(setting.border),
      dilation: setting.dilation, groups: setting.groups)
    let (x, w, b) = (Picture(input), Picture(weight), bias.toDoubles())
    var expected = Picture(zeros: found.shape)
    forEach(found.shape) { n, o, row, column in
      var sum = b[o]
      let first = o / (8 / setting.groups) * w.shape[1]
      forEach([1, w.shape[1], w.shape[2], w.shape[3]]) { _, c, i, j in
        let y = row * setting.stride - setting.border + i * setting.dilation
        let z = column * setting.stride - setting.border + j * setting.dilation
        sum += w[o, c, i, j] * x[n, first + c, y, z]
      }
      expected[n, o, row, column] = sum
    }
    let span = setting.kernel.map { ($0 - 1) * setting.dilation + 1 }
    #expect(found.extent(2) == (7 + 2 * setting.border - span[0]) / setting.stride + 1)
    #expect(found.extent(3) == (6 + 2 * setting.border - span[1]) / setting.stride + 1)
    expectClose(found.toDoubles(), expected.elements, absolute: 1e-12)
  }

  @Test(arguments: [
    Setting(), Setting(stride: 2, border: 1, extra: 1), Setting(dilation: 2, groups: 2),
  ])
  private func `transposed convolution spreads every input over its window`(setting: Setting) {
    let input = draw([2, 4, 3, 4], 1)
    let weight = draw([4, 6 / setting.groups] + setting.kernel, 2)
    let found = input.transposedConvolved(
      with: weight, stride: setting.stride, border: setting.border, extra: setting.extra,
      dilation: setting.dilation, groups: setting.groups)
    let (x, w) = (Picture(input), Picture(weight))
    var expected = Picture(zeros: found.shape)
    forEach(x.shape) { n, c, row, column in
      let first = c / (4 / setting.groups) * w.shape[1]
      forEach([1, w.shape[1], w.shape[2], w.shape[3]]) { _, o, i, j in
        let y = row * setting.stride - setting.border + i * setting.dilation
        let z = column * setting.stride - setting.border + j * setting.dilation
        expected[n, first + o, y, z] += w[c, o, i, j] * x[n, c, row, column]
      }
    }
    let side = (3 - 1) * setting.stride - 2 * setting.border + 2 * setting.dilation + 1
    #expect(found.extent(2) == side + setting.extra)
    expectClose(found.toDoubles(), expected.elements, absolute: 1e-12)
  }

  @Test(arguments: [(5, 3, 2), (6, 3, 2), (7, 2, 3), (4, 4, 1), (8, 1, 2)])
  func `the same padding keeps ceil(side / stride) positions`(side: Int, window: Int, stride: Int) {
    let input = draw([1, 1, side, side], 1)
    let weight = Tensor(ones: [1, 1, window, window], .float64)
    let found = input.convolved(with: weight, stride: stride, padding: .same)
    #expect(found.shape == [1, 1, (side + stride - 1) / stride, (side + stride - 1) / stride])
    // TensorFlow puts the odd row of zeros at the end.
    let missing = max((found.extent(2) - 1) * stride + window - side, 0)
    let x = Picture(input)
    var sum = 0.0
    for i in 0..<window {
      for j in 0..<window { sum += x[0, 0, i - missing / 2, j - missing / 2] }
    }
    expectClose(found[0, 0, 0, 0].scalar(), sum)
  }

  @Test func `pooling takes the largest or the mean of each window`() {
    let input = draw([2, 3, 5, 6], 4)
    let x = Picture(input)
    let largest = input.maxPooled(window: 3, stride: 2, border: 1)
    let mean = input.averagePooled(window: 3, stride: 2, border: 1)
    let inner = input.averagePooled(window: 3, stride: 2, border: 1, countingBorder: false)
    #expect(largest.shape == [2, 3, 3, 3] && mean.shape == [2, 3, 3, 3])
    var expected = [[Double]](repeating: [], count: 3)
    forEach(largest.shape) { n, c, row, column in
      let window = (0..<9).map { (row * 2 - 1 + $0 / 3, column * 2 - 1 + $0 % 3) }
        .filter { x.contains($0.0, $0.1) }.map { x[n, c, $0.0, $0.1] }
      expected[0].append(window.max() ?? 0)
      expected[1].append(window.reduce(0, +) / 9)
      expected[2].append(window.reduce(0, +) / Double(window.count))
    }
    expectClose(largest.toDoubles(), expected[0])
    expectClose(mean.toDoubles(), expected[1])
    expectClose(inner.toDoubles(), expected[2])
    expectClose(input.globalAveragePooled(), input.mean(along: 2, 3))
    expectClose(
      input.averagePooled(toHeight: 1, width: 2)[.all, .all, 0, 1],
      input[.rest, 3...].mean(along: 2, 3))
  }

  @Test func `window columns times a flat kernel is a convolution`() {
    let (input, weight) = (draw([2, 3, 5, 4], 1), draw([2, 3, 3, 3], 2))
    let columns = input.windowColumns(window: 3, stride: 2, border: 1)
    let product = weight.reshaped(2, 27).matmul(columns)
    let expected = input.convolved(with: weight, stride: 2, padding: .border(1))
    expectClose(product.reshaped(to: expected.shape), expected, absolute: 1e-12)
  }

  @Test func `bilinear resizing weighs the four neighbors of a pixel center`() {
    let input = draw([1, 1, 3, 4], 1)
    let (x, height, width) = (Picture(input), 5, 6)
    let found = input.resizedBilinear(height: height, width: width)
    forEach([1, 1, height, width]) { _, _, row, column in
      let y = max((Double(row) + 0.5) * 3 / Double(height) - 0.5, 0)
      let z = max((Double(column) + 0.5) * 4 / Double(width) - 0.5, 0)
      let (top, left) = (Int(y), Int(z))
      let (bottom, right) = (min(top + 1, 2), min(left + 1, 3))
      let (v, u) = (y - Double(top), z - Double(left))
      let upper = (1 - u) * x[0, 0, top, left] + u * x[0, 0, top, right]
      let lower = (1 - u) * x[0, 0, bottom, left] + u * x[0, 0, bottom, right]
      expectClose(found[0, 0, row, column].scalar(), (1 - v) * upper + v * lower)
    }
    #expect(
      Tensor([1, 2] as [Double]).reshaped(1, 1, 1, 2).resizedNearest(height: 2, width: 4)
        .toDoubles() == [1, 1, 2, 2, 1, 1, 2, 2])
  }
}
