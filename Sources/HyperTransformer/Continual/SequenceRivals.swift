import Learning
import Torch

/// What one may do instead of a continual learner; each is judged by the same sequences.
public enum SequenceRival: String, Codable, Sendable, CaseIterable {
  /// Nearest image in pixels, with all support images kept: what no learning reaches.
  case pixelNeighbor
  /// Every task's own network is kept and answers for its classes: memory grows with the tasks and
  /// nothing can be forgotten.
  case networkPerTask
  /// The network written for the first task is trained further on every later one by gradient descent.
  case fineTuning
}

/// Gradient descent on the support images, in place of writing the next network.
public struct FineTuning: Codable, Sendable, Hashable {
  /// Steps per task.
  public var steps = 10
  /// Their rate.
  public var rate = 0.01

  /// Ten steps of 0.01.
  public init() {}
}

extension ContinualEvaluation {
  /// The accuracies of a rival that begins with a learner's networks.
  public func accuracies(
    of rival: SequenceRival, beginningWith learner: some SequenceLearner,
    distances: DistanceScale = .mean, fineTuning: FineTuning = .init()
  ) -> ContinualAccuracies {
    switch rival {
    case .pixelNeighbor: accuracies(pixelNeighbor)
    case .networkPerTask:
      accuracies { batch, report in
        networkPerTask(batch, learner, distances, report)
      }
    case .fineTuning:
      accuracies { batch, report in
        fineTuned(batch, learner, distances, fineTuning, report)
      }
    }
  }

  private func pixelNeighbor(_ batch: SequenceBatch, _ report: Report) {
    for step in 0..<plan.tasks {
      let (support, classes, _) = batch.lesson(step, isMerged: true)
      let tasks = Array(0..<plan.judgedTasks(afterStep: step))
      let seen = TrainingBatch(
        support: support, query: batch.queries(ofTasks: tasks), realClasses: support.labels)
      report(step, PixelNearestNeighbor.logits(seen, ways: classes))
    }
  }

  private func networkPerTask(
    _ batch: SequenceBatch, _ learner: some SequenceLearner, _ distances: DistanceScale,
    _ report: Report
  ) {
    var learner = learner
    var pass = Pass.inference
    let states = batch.supports.map {
      learner.learn($0, after: nil, classCount: plan.ways, .append, &pass)
    }
    for step in 0..<plan.tasks {
      let known = plan.sharesClasses ? [states[step]] : Array(states[0...step])
      let columns = known.map { state in
        distances.logits(of: embeddings(batch, step, of: state.network), state.prototypes)
      }
      report(step, Tensor(concatenating: columns, along: 2))
    }
  }

  private func fineTuned(
    _ batch: SequenceBatch, _ learner: some SequenceLearner, _ distances: DistanceScale,
    _ settings: FineTuning, _ report: Report
  ) {
    var learner = learner
    var pass = Pass.inference
    var network = learner.write(batch.supports[0], after: nil, &pass).network.separated
    var prototypes: Prototypes?
    for step in 0..<plan.tasks {
      let support = batch.supports[step]
      let stored = plan.sharesClasses ? nil : prototypes
      if step > 0 {
        for _ in 0..<settings.steps {
          network.descend(support, stored, plan.ways, distances, rate: settings.rate)
        }
      }
      network.keepStatistics(of: support)
      let own = network.prototypes(of: support, classCount: plan.ways)
      let all = stored?.appending(own) ?? own
      report(step, distances.logits(of: embeddings(batch, step, of: network), all))
      prototypes = all
    }
  }
}

extension GeneratedNetwork {
  /// The same networks with kernels of their own in every episode.
  fileprivate var separated: GeneratedNetwork {
    var result = self
    for index in layers.indices where layers[index].isShared {
      result.layers[index].kernel = layers[index].kernel.tiled([episodeCount, 1, 1, 1])
      result.layers[index].bias = layers[index].bias?.tiled([episodeCount])
      result.layers[index].isShared = false
    }
    return result
  }

  fileprivate func prototypes(of support: SupportSet, classCount: Int) -> Prototypes {
    Prototypes(of: logits(of: support.images), labels: support.labels, classCount: classCount)
  }

  /// Takes the statistics of a task's support images.
  fileprivate mutating func keepStatistics(of support: SupportSet) {
    var x = support.images.flattened(from: 1, through: 2)
    for index in layers.indices {
      x = layers[index].applyToSupport(index, of: architecture, x, episodeCount)
    }
  }

  /// One step down the cross-entropy of support images among all classes so far, whose earlier
  /// prototypes are constants.
  fileprivate mutating func descend(
    _ support: SupportSet, _ stored: Prototypes?, _ ways: Int, _ distances: DistanceScale,
    rate: Double
  ) {
    let weights = layers.map(\.kernel) + [headWeight, headBias]
    let earlier = stored?.centers.extent(1) ?? 0
    let labels = support.labels.global([0], ways: ways) + Tensor([earlier]).moved(to: support.labels.device)
    let slopes = valueAndGradient(at: weights) { weights in
      let network = replacingWeights(weights)
      let own = network.prototypes(of: support, classCount: ways)
      let logits = distances.logits(
        of: network.logits(of: support.images), stored?.appending(own) ?? own)
      // The sum over episodes: every network has its own gradient.
      return logits.flattened(from: 0, through: 1).softmaxCrossEntropy(
        expected: labels.flattened()) * Double(episodeCount)
    }.gradient
    self = replacingWeights(zip(weights, slopes).map { $0 - $1 * rate })
  }

  private func replacingWeights(_ weights: [Tensor]) -> GeneratedNetwork {
    var result = self
    for index in layers.indices { result.layers[index].kernel = weights[index] }
    result.headWeight = weights[layers.count]
    result.headBias = weights[layers.count + 1]
    return result
  }
}
