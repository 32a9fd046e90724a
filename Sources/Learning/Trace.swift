import Dispatch
import Torch

/// What the layers of a network did in one run, in the order in which they ran.
///
/// ```swift
/// var pass = Pass.inference
/// pass.trace = Trace()
/// _ = network.forward(images, &pass)
/// let total = pass.trace?.multiplyAdds
/// ```
public struct Trace: Sendable {
  /// One layer's work.
  public struct Step: Sendable, Equatable {
    /// The kind of layer, such as `convolution`.
    public var kind: String
    /// Where the memory of its weight lies, by which ``Trace`` finds the weight's name.
    var address: UInt
    /// The shape of its weight.
    public var weightShape: [Int]
    /// The shape of what it made.
    public var outputShape: [Int]
    /// Products of a weight (or a key, or a value) with an input; additions of a bias, norms,
    /// activations and pooling are not counted.
    public var multiplyAdds: Int
    /// Seconds since the layer before, norms and activations between the two included; 0 in a trace
    /// that is not timed.
    public var seconds = 0.0
  }

  /// Whether the steps' times are taken. Then layers run as they do without a trace, though several
  /// may make one step; otherwise every layer makes a step of its own.
  public let isTimed: Bool
  private var lastTime: UInt64

  /// The layers with weights, and attention.
  public private(set) var steps: [Step] = []

  /// Creates an empty trace; the clock starts.
  public init(isTimed: Bool = false) {
    self.isTimed = isTimed
    lastTime = DispatchTime.now().uptimeNanoseconds
  }

  /// The products of all layers.
  public var multiplyAdds: Int { steps.reduce(0) { $0 + $1.multiplyAdds } }

  /// The names of the layers in the model that ran, a name being that of the weight without its
  /// last part; `nil` for a step whose weight is not the model's.
  public func layerNames(in model: some Model, _ naming: Naming = .standard) -> [String?] {
    var names: [UInt: String] = [:]
    let all = model.tensors(naming)
    for (name, tensor) in zip(all.names, all.tensors) where names[tensor.address] == nil {
      names[tensor.address] = name.split(separator: ".").dropLast().joined(separator: ".")
    }
    return steps.map { names[$0.address] }
  }

  mutating func append(_ step: Step) {
    steps.append(step)
    guard isTimed else { return }
    let time = DispatchTime.now().uptimeNanoseconds
    steps[steps.count - 1].seconds = Double(time - lastTime) / 1e9
    lastTime = time
  }
}

extension Pass {
  /// Notes a layer's work, if a trace is kept.
  ///
  /// - Parameters:
  ///   - kind: The kind of layer.
  ///   - weight: The parameter by which the layer is found.
  ///   - output: What the layer made.
  ///   - multiplyAdds: How many products that took.
  public mutating func note(
    _ kind: String, weight: Tensor, output: Tensor, multiplyAdds: @autoclosure () -> Int
  ) {
    guard trace != nil else { return }
    trace?.append(
      Trace.Step(
        kind: kind, address: weight.address, weightShape: weight.shape,
        outputShape: output.shape, multiplyAdds: multiplyAdds()))
  }
}
