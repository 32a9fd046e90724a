import Torch

/// Learning runs of one shape side by side: the same network sizes, each replica with data of its
/// own.
public struct RuleEpisode: Sendable {
  /// What a replica learns, for reports.
  public var names: [String]
  /// `[replicas, batches, batch, inputs]`; the last batch is the query.
  public var inputs: Tensor
  /// `[replicas, batches, batch, outputs]`, +1 for the true class and -1 for others, or real targets.
  public var targets: Tensor

  /// Creates an episode.
  ///
  /// - Precondition: The tensors have four axes, of which the first three agree, and there is a batch
  ///   to learn from and one to judge by.
  public init(names: [String], inputs: Tensor, targets: Tensor) {
    precondition(
      inputs.rank == 4 && targets.rank == 4
        && inputs.shape.prefix(3) == targets.shape.prefix(3) && inputs.extent(1) >= 2
        && names.count == inputs.extent(0),
      "an episode of \(names.count) replicas cannot have inputs \(inputs.shape) "
        + "and targets \(targets.shape)")
    self.names = names
    self.inputs = inputs
    self.targets = targets
  }

  /// How many networks learn side by side.
  public var replicas: Int { inputs.extent(0) }
  /// Steps of learning before the query.
  public var updates: Int { inputs.extent(1) - 1 }
  /// Inputs of the network.
  public var inputCount: Int { inputs.extent(3) }
  /// Outputs of the network.
  public var outputCount: Int { targets.extent(3) }

  /// One batch of every replica, `[1, replicas, batch, ...]`.
  func batch(_ index: Int) -> (inputs: Tensor, targets: Tensor) {
    (
      inputs.slice(at: index, along: 1).rowMajor().withReplicas,
      targets.slice(at: index, along: 1).rowMajor().withReplicas
    )
  }

  /// The same on another device.
  func moved(to device: Device) -> RuleEpisode {
    RuleEpisode(names: names, inputs: inputs.moved(to: device), targets: targets.moved(to: device))
  }
}

extension UpdateRule {
  /// Teaches a network with an episode and answers its query.
  ///
  /// `n` updates here are `n + 1` unroll steps of the released code, whose last one only runs forward.
  ///
  /// - Parameters:
  ///   - network: What learns.
  ///   - episode: The data.
  ///   - updates: Steps to take, at most those of the episode; `nil` takes all.
  ///   - repeatsFirst: Whether the first batch is used in every step.
  ///   - observe: Called with the network before every step and after the last.
  /// - Returns: The outputs for the query, `[species, replicas, batch, outputs]`.
  public func unroll(
    _ network: inout RuleNetwork, over episode: RuleEpisode, updates: Int? = nil,
    repeatsFirst: Bool = false, observe: (RuleNetwork) -> Void = { _ in }
  ) -> Tensor {
    for step in 0..<(updates ?? episode.updates) {
      observe(network)
      let (inputs, targets) = episode.batch(repeatsFirst ? 0 : step)
      learn(&network, inputs: inputs, targets: targets)
    }
    observe(network)
    return outputs(of: network, inputs: episode.batch(episode.updates).inputs)
  }
}
