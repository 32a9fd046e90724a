import Randomness
import Torch

/// The affine map `x Wᵀ + b` of the last axis.
///
/// - Shapes: `[..., inputs]` becomes `[..., outputs]`; the weight is `[outputs, inputs]`.
public struct Linear: Layer {
  /// `[outputs, inputs]`.
  public var weight: Tensor
  /// `[outputs]`.
  public var bias: Tensor?

  /// Creates a map with drawn weights and a bias of zeros.
  public init(
    inputs: Int, outputs: Int, bias: Bool = true, initializer: Initializer = .glorotUniform,
    using random: inout RandomSource
  ) {
    weight = initializer.tensor([outputs, inputs], using: &random)
    self.bias = bias ? Tensor(zeros: [outputs]) : nil
  }

  /// Creates a map from its parameters.
  public init(weight: Tensor, bias: Tensor?) {
    self.weight = weight
    self.bias = bias
  }

  /// Presents `weight` and `bias`.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
  }

  /// Applies the map.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    let output = supplied(by: pass)(input)
    pass.note(
      "linear", weight: weight, output: output, multiplyAdds: output.count * weight.extent(1))
    return output
  }

  /// The map with the weight that the pass has for it.
  private func supplied(by pass: Pass) -> Linear {
    guard let supply = pass.weightSupply else { return self }
    return Linear(weight: supply(weight), bias: bias)
  }

  /// Applies the map; it is the same in training and inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    input.linear(weight: weight, bias: bias)
  }
}

/// A table of vectors, looked up by index.
///
/// - Shapes: `int64` `[...]` becomes `[..., width]`.
public struct Embedding: Layer {
  /// `[count, width]`.
  public var weight: Tensor

  /// Creates a table with normal draws of the given standard deviation.
  public init(
    count: Int, width: Int, standardDeviation: Double = 1, using random: inout RandomSource
  ) {
    weight = Tensor(
      normal: [count, width], standardDeviation: standardDeviation, using: &random)
  }

  /// Creates a table from its rows.
  public init(weight: Tensor) { self.weight = weight }

  /// Presents `weight`.
  public mutating func visit(_ walk: inout Walk) { walk.parameter("weight", &weight) }

  /// Looks the indices up.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor { weight.embedding(input) }
}

/// Zeroes elements at random in training and scales the rest up to keep the mean.
public struct Dropout: Layer {
  /// How likely an element is zeroed, from 0 up to, not including, 1.
  public var probability: Double

  /// Creates the layer.
  public init(_ probability: Double) {
    precondition(
      (0..<1).contains(probability), "a dropout probability lies in 0 ..< 1, not \(probability)")
    self.probability = probability
  }

  /// There is nothing to present.
  public mutating func visit(_ walk: inout Walk) {}

  /// Drops in training, passes the input on in inference.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    guard pass.mode == .training else { return input }
    return input.dropout(probability: probability, using: &pass.random)
  }
}

/// Leaves out whole samples at random in training and scales the others up to keep the mean: what a
/// residual block adds is skipped for some images of a batch.
///
/// - Paper: Huang et al., *Deep Networks with Stochastic Depth* (2016), applied per sample as
///   EfficientNet does.
public struct StochasticDepth: Layer {
  /// How likely a sample is left out, from 0 up to, not including, 1.
  public var probability: Double

  /// Creates the layer.
  public init(_ probability: Double) {
    precondition(
      (0..<1).contains(probability),
      "a stochastic depth probability lies in 0 ..< 1, not \(probability)")
    self.probability = probability
  }

  /// There is nothing to present.
  public mutating func visit(_ walk: inout Walk) {}

  /// Leaves samples (slices of the first axis) out in training, passes the input on in inference.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    guard pass.mode == .training, probability > 0 else { return input }
    let shape = [input.extent(0)] + [Int](repeating: 1, count: input.rank - 1)
    let ones = Tensor(ones: shape, input.elementType, on: input.device)
    return input * ones.dropout(probability: probability, using: &pass.random)
  }
}
