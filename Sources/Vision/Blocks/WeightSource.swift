import Learning
import Randomness

/// Where the first weights of a backbone come from: a rule for each kind of layer, and randomness.
public struct WeightSource: Sendable {
  /// The rule for convolutions.
  public var convolution: Initializer
  /// The rule for linear layers.
  public var linear: Initializer
  /// Whether a convolution in groups counts the outputs of one group only, as TensorFlow does for
  /// depthwise kernels; then its weights are normal with variance `2 / fanOut`.
  public var countsOneGroup: Bool
  /// Where weights are drawn from.
  public var random: RandomSource

  /// Draws weights.
  public init(
    convolution: Initializer = .heNormalFanOut, linear: Initializer = .normal(0.01),
    countsOneGroup: Bool = false, using random: RandomSource
  ) {
    self.convolution = convolution
    self.linear = linear
    self.countsOneGroup = countsOneGroup
    self.random = random
  }

  /// Reserves memory only, for a network whose tensors will be replaced or whose shapes alone matter.
  public static var unset: WeightSource {
    WeightSource(convolution: .unset, linear: .unset, using: RandomSource(seed: 0))
  }

  /// The rule for one convolution.
  func convolution(outputs: Int, window: Int, groups: Int) -> Initializer {
    guard countsOneGroup, groups > 1 else { return convolution }
    return .normal((2 / Double(window * window * outputs / groups)).squareRoot())
  }
}
