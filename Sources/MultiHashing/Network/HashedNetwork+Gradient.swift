import Learning
import Torch

extension HashedNetwork {
  /// The gradient at this model's parameters from the gradient at the written-out network's.
  ///
  /// With it the network is written out once per step of the optimizer, however many batches are
  /// added up, and computers that share a batch exchange the small gradient instead of the large one:
  ///
  /// ```swift
  /// var network = hashed.network()
  /// let (loss, dense) = valueAndGradient(at: &network) { ... }
  /// let gradient = hashed.pullback(of: dense)
  /// ```
  ///
  /// For a matrix pool that is `dU = G Vᵀ` and `dV = Uᵀ G`, where `G` holds the gradients of all
  /// weights times their scales, and zeros where nothing is carved.
  ///
  /// - Precondition: `dense` has a gradient for every parameter of the network.
  public func pullback(of dense: NamedTensors) -> NamedTensors {
    let byName = Dictionary(uniqueKeysWithValues: zip(dense.names, dense.tensors))
    func gradient(_ name: String) -> Tensor {
      guard let found = byName[name] else { preconditionFailure("no gradient for \(name)") }
      return found
    }
    let weights = plan.slots.map { gradient($0.info.name).reshaped(-1) }
    let own = parameters
    guard !weights.isEmpty else {
      return NamedTensors(
        names: own.names, tensors: own.names.map { gradient($0.withoutNetworkPrefix) })
    }
    let isHashed = own.names.map { !$0.hasPrefix(networkPrefix) }
    let points = zip(own.tensors, isHashed).compactMap { $1 ? $0 : nil }
    let (_, pulled) = valueAndPullback(at: points, weights: Tensor(concatenating: weights)) {
      variables in
      var working = self
      var rest = variables.makeIterator()
      working.forEachParameter { name, tensor in
        if !name.hasPrefix(networkPrefix), let next = rest.next() { tensor = next }
      }
      return Tensor(concatenating: working.hashedWeights().map { $0.reshaped(-1) })
    }
    var rest = pulled.makeIterator()
    return NamedTensors(
      names: own.names,
      tensors: zip(own.names, isHashed).map { name, isHashed in
        isHashed ? rest.next() ?? Tensor(0) : gradient(name.withoutNetworkPrefix)
      })
  }
}

/// What stands before the names of a network inside a hashed one.
let networkPrefix = "network."

extension String {
  /// The name inside the network.
  fileprivate var withoutNetworkPrefix: String { String(dropFirst(networkPrefix.count)) }
}

extension TrainingTask {
  /// The same task for the hashed form of the network: pools are trained in place of weights.
  ///
  /// What the task judges is the network written out. `adjustGradient` is not taken over, since the
  /// gradients have other names and shapes.
  ///
  /// - Parameter weightDecay: Times half the sum of the squares of all hashed weights is added to the
  ///   loss. An optimizer's own weight decay acts on variables, whose squares bound the weights' fourth
  ///   roots only.
  /// - Returns: The task.
  public func hashed(weightDecay: Double = 0) -> TrainingTask<HashedNetwork<M>, Batch> {
    let (loss, evaluate) = (loss, evaluate)
    return TrainingTask<HashedNetwork<M>, Batch>(
      batch: batch,
      loss: { hashed, batch, pass in
        let names = weightDecay > 0 ? Set(hashed.positions.keys) : []
        return try hashed.withNetwork { network in
          let squares = names.isEmpty ? nil : network.sumOfSquares(of: names)
          var result = try loss(&network, batch, &pass)
          if let squares { result.value = result.value + squares * (weightDecay / 2) }
          return result
        }
      },
      evaluate: evaluate.map { evaluate in { try evaluate($0.network(), $1) } })
  }
}

extension Model {
  /// The sum of the squares of all elements of the named parameters.
  fileprivate func sumOfSquares(of names: Set<String>) -> Tensor {
    let all = parameters
    let sums = zip(all.names, all.tensors).compactMap { name, tensor in
      names.contains(name) ? (tensor * tensor).sum() : nil
    }
    return Tensor(stacking: sums).sum()
  }
}
