import Learning
import Torch

/// Where learners of sequences stand after a task: everything that later tasks and queries need.
///
/// The network now in use, the prototypes of all classes so far, each written with the network of its
/// own time and never changed, and what the next network may see of this one. No image is kept.
public struct SequenceState: Sendable {
  /// The network now in use, one per sequence.
  public var network: GeneratedNetwork
  /// What the next step may see.
  var carry: WeightSlices?
  /// The prototypes of all classes so far, task after task.
  public var prototypes: Prototypes
  /// Support images behind every prototype, `[sequences, classes, 1]`.
  var counts: Tensor
}

/// What is done with prototypes when a task is learned.
public enum PrototypeUpdate: Sendable {
  /// The new classes come after the old ones.
  case append
  /// The classes are the same: their prototypes become running means.
  case average
  /// All are new.
  case replace
}

extension SequenceLearner {
  /// Learns one more task and keeps its prototypes.
  ///
  /// - Parameters:
  ///   - support: The task's images, labels from 0.
  ///   - state: Where the learners stand; `nil` before the first task.
  ///   - classCount: Classes of the task.
  ///   - update: What is done with the prototypes there are.
  ///   - pass: Mode and randomness.
  /// - Returns: Where the learners stand afterwards.
  public mutating func learn(
    _ support: SupportSet, after state: SequenceState?, classCount: Int,
    _ update: PrototypeUpdate = .append, _ pass: inout Pass
  ) -> SequenceState {
    let step = write(support, after: state?.carry, &pass)
    let own = Prototypes(
      of: step.supportEmbeddings, labels: support.labels, classCount: classCount,
      ignored: support.ignored)
    let counts = Prototypes.sizes(
      labels: support.labels, classCount: classCount, ignored: support.ignored,
      step.supportEmbeddings.elementType)
    guard let state, update != .replace else {
      return SequenceState(
        network: step.network, carry: step.carry, prototypes: own, counts: counts)
    }
    var next = SequenceState(
      network: step.network, carry: step.carry, prototypes: state.prototypes,
      counts: state.counts)
    next.take(own, counts, update)
    return next
  }
}

extension SequenceState {
  fileprivate mutating func take(_ own: Prototypes, _ sizes: Tensor, _ update: PrototypeUpdate) {
    guard update == .average else {
      prototypes = prototypes.appending(own)
      counts = Tensor(concatenating: [counts, sizes], along: 1)
      return
    }
    prototypes = prototypes.averaging(own, counts: counts, sizes)
    counts = counts + sizes
  }
}

/// How distances to prototypes become logits.
public enum DistanceScale: String, Codable, Sendable, CaseIterable {
  /// The squared distance divided by the width of the embedding: logits of moderate size.
  case mean
  /// The squared distance itself.
  case sum

  /// Logits of embeddings `[sequences, samples, width]`.
  func logits(of embeddings: Tensor, _ prototypes: Prototypes) -> Tensor {
    let logits = prototypes.logits(of: embeddings)
    return self == .sum ? logits : logits * (1 / Double(embeddings.extent(2)))
  }
}

extension Tensor {
  /// Of logits `[sequences, tasks x queries, tasks x ways]` those between the queries and the classes
  /// of the same task, `[sequences, tasks x queries, ways]`; the tasks of the rows are given.
  func ownTask(_ tasks: [Int], ways: Int) -> Tensor {
    let blocks = unflattened(2, into: [-1, ways]).unflattened(1, into: [tasks.count, -1])
    // [sequences, tasks, queries, tasks, ways]
    let own = tasks.enumerated().map { row, task in
      blocks.slice(at: row, along: 1).slice(at: task, along: 2)
    }
    return Tensor(concatenating: own, along: 1)
  }
}
