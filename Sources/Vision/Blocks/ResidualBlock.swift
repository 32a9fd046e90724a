import Learning
import Torch

/// What a residual block adds its change to where width or resolution change.
public enum ShortcutKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// A 1x1 convolution with norm (option B of the paper).
  case projection
  /// Every other pixel, and channels of zeros on both sides (option A); no parameters.
  case padding
}

/// A residual block: two or three units whose result is added to the input.
///
/// - Paper: He et al., *Deep Residual Learning for Image Recognition* (2016), section 3.3 and
///   figure 5. The stride of a bottleneck stands in its 3x3 convolution, as in torchvision.
public struct ResidualBlock: Layer {
  /// Two 3x3 units (basic), or 1x1, 3x3 and 1x1 (bottleneck); the last adds the shortcut.
  public var units: [ConvNorm]
  /// The projected shortcut, where there is one.
  public var projection: ConvNorm?
  /// The step with which a shortcut without parameters reads the input.
  let stride: Int
  /// The channels of zeros before and after those of a shortcut without parameters.
  let padding: (before: Int, after: Int)
  /// The name of the projection.
  let projectionName: String

  /// Creates a block.
  ///
  /// - Parameters:
  ///   - inputs: Channels of the input.
  ///   - width: Channels of the inner convolutions.
  ///   - isBottleneck: Whether the result is four times as wide as the inner convolutions.
  ///   - stride: By how much the resolution shrinks.
  ///   - shortcut: What is done where the input does not fit the result.
  ///   - projectionName: `downsample` in torchvision.
  ///   - weights: Where the first weights come from.
  init(
    inputs: Int, width: Int, isBottleneck: Bool, stride: Int, shortcut: ShortcutKind,
    projectionName: String, using weights: inout WeightSource
  ) {
    let outputs = isBottleneck ? 4 * width : width
    units =
      isBottleneck
      ? [
        ConvNorm(
          inputs: inputs, outputs: width, window: 1, activation: .relu, using: &weights),
        ConvNorm(
          inputs: width, outputs: width, window: 3, stride: stride, activation: .relu,
          using: &weights),
        ConvNorm(
          inputs: width, outputs: outputs, window: 1, activation: .relu, using: &weights),
      ]
      : [
        ConvNorm(
          inputs: inputs, outputs: width, window: 3, stride: stride, activation: .relu,
          using: &weights),
        ConvNorm(
          inputs: width, outputs: width, window: 3, activation: .relu, using: &weights),
      ]
    let changes = stride != 1 || inputs != outputs
    if changes, shortcut == .projection {
      projection = ConvNorm(
        inputs: inputs, outputs: outputs, window: 1, stride: stride, using: &weights)
    }
    self.stride = stride
    let missing = outputs - inputs
    padding = (missing / 2, missing - missing / 2)
    self.projectionName = projectionName
  }

  /// Presents torchvision's names.
  public mutating func visit(_ walk: inout Walk) {
    for index in units.indices {
      walk.child("conv\(index + 1)", &units[index].convolution)
      walk.child("bn\(index + 1)", &units[index].norm)
    }
    guard var unit = projection.take() else { return }
    walk.child("\(projectionName).0", &unit.convolution)
    walk.child("\(projectionName).1", &unit.norm)
    projection = unit
  }

  /// Runs the block.
  public mutating func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    let shortcut = self.shortcut(input, &pass)
    var output = input
    for index in units.indices.dropLast() { output = units[index].forward(output, &pass) }
    return units[units.count - 1].forward(output, adding: shortcut, &pass)
  }

  private mutating func shortcut(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    if projection != nil { return projection?.forward(input, &pass) ?? input }
    guard stride != 1 || padding != (0, 0) else { return input }
    return input[.all, .all, .stride(by: stride), .stride(by: stride)]
      .padded([0, 0, 0, 0, padding.before, padding.after])
  }

  mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    if var unit = projection.take() {
      body(&unit)
      projection = unit
    }
    for index in units.indices { body(&units[index]) }
  }
}
