import Learning
import Torch

/// What a network costs for one image, layer by layer.
///
/// The network really runs, on a batch of no images: libtorch works out every shape and computes
/// nothing, so even the largest network is measured in a moment.
public struct ModelProfile: Sendable, Encodable {
  /// One layer with weights, or one attention.
  public struct Row: Sendable, Encodable, Equatable {
    /// The layer's public name.
    public var name: String
    /// `convolution`, `linear` or `attention`.
    public var kind: String
    /// The shape of what it makes for one image.
    public var outputShape: [Int]
    /// The numbers in its weight and bias.
    public var parameters: Int
    /// Products of a weight (or a key, or a value) with an input.
    public var multiplyAdds: Int
  }

  /// The layers in order of execution.
  public var rows: [Row] = []
  /// All learned numbers, those of norms, tokens and positions included.
  public var parameters: Int
  /// The products of all layers.
  public var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }

  private enum CodingKeys: String, CodingKey { case layers, parameters, multiplyAdds }

  /// Measures a network on images of the given size.
  public init(of network: some ImageClassifier, height: Int, width: Int, naming: Naming = .standard)
  {
    var working = network
    var pass = Pass.inference
    pass.trace = Trace()
    withoutGradients {
      _ = working.forward(
        Tensor(zeros: [0, 3, height, width], network.head.weight.elementType), &pass)
    }
    parameters = network.parameterCount
    var counts: [String: Int] = [:]
    for named in [network.tensors, network.tensors(naming)] {
      for (name, tensor) in zip(named.names, named.tensors) { counts[name] = tensor.count }
    }
    guard let trace = pass.trace else { return }
    // Where other names cut a weight into pieces, none of them is the weight that ran.
    let ownNames = trace.layerNames(in: network)
    let names = zip(trace.layerNames(in: network, naming), ownNames).map { $0 ?? $1 ?? "?" }
    for (step, name) in zip(trace.steps, names) {
      let isAttention = step.kind == "attention"
      let own = (counts["\(name).weight"] ?? 0) + (counts["\(name).bias"] ?? 0)
      rows.append(
        Row(
          name: isAttention ? name.split(separator: ".").dropLast().joined(separator: ".") : name,
          kind: step.kind, outputShape: Array(step.outputShape.dropFirst()),
          parameters: isAttention ? 0 : own, multiplyAdds: step.multiplyAddsPerImage))
    }
  }

  /// Encodes layers and totals.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rows, forKey: .layers)
    try container.encode(parameters, forKey: .parameters)
    try container.encode(multiplyAdds, forKey: .multiplyAdds)
  }
}

extension Trace.Step {
  /// The products for one slice of the first axis, which the recorded total does not tell where
  /// there are none.
  fileprivate var multiplyAddsPerImage: Int {
    let outputs = outputShape.dropFirst().reduce(1, *)
    // Every token is multiplied with all tokens' keys, and their values with the weights found.
    if kind == "attention" { return 2 * outputs * (outputShape.dropFirst().first ?? 1) }
    return outputs * weightShape.dropFirst().reduce(1, *)
  }
}
