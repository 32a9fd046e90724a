import Datasets
import Learning
import Randomness
import Torch

/// Accuracy matrices over a fixed list of sequences, usually from classes not learned from.
///
/// After every task, the queries of all tasks so far pass the network as one batch, so that
/// statistics of the batch cannot tell which task a query belongs to; one pass serves both the
/// task-incremental and the class-incremental count.
public struct ContinualEvaluation {
  private let sampler: SequenceSampler
  private let sequences: Int
  private let statistics: GeneratedNetwork.Statistics
  private let seed: UInt64
  private let device: Device

  /// Prepares an evaluation.
  ///
  /// - Parameters:
  ///   - sets: The classes to draw tasks from; several take turns.
  ///   - plan: What a sequence is.
  ///   - sequences: How many.
  ///   - statistics: Whose statistics batch normalization uses for queries: those of all queries
  ///     together, or those of the support images of the task learned last.
  ///   - seed: The same seed draws the same sequences.
  ///   - device: Where tensors shall be.
  /// - Throws: `EpisodeError` when the sets cannot give such sequences.
  public init(
    _ sets: [ImageSet], plan: SequencePlan, sequences: Int,
    statistics: GeneratedNetwork.Statistics = .batch, seed: UInt64 = 7, device: Device = .cpu
  ) throws {
    sampler = try SequenceSampler(sets, plan: plan)
    self.sequences = sequences
    self.statistics = statistics
    self.seed = seed
    self.device = device
  }

  /// What a sequence is.
  public var plan: SequencePlan { sampler.plan }

  /// Hands over, after each task, the logits of the queries of all tasks so far among all classes so
  /// far: `[sequences, tasks x queries, tasks x ways]`.
  public typealias Report = (_ step: Int, _ logits: Tensor) -> Void

  /// The accuracies of a learner.
  ///
  /// - Parameters:
  ///   - learner: What is judged.
  ///   - isMerged: Whether it gets the images of all tasks so far.
  ///   - forgets: Whether every task is learned as if it were the first; a control.
  ///   - head: What ends its networks.
  ///   - distances: How distances become logits.
  /// - Returns: Matrices for both counts.
  public func accuracies(
    of learner: some SequenceLearner, isMerged: Bool = false, forgets: Bool = false,
    head: ContinualHead = .prototypes, distances: DistanceScale = .mean
  ) -> ContinualAccuracies {
    accuracies { batch, report in
      var learner = learner
      var pass = Pass.inference
      var state: SequenceState?
      for step in 0..<plan.tasks {
        let (support, classes, update) = batch.lesson(step, isMerged: isMerged)
        if forgets { state?.carry = nil }
        let next = learner.learn(support, after: state, classCount: classes, update, &pass)
        let found = embeddings(batch, step, of: next.network)
        report(step, head == .classes ? found : distances.logits(of: found, next.prototypes))
        state = next
      }
    }
  }

  /// What networks make of the queries of all tasks so far.
  func embeddings(_ batch: SequenceBatch, _ step: Int, of network: GeneratedNetwork) -> Tensor {
    let tasks = Array(0..<plan.judgedTasks(afterStep: step))
    return network.logits(of: batch.queries(ofTasks: tasks).images, statistics: statistics)
  }

  /// The accuracies of any rule.
  public func accuracies(_ rule: (SequenceBatch, Report) -> Void) -> ContinualAccuracies {
    var random = RandomSource(seed: seed)
    var own: [[[Double]]] = []
    var all: [[[Double]]] = []
    let size = 16
    while all.count < sequences {
      let batch = sampler.batch(
        of: min(size, sequences - all.count), using: &random, on: device)
      var ownRows: [[[Double]]] = []
      var allRows: [[[Double]]] = []
      withoutGradients {
        rule(batch) { step, logits in
          let found = judge(batch, step, logits)
          ownRows.append(found.own)
          allRows.append(found.all)
        }
      }
      for sequence in 0..<batch.sequenceCount {
        own.append(ownRows.map { $0[sequence] })
        all.append(allRows.map { $0[sequence] })
      }
    }
    return ContinualAccuracies(
      taskIncremental: AccuracyMatrix(of: own), classIncremental: AccuracyMatrix(of: all))
  }

  /// The accuracy on every task so far, per sequence, with and without knowing the task.
  private func judge(_ batch: SequenceBatch, _ step: Int, _ logits: Tensor)
    -> (own: [[Double]], all: [[Double]])
  {
    let tasks = Array(0..<plan.judgedTasks(afterStep: step))
    let labels = batch.queries(ofTasks: tasks).labels
    func shares(_ logits: Tensor, _ labels: Tensor) -> [[Double]] {
      let right = (logits.argmax(along: 2) .== labels).cast(to: .float64)
      let means = right.unflattened(1, into: [tasks.count, -1]).mean(along: 2)
      return means.unstacked().map { $0.toDoubles() }
    }
    let all = shares(logits, labels.global(tasks, ways: plan.ways))
    return tasks.count == 1
      ? (all, all) : (shares(logits.ownTask(tasks, ways: plan.ways), labels), all)
  }
}
