import Randomness

private enum Ops {
  static let uniform = Operator("aten::uniform_")
  static let normal = Operator("aten::normal_")
  static let exponential = Operator("aten::exponential_")
  static let gamma = Operator("aten::_standard_gamma")
  static let bernoulli = Operator("aten::bernoulli_", "float")
  static let bernoulliTensor = Operator("aten::bernoulli")
  static let randint = Operator("aten::randint", "low_generator")
  static let randperm = Operator("aten::randperm", "generator")
  static let multinomial = Operator("aten::multinomial")
}

/// Random draws. Each takes one number from the source as the seed of libtorch's own generator, so
/// the source alone (four words) is the state of all randomness.
extension Tensor {
  /// Uniform draws from a range.
  public init(
    uniform shape: [Int], in range: ClosedRange<Double> = 0...1,
    using random: inout RandomSource, _ type: ElementType = .float32, on device: Device = .cpu
  ) {
    self.init(uninitialized: shape, type, on: device)
    Ops.uniform.perform(
      .tensor(self), .real(range.lowerBound), .real(range.upperBound),
      .generator(seed: random.next(), device))
  }

  /// Normal draws.
  public init(
    normal shape: [Int], mean: Double = 0, standardDeviation: Double = 1,
    using random: inout RandomSource, _ type: ElementType = .float32, on device: Device = .cpu
  ) {
    self.init(uninitialized: shape, type, on: device)
    Ops.normal.perform(
      .tensor(self), .real(mean), .real(standardDeviation),
      .generator(seed: random.next(), device))
  }

  /// Draws from the exponential distribution with the given rate, whose mean is `1 / rate`.
  public init(
    exponential shape: [Int], rate: Double = 1, using random: inout RandomSource,
    _ type: ElementType = .float32, on device: Device = .cpu
  ) {
    self.init(uninitialized: shape, type, on: device)
    Ops.exponential.perform(
      .tensor(self), .real(rate), .generator(seed: random.next(), device))
  }

  /// Ones with the given probability, else zeros.
  public init(
    bernoulli shape: [Int], probability: Double, using random: inout RandomSource,
    _ type: ElementType = .float32, on device: Device = .cpu
  ) {
    self.init(uninitialized: shape, type, on: device)
    Ops.bernoulli.perform(
      .tensor(self), .real(probability), .generator(seed: random.next(), device))
  }

  /// Whole numbers drawn evenly from a range, `int64`.
  public init(
    integers range: Range<Int>, _ shape: [Int], using random: inout RandomSource,
    on device: Device = .cpu
  ) {
    self = Ops.randint(
      .int(range.lowerBound), .int(range.upperBound), .ints(shape),
      .generator(seed: random.next(), device), .type(.int64), .none, .device(device))
  }

  /// The numbers `0 ..< count` in random order, `int64`.
  public init(
    permutation count: Int, using random: inout RandomSource, on device: Device = .cpu
  ) {
    self = Ops.randperm(
      .int(count), .generator(seed: random.next(), device), .type(.int64), .none,
      .device(device))
  }

  /// Ones where a draw falls below this tensor's probabilities, else zeros.
  public func bernoulliDraws(using random: inout RandomSource) -> Tensor {
    Ops.bernoulliTensor(.tensor(self), .generator(seed: random.next(), device))
  }

  /// Draws from gamma distributions with these shape parameters and rate 1; differentiable.
  public func gammaDraws(using random: inout RandomSource) -> Tensor {
    Ops.gamma(.tensor(self), .generator(seed: random.next(), device))
  }

  /// Positions drawn in proportion to the weights of the last axis.
  public func multinomialDraws(
    _ count: Int, replacing: Bool = true, using random: inout RandomSource
  ) -> Tensor {
    Ops.multinomial(
      .tensor(self), .int(count), .bool(replacing), .generator(seed: random.next(), device))
  }

  /// Zeroes elements with the given probability and scales the rest up to keep the mean.
  public func dropout(probability: Double, using random: inout RandomSource) -> Tensor {
    guard probability > 0 else { return self }
    let kept = Tensor(
      bernoulli: shape, probability: 1 - probability, using: &random, elementType, on: device)
    return self * (kept / (1 - probability))
  }
}
