import Randomness
import Torch

/// How the first values of a weight are drawn.
///
/// "Fan" is the number of inputs (or outputs) that meet in one element of the result: for a linear
/// weight `[outputs, inputs]` these are the extents, for a convolution weight
/// `[outputs, inputs, height, width]` both are multiplied by the window's area.
///
/// ```swift
/// let weight = Initializer.heNormal.tensor([64, 3, 3, 3], using: &random)
/// ```
public enum Initializer: Sendable, Hashable {
  /// Every element the same.
  case constant(Double)
  /// Memory that is reserved but not filled, for a tensor that will be replaced or whose values do
  /// not matter; it costs nothing until it is read.
  case unset
  /// Normal around zero with the given standard deviation.
  case normal(Double)
  /// Uniform between minus and plus the given limit.
  case uniform(Double)
  /// Uniform in `±sqrt(6 / (fanIn + fanOut))` (Glorot and Bengio, 2010).
  case glorotUniform
  /// Normal with variance `2 / (fanIn + fanOut)` (Glorot and Bengio, 2010).
  case glorotNormal
  /// Uniform in `±sqrt(6 / fanIn)` (He et al., 2015).
  case heUniform
  /// Normal with variance `2 / fanIn` (He et al., 2015).
  case heNormal
  /// Normal with variance `2 / fanOut`, which keeps the size of gradients instead of values.
  case heNormalFanOut
  /// Normal around zero; draws beyond two standard deviations are drawn again. The number is the
  /// standard deviation before the cut.
  case truncatedNormal(Double)
  /// Orthonormal rows or columns, whichever are fewer, times a gain (Saxe et al., 2013); the axes
  /// after the first count as one.
  case orthogonal(gain: Double)

  /// Zeros, the usual bias.
  public static let zeros = Initializer.constant(0)
  /// Ones, the usual scale of a normalization.
  public static let ones = Initializer.constant(1)

  /// Draws a `float32` tensor.
  ///
  /// - Precondition: `shape` has at least two axes unless the values do not depend on the fans.
  public func tensor(_ shape: [Int], using random: inout RandomSource) -> Tensor {
    switch self {
    case .constant(let value): return Tensor(repeating: value, shape)
    case .unset: return Tensor(shape: shape, of: Float.self) { _ in }
    case .normal(let deviation):
      return Tensor(normal: shape, standardDeviation: deviation, using: &random)
    case .uniform(let limit): return Tensor(uniform: shape, in: -limit...limit, using: &random)
    case .glorotUniform: return Self.uniform(shape, 6 / Fans(shape).sum, &random)
    case .glorotNormal: return Self.normal(shape, 2 / Fans(shape).sum, &random)
    case .heUniform: return Self.uniform(shape, 6 / Fans(shape).inputs, &random)
    case .heNormal: return Self.normal(shape, 2 / Fans(shape).inputs, &random)
    case .heNormalFanOut: return Self.normal(shape, 2 / Fans(shape).outputs, &random)
    case .truncatedNormal(let deviation):
      return Self.truncatedNormal(shape, using: &random) * deviation
    case .orthogonal(let gain): return Self.orthogonal(shape, using: &random) * gain
    }
  }

  private static func uniform(
    _ shape: [Int], _ squaredLimit: Double, _ random: inout RandomSource
  ) -> Tensor {
    let limit = squaredLimit.squareRoot()
    return Tensor(uniform: shape, in: -limit...limit, using: &random)
  }

  private static func normal(
    _ shape: [Int], _ variance: Double, _ random: inout RandomSource
  ) -> Tensor {
    Tensor(normal: shape, standardDeviation: variance.squareRoot(), using: &random)
  }

  private static func truncatedNormal(_ shape: [Int], using random: inout RandomSource) -> Tensor {
    var draws = Tensor(normal: shape, using: &random)
    while true {
      let outside = draws.abs() .> 2
      guard outside.anyTrue() else { return draws }
      draws = Tensor.choosing(Tensor(normal: shape, using: &random), where: outside, else: draws)
    }
  }

  private static func orthogonal(_ shape: [Int], using random: inout RandomSource) -> Tensor {
    let rows = shape.first ?? 1
    let columns = shape.dropFirst().reduce(1, *)
    let tall = [max(rows, columns), min(rows, columns)]
    let (q, r) = Tensor(normal: tall, using: &random).qr()
    // Without the signs the factor would not be uniformly distributed (Mezzadri, 2007).
    let square = q * r.diagonal().sign()
    return (rows < columns ? square.transposed() : square).rowMajor().reshaped(to: shape)
  }
}

private struct Fans {
  let inputs: Double
  let outputs: Double
  var sum: Double { inputs + outputs }

  init(_ shape: [Int]) {
    precondition(
      shape.count >= 2, "a weight of shape \(shape) has no fans; it needs at least two axes")
    let area = shape[2...].reduce(1, *)
    inputs = Double(shape[1] * area)
    outputs = Double(shape[0] * area)
  }
}
